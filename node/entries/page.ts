/** Users of a content a page at a time, by the reactions that they show. */
import type { PageEnd } from '../../shared/reaction-command.ts'

export interface Page {
  readonly users: Readonly<Record<string, readonly string[]>>
  readonly next?: PageEnd
}

/** Of users in their order; of one reaction, that is told even where nobody shows it. */
export function pageOf(walk: IteratorObject<PageEnd>, limit: number, reaction?: string): Page {
  const listed = walk.take(limit + 1).toArray()
  const next = listed.length > limit ? listed[limit - 1] : undefined
  const groups = Map.groupBy(listed.slice(0, limit), (one) => one.reaction)
  if (reaction !== undefined && groups.size === 0) groups.set(reaction, [])
  const users = [...groups].map(([kind, ones]) => [kind, ones.map(({ user }) => user)] as const)
  return { users: Object.fromEntries(users), ...(next && { next }) }
}
