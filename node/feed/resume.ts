/** What came between the id that a watcher shows and now, of every member: each is asked from where he was told. */

import type { Member } from '../../shared/view.ts'
import type { FeedItem } from '../../shared/watching.ts'
import { type AskFeed, FEED_MAX_MS } from './follower.ts'
import type { Following } from './following.ts'
import { toldTo } from './interest.ts'
import { Recent } from './recent.ts'
import { type Vector, vectorOf, vectorText } from './vector.ts'
import type { Watcher } from './watcher.ts'

export interface ResumeOptions {
  readonly following: Following
  readonly ask: AskFeed
  /** Is over once all is here, too, that was told up to there. @throws where it does not come. */
  reach(told: Vector): Promise<void>
}

/**
 * False where something is missing: a member that has told him before is gone, or does not know any more what came after that.
 * Of a member that he was never told of everything counts.
 */
export async function resuming(
  watcher: Watcher,
  since: string,
  { following, ask, reach }: ResumeOptions,
): Promise<boolean> {
  const shown = vectorOf(since)
  if (shown === undefined || !following.coversOthers(shown)) return false
  const now = following.vector
  const reached = new Map(shown)
  for (const life of shown.keys()) if (!now.has(life)) reached.delete(life)
  const recent = new Recent()
  const toldUpTo = new Map<string, number>()
  const tell = async (life: string, items: readonly FeedItem[], position: number) => {
    for (const item of items) {
      reached.set(life, item.at)
      const told = toldTo(watcher.asked.interest, recent.withoutKnown(item.told))
      if (told === undefined || !recent.isNews(item)) continue
      toldUpTo.set(life, item.at)
      await watcher.tellPast([told], vectorText(reached))
    }
    reached.set(life, position)
    watcher.toldUpTo(life, position)
  }
  const catchingUp = following.members.map((member) =>
    catchUp(member, {
      watcher,
      ask,
      from: shown.get(member.incarnation) ?? 0,
      upTo: now.get(member.incarnation),
      tell,
    }),
  )
  const caughtUp = await Promise.allSettled(catchingUp)
  if (!caughtUp.every((one) => one.status === 'fulfilled' && one.value)) return false
  // What waits may have been told by another member than what he was told by now, and have come before it.
  return await reach(toldUpTo).then(
    () => true,
    () => false,
  )
}

interface CatchUpOptions {
  readonly watcher: Watcher
  readonly ask: AskFeed
  readonly from: number
  readonly upTo: number | undefined
  tell(life: string, items: readonly FeedItem[], position: number): Promise<void>
}

/** What is not known of a member that has not told where it is, it tells later. */
async function catchUp(
  member: Member,
  { watcher, ask, from, upTo = 0, tell }: CatchUpOptions,
): Promise<boolean> {
  const { incarnation: life } = member
  const interests = [watcher.asked.interest]
  if (from === upTo) return true
  for (let after = from; ; ) {
    const question = { type: 'changes', after, interests, holdMs: 0 } as const
    const { items, position, hasMissed, isMore } = await ask(member, question, FEED_MAX_MS)
    if (hasMissed) return false
    await tell(life, items, position)
    if (watcher.isOver || !isMore || position >= upTo) return true
    after = position
  }
}
