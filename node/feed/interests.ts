/** Who wants to know of what: those who want the same are told the same. */
import type { Interest, Told } from '../../shared/watching.ts'
import { ALL, isCovered, nameOfInterest, toldTo } from './interest.ts'

/** Where there are more, everything is asked for, and what nobody wants is passed over here. */
const TOLD_APART_MAX = 50

interface Group<T> {
  readonly interest: Interest
  readonly all: Set<T>
}

export class Interests<T> {
  /** By the one key that they are about. */
  readonly #ofKeys = new Map<string, Map<string, Group<T>>>()
  /** By how keys begin. */
  readonly #ofMany = new Map<string, Group<T>>()
  #size = 0
  #asked: readonly Interest[] | undefined

  /** How many different ones there are. */
  get size(): number {
    return this.#size
  }

  /** @returns whether more has to be asked for than before. */
  add(interest: Interest, one: T): boolean {
    const isWider = !isCovered(this.asked, interest)
    const groups = this.#groupsFor(interest)
    const name = nameOfInterest(interest)
    const group = groups.get(name) ?? { interest, all: new Set<T>() }
    if (!groups.has(name)) this.#size++
    groups.set(name, group)
    group.all.add(one)
    this.#asked = undefined
    return isWider
  }

  remove(interest: Interest, one: T): void {
    const groups = this.#groupsFor(interest)
    const name = nameOfInterest(interest)
    const group = groups.get(name)
    if (group?.all.delete(one) !== true || group.all.size > 0) return
    groups.delete(name)
    this.#size--
    if (interest.key !== undefined && groups.size === 0) this.#ofKeys.delete(interest.key)
    this.#asked = undefined
  }

  /** What has to be asked for, so that everybody can be told. */
  get asked(): readonly Interest[] {
    this.#asked ??= this.#size > TOLD_APART_MAX ? [ALL] : [...this.#groups()].map(({ interest }) => interest)
    return this.#asked
  }

  /** Who is to be told, and what: all who are told the same, together. */
  *for(told: Told): Generator<{ readonly told: Told; readonly all: ReadonlySet<T> }> {
    for (const groups of [this.#ofKeys.get(told.key), this.#ofMany]) {
      for (const { interest, all } of groups?.values() ?? []) {
        const theirs = toldTo(interest, told)
        if (theirs !== undefined) yield { told: theirs, all }
      }
    }
  }

  *#groups(): Generator<Group<T>> {
    for (const groups of this.#ofKeys.values()) yield* groups.values()
    yield* this.#ofMany.values()
  }

  #groupsFor({ key }: Interest): Map<string, Group<T>> {
    if (key === undefined) return this.#ofMany
    const groups = this.#ofKeys.get(key) ?? new Map<string, Group<T>>()
    this.#ofKeys.set(key, groups)
    return groups
  }
}
