/** Sees to it that what has ended by itself is told (`ended.lua`): the engine forgets it, and tells nobody. */
import { SLOTS, slotOf } from '../../shared/placement.ts'
import type { Looking } from './marks.ts'
import { withEach } from './means.ts'
import type { Primary } from './primary.ts'
import { countsOf } from './reactions.ts'

/** The engine serves nobody else meanwhile. */
const SLOTS_AT_ONCE = 256

/** One node does it for all: whoever is the first to ask for this time. */
export async function noteEnds(
  primary: Primary,
  { everyMs, ...looking }: Looking & { readonly everyMs: number },
): Promise<void> {
  if (!(await primary.isFirst(everyMs))) return
  for (let from = 0; from < SLOTS; from += SLOTS_AT_ONCE) {
    const due = await primary.ended(from, Math.min(SLOTS, from + SLOTS_AT_ONCE) - 1)
    // Whoever looks at what is shown sees those who have ended, and notes them.
    await withEach(due, async (content) => {
      await countsOf(looking.means, { slot: slotOf(content), content, deadlineAtMs: looking.deadlineAtMs })
    })
  }
}
