/** What a node over an engine tells of it. */
import { Cluster } from 'ioredis'
import { z } from 'zod'
import { json } from '../../shared/http/response.ts'
import type { Route } from '../../shared/http/route.ts'
import type { Connection } from './connection.ts'

const EngineView = z
  .object({
    id: z.string(),
    engine: z.object({
      cluster: z.boolean(),
      primaries: z.array(z.object({ address: z.string(), replicas: z.array(z.string()), slots: z.int() })),
    }),
  })
  .meta({ id: 'EngineView' })

export function engineRoutes(
  { id }: { readonly id: string },
  connection: () => Connection | undefined,
): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/cluster',
      operationId: 'getCluster',
      summary: 'The engine as this node sees it.',
      access: 'public',
      needs: ['read', 'metrics'],
      answers: { 200: { description: 'The view.', content: { 'application/json': EngineView } } },
      handle: () => json({ id, engine: topologyOf(connection()) }),
    },
  ]
}

/** The primaries, each with how many of the engine's slots it has. */
function topologyOf(connection: Connection | undefined): object {
  if (connection === undefined) return { cluster: false, primaries: [] }
  const { client } = connection
  if (!(client instanceof Cluster)) {
    const address = connection.ownerOf(0)
    return { cluster: false, primaries: [{ address, replicas: [], slots: 0 }] }
  }
  const groups = Map.groupBy(client.slots, (nodes) => nodes?.join() ?? '')
  const primaries = [...groups].flatMap(([, slots]) => {
    const [address, ...replicas] = slots[0] ?? []
    return address === undefined ? [] : [{ address, replicas, slots: slots.length }]
  })
  return { cluster: true, primaries }
}
