/** The state as of now of what somebody watches, over the whole cluster: slot by slot, of whoever owns it by then. */
import { type Clock, pause } from '../../shared/clock.ts'
import { LarderError } from '../../shared/errors.ts'
import { SLOTS, slotOf } from '../../shared/placement.ts'
import { slotSetOf } from '../../shared/slot-set.ts'
import type { Member } from '../../shared/view.ts'
import type { FeedAnswer, Interest, ScanPlace } from '../../shared/watching.ts'
import type { PlacedView } from '../cluster/members/members.ts'
import { FEED_MAX_MS } from './follower.ts'
import type { Ask, Part } from './origin.ts'

export interface SnapshotOptions {
  readonly clock: Clock
  readonly ask: Ask<Member>
  placed(): PlacedView | undefined
}

/** A slot that nobody has is waited for, and so is a member that does not answer: others may have it by then. */
const STUCK_MAX_MS = 10_000
const LOOK_MS = 50
const NOTHING: FeedAnswer = { items: [], position: 0, hasMissed: false, isMore: false, isLast: false }

/** What there is, some at a time. @throws LarderError where a part of it cannot be had. */
export async function* snapshotOf(interest: Interest, options: SnapshotOptions): AsyncGenerator<Part> {
  const walk = new Walk(interest)
  const { clock, ask } = options
  let movedAtMs = clock.now()
  while (walk.slot !== undefined) {
    const placed = options.placed()
    const owner = placed?.ownerOf(walk.slot)
    if (placed === undefined || owner === undefined)
      throw new LarderError('NOT_READY', 'The cluster has no member.')
    const answer = await ask(owner, walk.questionFor(owner, placed), FEED_MAX_MS).catch(() => NOTHING)
    if (answer !== NOTHING && walk.goOn(answer)) movedAtMs = clock.now()
    else if (clock.now() - movedAtMs > STUCK_MAX_MS)
      throw new LarderError('NOT_READY', 'A part of the state is not to be had.')
    else await pause(clock, LOOK_MS)
    yield {
      told: answer.items.map(({ told }) => told),
      isToCome: ({ key }) => walk.isToCome(slotOf(key)),
    }
  }
}

/** How far it has come. */
class Walk {
  readonly #interest: Interest
  readonly #left: Set<number>
  #place: ScanPlace | undefined
  /** Of whom was asked last, by which view: he is asked again for the same slots. */
  #asked:
    | { readonly owner: Member; readonly placed: PlacedView; readonly slots: readonly number[] }
    | undefined

  constructor(interest: Interest) {
    this.#interest = interest
    const { key } = interest
    this.#left = new Set(key === undefined ? Array(SLOTS).keys() : [slotOf(key)])
  }

  /** The next one; `undefined` at the end. */
  get slot(): number | undefined {
    return this.#place?.slot ?? this.#left.values().next().value
  }

  /** Whether nothing of it has been told. */
  isToCome(slot: number): boolean {
    return this.#left.has(slot) && this.#place?.slot !== slot
  }

  questionFor(owner: Member, placed: PlacedView) {
    if (this.#asked?.owner !== owner || this.#asked.placed !== placed) {
      const slots = [...this.#left].filter((slot) => placed.ownerOf(slot) === owner)
      this.#asked = { owner, placed, slots }
    }
    const slots = slotSetOf(this.#asked.slots)
    const after = this.#place === undefined ? {} : { after: this.#place }
    return { type: 'state', slots, interest: this.#interest, ...after } as const
  }

  /** @returns whether it has come any further. */
  goOn({ items, next }: FeedAnswer): boolean {
    const { slots = [] } = this.#asked ?? {}
    for (const slot of slots) if (next === undefined || slot < next.slot) this.#left.delete(slot)
    const isElsewhere = next !== undefined && next.at === undefined && next.content === undefined
    const isStuck = items.length === 0 && isElsewhere && (this.#place?.slot ?? -1) === next.slot
    // Whoever owns the slot by now goes on where the one before has stopped.
    if (!isStuck) this.#place = next
    if (next === undefined) this.#asked = undefined
    return !isStuck
  }
}
