/** Whose latency is measured: a node alone, members with and without copies and disks, and Webdis over Redis. */
import { DATA, gets, keys, posts, store } from './keys.ts'
import type { Stand } from './stand.ts'
import { startWebdis, webdisGets, webdisPosts } from './webdis.ts'

const KEYS = 10_000

export interface Target {
  readonly name: string
  readonly requests: { readonly GET: readonly string[]; readonly POST: readonly string[] }
  /** Of members that keep copies on disk it is also looked at what is hardest. */
  readonly isHardest?: boolean
  /** Ports of those who are asked in turn; all that is read is there. */
  start(stand: Stand): Promise<readonly number[]>
}

const spread = keys(KEYS)
const requests = { GET: gets(spread), POST: posts(spread) }

const disks = [
  { disk: 'with disk', environment: {} },
  { disk: 'without', environment: { DATA_DIR: 'off' } },
]

export const larders: readonly Target[] = [
  ...disks.map(
    ({ disk, environment }): Target => ({
      name: `one node, ${disk}`,
      requests,
      async start(stand) {
        const node = await stand.node(environment)
        await store(spread, [node])
        return [node.port]
      },
    }),
  ),
  ...[1, 2].flatMap((copies) =>
    disks.map(
      ({ disk, environment }): Target => ({
        name: `three nodes, COPIES=${copies}, ${disk}`,
        requests,
        isHardest: copies === 2 && disk === 'with disk',
        async start(stand) {
          const members = await stand.members({ members: 3, copies, environment })
          await store(spread, members.slice(0, 1))
          return members.map(({ port }) => port)
        },
      }),
    ),
  ),
]

/** To be measured where they are installed. */
export const others: readonly Target[] = [true, false].map((isOnDisk) => ({
  name: `Webdis over Redis, ${isOnDisk ? 'with its append-only file' : 'without'}`,
  requests: { GET: webdisGets(spread), POST: webdisPosts(spread, DATA) },
  start: async (stand) => [(await startWebdis(stand, spread, { isOnDisk })).port],
}))
