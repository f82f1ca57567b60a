/** What is going on in all of the engine: each slot tells of its own (`activity.lua`). */
import type { CommandOf, Outcome } from '../../shared/command.ts'
import type { Activity } from '../../shared/many-keys.ts'
import { SLOTS, slotOf } from '../../shared/placement.ts'
import { mergeActivity } from '../entries/activity.ts'
import { listOf, numberOf, type Part, textOf } from './answer.ts'
import type { Means } from './means.ts'
import { placeIn } from './places.ts'
import { countsOf } from './reactions.ts'

/** Where only those are told that begin so, as many of a slot are looked at. */
const LOOKED_MAX = 1000

interface Asked {
  readonly limit: number
  readonly prefix: string
  readonly deadlineAtMs: number
}

export async function readActivity(
  means: Means,
  { limit, prefix = '' }: CommandOf<'activity'>,
  deadlineAtMs: number,
): Promise<Outcome> {
  let first: readonly Activity[] = []
  const { connection } = means
  const { slotsAtOnce } = connection
  for (let from = 0; from < SLOTS; from += slotsAtOnce) {
    const slots = Array.from({ length: Math.min(slotsAtOnce, SLOTS - from) }, (_, at) => from + at)
    const asked = { limit, prefix, deadlineAtMs }
    const told = await Promise.all(connection.together(slots).map((group) => activityOf(means, group, asked)))
    first = mergeActivity([first, ...told], limit)
  }
  const counted = await Promise.all(
    first.map(async ({ content }): Promise<Activity[]> => {
      const counts = await countsOf(means, { slot: slotOf(content), content, deadlineAtMs })
      return counts === undefined ? [] : [{ content, users: counts.users, counts: counts.counts }]
    }),
  )
  return { type: 'activity', contents: mergeActivity(counted, limit) }
}

/** Contents are counted anew where somebody has ended, so that their places are right. */
async function activityOf(
  means: Means,
  slots: readonly number[],
  { limit, prefix, deadlineAtMs }: Asked,
): Promise<Activity[]> {
  const places = slots.flatMap((slot) => [placeIn(slot, 'activity'), placeIn(slot, 'due')])
  const parts = [places.length, ...places, limit, prefix, LOOKED_MAX]
  for (;;) {
    const told = await means.connection.run('activity', parts, deadlineAtMs)
    const [due, found] = (told as readonly Part[]).map(listOf)
    if (due === undefined || due.length === 0) {
      return (found ?? []).flatMap((part, at, all) =>
        at % 2 === 0 ? [{ content: textOf(part), users: numberOf(all[at + 1]), counts: {} }] : [],
      )
    }
    await Promise.all(
      due.map(textOf).map((content) => countsOf(means, { slot: slotOf(content), content, deadlineAtMs })),
    )
  }
}
