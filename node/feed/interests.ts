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
  readonly #ofMany = new Map<string, Map<string, Group<T>>>()
  /** How long these beginnings are, and how many are as long: however many there are, few lengths are looked at. */
  readonly #lengths = new Map<number, number>()
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
    if (group?.all.delete(one) === true && group.all.size === 0) {
      groups.delete(name)
      this.#size--
      this.#asked = undefined
    }
    if (groups.size === 0) this.#forget(interest)
  }

  /** What has to be asked for, so that everybody can be told. */
  get asked(): readonly Interest[] {
    this.#asked ??= this.#size > TOLD_APART_MAX ? [ALL] : [...this.#groups()].map(({ interest }) => interest)
    return this.#asked
  }

  /** Who is to be told, and what: all who are told the same, together. */
  *for(told: Told): Generator<{ readonly told: Told; readonly all: ReadonlySet<T> }> {
    for (const groups of this.#about(told.key)) {
      for (const { interest, all } of groups.values()) {
        const theirs = toldTo(interest, told)
        if (theirs !== undefined) yield { told: theirs, all }
      }
    }
  }

  *#about(key: string): Generator<Map<string, Group<T>>> {
    const ofKey = this.#ofKeys.get(key)
    if (ofKey !== undefined) yield ofKey
    for (const length of this.#lengths.keys()) {
      const groups = length <= key.length ? this.#ofMany.get(key.slice(0, length)) : undefined
      if (groups !== undefined) yield groups
    }
  }

  *#groups(): Generator<Group<T>> {
    for (const all of [this.#ofKeys, this.#ofMany]) for (const groups of all.values()) yield* groups.values()
  }

  #groupsFor({ key, prefix }: Interest): Map<string, Group<T>> {
    const [all, name] = key === undefined ? [this.#ofMany, prefix] : [this.#ofKeys, key]
    const known = all.get(name)
    if (known !== undefined) return known
    const groups = new Map<string, Group<T>>()
    all.set(name, groups)
    if (key === undefined) this.#count(prefix.length, 1)
    return groups
  }

  #forget({ key, prefix }: Interest): void {
    if (key !== undefined) return void this.#ofKeys.delete(key)
    this.#ofMany.delete(prefix)
    this.#count(prefix.length, -1)
  }

  #count(length: number, more: number): void {
    const count = (this.#lengths.get(length) ?? 0) + more
    if (count === 0) this.#lengths.delete(length)
    else this.#lengths.set(length, count)
  }
}
