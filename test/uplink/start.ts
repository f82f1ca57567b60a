/** An uplink for a test: any port, a short lease, a log that the test can read. */
import { pino } from 'pino'
import type { Clock } from '../../shared/clock.ts'
import { readConfig } from '../../uplink/config.ts'
import { startUplink, type Uplink } from '../../uplink/uplink.ts'
import { UplinkClient } from './uplink-client.ts'

/** Its parts are no whole numbers, as with any other lease that somebody may set. */
export const LEASE_MS = 301
/** For what must not be the lease's doing. */
export const patient = { LEASE_MS: '60000' }

export interface TestUplink extends Uplink {
  readonly client: UplinkClient
  /** What was logged, as `msg` of each line. */
  readonly logged: string[]
}

export async function start(
  environment: Record<string, string> = {},
  options: { clock?: Clock; foundingMs?: number } = {},
): Promise<TestUplink> {
  const logged: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => logged.push(JSON.parse(line).msg) })
  const config = readConfig({ PORT: '0', LEASE_MS: String(LEASE_MS), ...environment })
  const uplink = await startUplink(config, { log, foundingMs: 0, ...options })
  return { ...uplink, client: new UplinkClient(uplink.url), logged }
}
