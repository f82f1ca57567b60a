/** A view with its slots placed: the answer to "whose is it?" as of one epoch. */
import { placeSlots } from '../../shared/placement.ts'
import type { Member, View } from '../../shared/view.ts'

export class PlacedView {
  readonly view: View
  readonly #owners: Uint16Array

  constructor(view: View) {
    this.view = view
    this.#owners = placeSlots(view.members.map(({ id }) => id))
  }

  get epoch(): number {
    return this.view.epoch
  }

  /** `undefined` in a view without members. */
  ownerOf(slot: number): Member | undefined {
    return this.view.members[this.#owners[slot] ?? 0]
  }

  /** Whether this life of a member owns the slot; another life under the same id is another member. */
  owns({ incarnation }: Member, slot: number): boolean {
    return this.ownerOf(slot)?.incarnation === incarnation
  }

  /** The entry of this life in the view. */
  find({ incarnation }: Member): Member | undefined {
    return this.view.members.find((member) => member.incarnation === incarnation)
  }

  slotsOwnedBy({ incarnation }: Member): number {
    const index = this.view.members.findIndex((member) => member.incarnation === incarnation)
    return this.#owners.reduce((count, owner) => count + (owner === index ? 1 : 0), 0)
  }
}
