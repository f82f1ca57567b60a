/** Tells uplink that a member refuses connections: not waited for, and not repeated in a hurry. */
import type { Clock } from '../../../shared/clock.ts'
import type { Log } from '../../../shared/log.ts'
import type { Member } from '../../../shared/view.ts'

/** A report of the same member is not repeated sooner. */
const REPORT_PAUSE_MS = 1000

export interface ReportsOptions {
  readonly clock: Clock
  readonly log: Log
  readonly uplink: { report(member: Member): Promise<void> } | undefined
  onFailed(error: unknown): void
}

export class Reports {
  readonly #options: ReportsOptions
  readonly #toldAtMs = new Map<string, number>()

  constructor(options: ReportsOptions) {
    this.#options = options
  }

  tell(member: Member): void {
    const { clock, uplink, log, onFailed } = this.#options
    const lastAtMs = this.#toldAtMs.get(member.incarnation) ?? -Infinity
    if (uplink === undefined || clock.now() < lastAtMs + REPORT_PAUSE_MS) return
    this.#toldAtMs.set(member.incarnation, clock.now())
    log.info({ peer: member.id }, 'reported to uplink: it refuses connections')
    uplink.report(member).catch(onFailed)
  }

  /** There is a new view. */
  clear(): void {
    this.#toldAtMs.clear()
  }
}
