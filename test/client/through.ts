/** In a describe block: the same tests with one node, with the owners themselves, and with any node where members are hidden. */
import { Larder } from '../../client/larder.ts'
import type { Environment } from '../../shared/config.ts'
import { Cluster } from '../support/cluster.ts'

const IDS = ['a', 'b', 'c']

export function through(
  title: string,
  tests: (larder: () => Larder, cluster: () => Cluster) => void,
  environment: () => Promise<Environment> = async () => ({}),
): void {
  for (const [way, ids, direct] of [
    ['one node', ['a'], true],
    ['the owners', IDS, true],
    ['any node', IDS, false],
  ] as const) {
    describe(`client, through ${way}: ${title}`, () => {
      let cluster: Cluster
      let larder: Larder
      before(async () => {
        cluster = await Cluster.start({ ids, node: await environment() })
        larder = new Larder({ urls: ids.map((id) => cluster.url(id)), direct })
      })
      after(async () => {
        larder?.close()
        await cluster?.[Symbol.asyncDispose]()
      })
      tests(
        () => larder,
        () => cluster,
      )
    })
  }
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const listed: T[] = []
  for await (const item of items) listed.push(item)
  return listed
}

export async function failure(call: Promise<unknown>): Promise<unknown> {
  return await call.then(
    () => undefined,
    (error: unknown) => error,
  )
}
