/**
 * A view with its slots placed: the answer to "whose is it?" as of one epoch. Who is leaving holds nothing any more,
 * and neither does who is absent: found to be gone, as long as there is no uplink to say so.
 */
import { SLOTS } from '../../../shared/placement.ts'
import { type Placement, placed, placing, rankMembers, seedsOf } from '../../../shared/placing.ts'
import type { Member, View } from '../../../shared/view.ts'

const NOBODY: readonly Member[] = []

export type Role = 'owner' | 'replica' | 'none'

/** Who tells which view is in force. */
export interface Views {
  readonly placed: PlacedView | undefined
  /** Resolves with the first view after this one in their order, or at the deadline with the view there is. */
  after(order: number, deadlineAtMs: number): Promise<PlacedView | undefined>
}

/** How often the absent may change within one view; more are counted as the last. */
const REVISIONS = 1024

/** In the order of views, the place after all that come before this epoch. */
export function justBefore(epoch: number): number {
  return epoch - 1 / (2 * REVISIONS)
}

/** Who is not there, by their incarnations, and who of them merely does not answer. */
export interface Absence {
  readonly absent: ReadonlySet<string>
  readonly silent: ReadonlySet<string>
}

export const ALL_THERE: Absence = { absent: new Set(), silent: new Set() }

export class PlacedView {
  readonly view: View
  /** Grows with every view, and in between with everyone who is found absent, or back. */
  readonly order: number
  /** All but the absent. */
  readonly members: readonly Member[]
  /** Those of the absent of whom nobody knows that they are gone. */
  readonly silent: readonly Member[]
  readonly placement: Placement
  readonly #placed: readonly Member[]
  readonly #width: number
  readonly #holders: Uint16Array
  /** Found out when they are first needed. */
  readonly #replicas: (readonly Member[] | undefined)[] = []
  #lives: ReadonlyMap<string, Member> | undefined
  #ids: ReadonlySet<string> | undefined
  #seeds: Uint32Array | undefined
  readonly #absent: ReadonlySet<string>

  constructor(
    view: View,
    { absent, silent }: Absence = ALL_THERE,
    revision = 0,
    placement = placed(idsOf(view, absent), view.copies),
  ) {
    this.view = view
    this.#absent = absent
    this.silent = view.members.filter(({ incarnation }) => silent.has(incarnation))
    this.order = view.epoch + Math.min(revision, REVISIONS - 1) / REVISIONS
    this.members = view.members.filter(({ incarnation }) => !absent.has(incarnation))
    this.#placed = this.members.filter(({ leaving }) => !leaving)
    this.placement = placement
    this.#width = placement.width
    this.#holders = placement.holders
  }

  /** The one after that, with its slots placed a step at a time. */
  static *after(
    former: PlacedView | undefined,
    view: View,
    absence: Absence,
    revision: number,
  ): Generator<void, PlacedView> {
    const ids = idsOf(view, absence.absent)
    const placement = yield* placing(ids, view.copies, former?.placement)
    return new PlacedView(view, absence, revision, placement)
  }

  /** Whether anybody was found to be gone, and no uplink has said so. */
  get hasAbsent(): boolean {
    return this.members.length < this.view.members.length
  }

  get epoch(): number {
    return this.view.epoch
  }

  /** How many members hold each slot. */
  get copies(): number {
    return this.#width
  }

  /** `undefined` in a view without members. */
  ownerOf(slot: number): Member | undefined {
    return this.#width === 0 ? undefined : this.#placed[this.#holders[slot * this.#width] ?? 0]
  }

  /** The owner first. */
  holdersOf(slot: number): Member[] {
    const holders: Member[] = []
    for (let place = slot * this.#width; place < (slot + 1) * this.#width; place++) {
      const member = this.#placed[this.#holders[place] ?? 0]
      if (member !== undefined) holders.push(member)
    }
    return holders
  }

  replicasOf(slot: number): readonly Member[] {
    if (this.#width < 2) return NOBODY
    const known = this.#replicas[slot]
    if (known !== undefined) return known
    const replicas = this.holdersOf(slot).slice(1)
    this.#replicas[slot] = replicas
    return replicas
  }

  /** Whether this life of a member owns the slot; another life under the same id is another member. */
  owns({ incarnation }: Pick<Member, 'incarnation'>, slot: number): boolean {
    return this.ownerOf(slot)?.incarnation === incarnation
  }

  /** What this life of a member is to each slot. */
  rolesOf({ incarnation }: Member): Role[] {
    const own = this.#placed.findIndex((member) => member.incarnation === incarnation)
    return Array.from({ length: SLOTS }, (_, slot) => {
      const first = slot * this.#width
      for (let place = first; place < first + this.#width; place++)
        if (this.#holders[place] === own) return place === first ? 'owner' : 'replica'
      return 'none'
    })
  }

  /** All members in the order in which they would hold the slot, also those that are leaving. */
  ranked(slot: number): Member[] {
    const { members } = this
    const ids = members.map(({ id }) => id)
    this.#seeds ??= seedsOf(ids)
    const order = rankMembers(slot, ids, this.#seeds)
    return order.map((index) => members[index]).filter((member) => member !== undefined)
  }

  /** Who was a member by an earlier view, did not leave in good order, and is none any more. */
  droppedSince({ view }: PlacedView): Member[] {
    return view.members.filter((member) => !member.leaving && !this.knows(member))
  }

  /** Whether it is a member, in whichever life, there or absent. */
  knows({ id }: Pick<Member, 'id'>): boolean {
    this.#ids ??= new Set(this.view.members.map((member) => member.id))
    return this.#ids.has(id)
  }

  /** The entry of this life in the view, there or absent. */
  entryOf({ incarnation }: Pick<Member, 'incarnation'>): Member | undefined {
    this.#lives ??= new Map(this.view.members.map((member) => [member.incarnation, member]))
    return this.#lives.get(incarnation)
  }

  /** The same, of one that is there. */
  find({ incarnation }: Pick<Member, 'incarnation'>): Member | undefined {
    return this.#absent.has(incarnation) ? undefined : this.entryOf({ incarnation })
  }
}

/** Of those who hold slots. */
function idsOf({ members }: View, absent: Absence['absent']): string[] {
  const there = members.filter(({ incarnation, leaving }) => !leaving && !absent.has(incarnation))
  return there.map(({ id }) => id)
}
