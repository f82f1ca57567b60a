/** What a message says has changed, as keys of responses. Pure; Kafka and HTTP bring the same messages. */
import { z } from 'zod'
import type { CachedRoute } from './route-table.ts'
import { fill } from './route-table.ts'

export interface Invalidation {
  readonly key: string
  readonly isRefresh: boolean
}

const Message = z.looseObject({ type: z.string().min(1) })
const Id = z.union([z.string().min(1), z.int().transform(String)])

/**
 * One invalidation a route that the message concerns; none when it concerns no route.
 * @throws when the message cannot be understood: it has no type, or not the id that its type needs.
 */
export function invalidationsOf(
  routes: readonly CachedRoute[],
  message: unknown,
  topic?: string,
): Invalidation[] {
  const { type, ...fields } = Message.parse(message)
  return routes.flatMap(({ path, events }) => {
    if (events === undefined || !events.types.includes(type)) return []
    if (topic !== undefined && topic !== events.topic) return []
    const id = Id.safeParse(fields[events.id])
    if (!id.success) throw new TypeError(`${events.id}: text or an integer is needed in a message ${type}`)
    return [{ key: fill(path, { id: id.data }), isRefresh: events.action === 'refresh' }]
  })
}
