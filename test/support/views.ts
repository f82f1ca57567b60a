/** Views of members that are called by a letter, and slots by who holds them. */
import { PlacedView } from '../../node/cluster/members/placed-view.ts'
import { SLOTS } from '../../shared/placement.ts'
import type { Member } from '../../shared/view.ts'

type Change = Partial<Pick<Member, 'incarnation' | 'since' | 'leaving'>>

export function memberOf(id: string, change: Change = {}): Member {
  return { id, url: `http://${id}`, incarnation: `${id}-1`, since: 1, ...change }
}
export const self = memberOf('a')

/** Names, or members where more is to be said of them. */
export function viewOf(
  epoch: number,
  members: readonly (string | Member)[],
  copies = 2,
  gone: readonly string[] = [],
): PlacedView {
  return new PlacedView({
    epoch,
    copies,
    ...(gone.length > 0 && { gone: [...gone] }),
    members: members.map((one) => (typeof one === 'string' ? memberOf(one) : one)),
  })
}

/** The same with these found to be gone, or merely silent, and no uplink to say so. */
export function absent(
  { view }: PlacedView,
  gone: readonly string[],
  silent: readonly string[] = [],
  revision = 1,
): PlacedView {
  const livesOf = (ids: readonly string[]) =>
    new Set(view.members.filter(({ id }) => ids.includes(id)).map(({ incarnation }) => incarnation))
  return new PlacedView(view, { absent: livesOf([...gone, ...silent]), silent: livesOf(silent) }, revision)
}

export const three = viewOf(1, ['a', 'b', 'c'])
/** The first slot whose holders are these, in this order, among a, b and c. */
export function slotOf(...ids: readonly string[]): number {
  const slots = Array.from({ length: SLOTS }, (_, slot) => slot)
  return slots.findIndex(
    (slot) =>
      three
        .holdersOf(slot)
        .map(({ id }) => id)
        .join() === ids.join(),
  )
}

/** What a member tells of changes that nobody watches. */
export const WATCHED_BY_NOBODY = {
  source: { start() {}, stop() {}, isToldAll: true },
  feed: { refusal: () => undefined, admit() {}, watch: () => () => {}, end() {} },
  showing: { end() {} },
}

/** Of who held the slots last. */
export const REMEMBERS_NOBODY = { latest: () => undefined, learn() {} }
