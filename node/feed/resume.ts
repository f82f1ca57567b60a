/** What came between the id that a watcher shows and now, of every member: each is asked from where he was told. */

import type { FeedItem } from '../../shared/watching.ts'
import { FEED_MAX_MS } from './follower.ts'
import type { Following } from './following.ts'
import { toldTo } from './interest.ts'
import type { Ask, Teller } from './origin.ts'
import { Recent } from './recent.ts'
import { type Vector, vectorOf, vectorText } from './vector.ts'
import type { Watcher } from './watcher.ts'

export interface ResumeOptions<T extends Teller> {
  readonly following: Following<T>
  readonly ask: Ask<T>
  /** Is over once all is here, too, that was told up to there. @throws where it does not come. */
  reach(told: Vector): Promise<void>
}

/**
 * False where something is missing: a member that has told him before is gone, or does not know any more what came after that.
 * Of a member that he was never told of everything counts.
 */
export async function resuming<T extends Teller>(
  watcher: Watcher,
  since: string,
  { following, ask, reach }: ResumeOptions<T>,
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
  const catchingUp = following.tellers.map((teller) =>
    catchUp(teller, {
      watcher,
      ask,
      from: shown.get(teller.incarnation) ?? 0,
      upTo: now.get(teller.incarnation),
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

interface CatchUpOptions<T> {
  readonly watcher: Watcher
  readonly ask: Ask<T>
  readonly from: number
  readonly upTo: number | undefined
  tell(life: string, items: readonly FeedItem[], position: number): Promise<void>
}

/** What is not known of a member that has not told where it is, it tells later. */
async function catchUp<T extends Teller>(
  teller: T,
  { watcher, ask, from, upTo = 0, tell }: CatchUpOptions<T>,
): Promise<boolean> {
  const { incarnation: life } = teller
  const interests = [watcher.asked.interest]
  if (from === upTo) return true
  for (let after = from; ; ) {
    const question = { type: 'changes', after, interests, holdMs: 0 } as const
    const { items, position, hasMissed, isMore } = await ask(teller, question, FEED_MAX_MS)
    if (hasMissed) return false
    await tell(life, items, position)
    if (watcher.isOver || !isMore || position >= upTo) return true
    after = position
  }
}
