/** Whether the engine answers, and which of its primaries do not. */
import { Cluster, type Redis } from 'ioredis'
import { type Clock, inTime } from '../../shared/clock.ts'
import { LarderError, messageOf } from '../../shared/errors.ts'
import { engineError, LATE } from './errors.ts'

export interface Health {
  /** Why nothing can be served. */
  readonly trouble: string | undefined
  /** Primaries without which a part cannot be served. */
  readonly silent: readonly string[]
}

export function primaryAt(client: Redis | Cluster, address: string): Redis | undefined {
  if (!(client instanceof Cluster)) return client
  return client.nodes('master').find(({ options: { host, port } }) => `${host}:${port}` === address)
}

export async function healthOf(
  client: Redis | Cluster,
  addresses: ReadonlySet<string>,
  limit: { readonly clock: Clock; readonly timeoutMs: number },
): Promise<Health> {
  const looks = [...addresses].map(async (address) => {
    const trouble = await troubleOf(primaryAt(client, address), limit)
    return trouble === undefined ? [] : [{ address, trouble }]
  })
  const silent = (await Promise.all(looks)).flat()
  if (silent.length < looks.length)
    return { trouble: undefined, silent: silent.map(({ address }) => address) }
  return { trouble: silent[0]?.trouble ?? 'no primary answers', silent: [] }
}

const UNCONNECTED = 'it is not connected'

/** Why it does not answer; `undefined` where it does. */
async function troubleOf(
  primary: Redis | undefined,
  limit: { readonly clock: Clock; readonly timeoutMs: number },
): Promise<string | undefined> {
  if (primary === undefined) return UNCONNECTED
  try {
    await inTime(primary.ping(), { ...limit, late: new LarderError('UNREACHABLE', LATE) })
    return undefined
  } catch (error) {
    const { cause, message } = engineError(error)
    const why = messageOf(cause ?? message)
    // As its client says it, which means nothing to whoever reads it.
    return why.includes('enableOfflineQueue') ? UNCONNECTED : why
  }
}
