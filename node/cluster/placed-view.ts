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

  owns(id: string, slot: number): boolean {
    return this.ownerOf(slot)?.id === id
  }

  has(id: string): boolean {
    return this.view.members.some((member) => member.id === id)
  }

  slotsOwnedBy(id: string): number {
    const index = this.view.members.findIndex((member) => member.id === id)
    return this.#owners.reduce((count, owner) => count + (owner === index ? 1 : 0), 0)
  }
}
