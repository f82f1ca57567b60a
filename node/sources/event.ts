/** What a message says has changed, as keys of responses. Pure; Kafka and HTTP bring the same messages. */
import { z } from 'zod'
import type { CachedRoute } from '../route-table.ts'
import { fill } from '../route-table.ts'

export interface Invalidation {
  readonly key: string
  readonly isRefresh: boolean
}

const Message = z.looseObject({ type: z.string().min(1) })
const Id = z.union([
  z
    .string()
    .min(1)
    .refine((text) => text.isWellFormed()),
  z.int().transform(String),
])

/**
 * One invalidation a route that the message concerns; none when it concerns no route.
 * @throws when the message cannot be understood: it has no type, or no id that any of the routes could use.
 */
export function invalidationsOf(
  routes: readonly CachedRoute[],
  message: unknown,
  topic?: string,
): Invalidation[] {
  const { type, ...fields } = Message.parse(message)
  const missing = new Set<string>()
  const found = routes.flatMap(({ path, events }) => {
    if (events === undefined || !events.types.includes(type)) return []
    if (topic !== undefined && topic !== events.topic) return []
    const id = Id.safeParse(fields[events.id])
    if (id.success) return [{ key: fill(path, { id: id.data }), isRefresh: events.action === 'refresh' }]
    missing.add(events.id)
    return []
  })
  if (found.length > 0 || missing.size === 0) return found
  throw new TypeError(`${[...missing].join(', ')}: text or an integer is needed in a message ${type}`)
}
