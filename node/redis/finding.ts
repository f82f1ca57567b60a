/** What answers at the addresses of the engine: of which version it is, and whether it is a cluster. */
import { messageOf } from '../../shared/errors.ts'
import type { EngineSettings } from '../engine-settings.ts'
import { redisOf } from './clients.ts'

/** The first with all that is asked of it. */
const VERSION_MIN = 7

export type Finding = { readonly isCluster: boolean } | { readonly why: string }

/** Asks one address after the other until one answers; never throws. */
export async function findEngine(settings: EngineSettings): Promise<Finding> {
  const whys: string[] = []
  for (const address of settings.addresses) {
    const found = await ask({ ...settings, addresses: [address] }, settings.addresses.length > 1)
    if ('isCluster' in found) return found
    whys.push(`${address.host}:${address.port}: ${found.why}`)
  }
  return { why: whys.join('; ') }
}

async function ask(settings: EngineSettings, areSeveral: boolean): Promise<Finding> {
  const client = redisOf(settings, {
    enableReadyCheck: false,
    retryStrategy: () => null,
  })
  let trouble: unknown
  client.on('error', (error) => {
    trouble = error
  })
  try {
    await client.connect()
    const info = await client.info()
    const version = /^redis_version:(\d+)\.(\S+)/m.exec(info)
    if (Number(version?.[1]) < VERSION_MIN)
      return { why: `it is Redis ${version?.[1]}.${version?.[2]}, and ${VERSION_MIN}.0 is needed` }
    const isCluster = /^cluster_enabled:1/m.test(info)
    if (!isCluster && areSeveral) return { why: 'it is no cluster, of which one address is enough' }
    if (/^loading:1/m.test(info)) return { why: 'it is still reading what it has on disk' }
    return { isCluster }
  } catch (error) {
    return { why: messageOf(trouble ?? error) }
  } finally {
    client.disconnect()
  }
}
