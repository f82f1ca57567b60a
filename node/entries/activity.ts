/** What is going on, told by several members, as one list. */
import type { Activity } from '../../shared/many-keys.ts'

/** The most engaged first; contents with as many users in the order of their names. */
export function byUsers(a: Activity, b: Activity): number {
  return b.users - a.users || (a.content < b.content ? -1 : 1)
}

export function mergeActivity(lists: readonly (readonly Activity[])[], limit: number): Activity[] {
  return lists.flat().sort(byUsers).slice(0, limit)
}
