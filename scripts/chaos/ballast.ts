/** Values that nobody needs, so many that no member of a chaos run has room for all of its own. */
import { type ChaosCluster, MEMORY_BYTES } from './cluster.ts'
import { type Request, sendToAny } from './requests.ts'

const VALUE_BYTES = 128 * 1024
const WORKERS = 8

/** Takes it out again when it is disposed of. */
export async function fillMemory(cluster: ChaosCluster): Promise<AsyncDisposable> {
  const { running, copies } = cluster
  const count = Math.ceil((1.5 * MEMORY_BYTES * running.length) / copies / VALUE_BYTES)
  const body = 'x'.repeat(VALUE_BYTES)
  const headers = { 'content-type': 'text/plain' }
  await onEach(cluster, count, (path) => ({ method: 'PUT', path, headers, body }))
  return {
    [Symbol.asyncDispose]: () => onEach(cluster, count, (path) => ({ method: 'DELETE', path })),
  }
}

async function onEach(
  cluster: ChaosCluster,
  count: number,
  requestFor: (path: string) => Request,
): Promise<void> {
  let next = 0
  const work = async () => {
    while (next < count) await sendToAny(cluster.urlsFor(0), requestFor(`/api/v1/kv/ballast%20${next++}`))
  }
  await Promise.all(Array.from({ length: WORKERS }, work))
}
