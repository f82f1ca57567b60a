/**
 * Who is engaged with a content, and how: a last-writer-wins element set (Shapiro et al., "A comprehensive study
 * of Convergent and Commutative Replicated Data Types", 2011) of presences, one a (reaction, user).
 *
 * A million users may react to one content, so the set is changed in place and ordered by user: adding,
 * removing and finding cost a logarithm, a page costs its own length. A count is the size of a set.
 */
import sortedBtree from 'sorted-btree'
import type { PageEnd } from '../../shared/reaction-command.ts'
import { Ending } from './ending.ts'
import { Gone } from './gone.ts'
import { type Page, pageOf } from './page.ts'
import { byText, bytesOf, compare, hashedOf, isNewsOf, nameOf, type Presence } from './presence.ts'
import { SetHash } from './set-hash.ts'

const BTree = sortedBtree.default

/** A content and each of its reactions, before anybody reacts: measured with 200,000 contents of one user each. */
const CONTENT_BYTES = 750
export const REACTION_BYTES = 600

export class Reactions {
  readonly kind = 'reactions'
  /** When each user reacted; a reaction that nobody shows any more is kept as long as somebody is remembered. */
  readonly #here = new Map<string, InstanceType<typeof BTree<string, number>>>()
  /** Of those, the ones that end by themselves. */
  readonly #ending = new Ending()
  readonly #gone = new Gone()
  readonly #hash = new SetHash()
  readonly #passingHash = new SetHash()
  #users = 0
  #bytes = CONTENT_BYTES

  static of(presence: Presence): Reactions {
    return Reactions.ofAll([presence])
  }

  static ofAll(presences: readonly Presence[]): Reactions {
    const reactions = new Reactions()
    for (const presence of presences) reactions.put(presence)
    return reactions
  }

  /** How many users are engaged, each counted once however they react. */
  get users(): number {
    return this.#users
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Of these, what those take who have gone. */
  get goneBytes(): number {
    return this.#gone.bytes
  }

  /** How many kinds of reaction there are. */
  get kinds(): number {
    return this.#here.size
  }

  /** Nobody is here, and nobody who has gone is remembered. */
  get isEmpty(): boolean {
    return this.#here.size === 0
  }

  /** Tells two sets apart by who stays in them. */
  get digest(): string {
    return String(this.#hash)
  }

  /** The same by who is gone, or will be. */
  get passingDigest(): string {
    return String(this.#passingHash)
  }

  /** Of each reaction that somebody shows. */
  counts(): Record<string, number> {
    return Object.fromEntries([...this.#here].flatMap(([kind, { size }]) => (size > 0 ? [[kind, size]] : [])))
  }

  /** Which of them this user shows. */
  shownBy(user: string): string[] {
    return [...this.#here].flatMap(([reaction, users]) => (users.has(user) ? [reaction] : []))
  }

  has(reaction: string): boolean {
    return this.#here.has(reaction)
  }

  countOf(reaction: string): number {
    return this.#here.get(reaction)?.size ?? 0
  }

  /** In their order, those behind one. */
  *usersOf(reaction: string, after?: string): Generator<string> {
    for (const user of this.#here.get(reaction)?.keys(after) ?? []) if (user !== after) yield user
  }

  /** When the last of those who show it ends, where they all do. */
  endOf(reaction: string): number {
    const count = this.countOf(reaction)
    if (count === 0 || this.#ending.countOf(reaction) < count) return Infinity
    return this.#ending.lastOf(reaction)?.endsAtMs ?? Infinity
  }

  /** By name only where anybody ends, or has gone, as names take longer than all the rest. */
  find(reaction: string, user: string): Presence | undefined {
    const time = this.#here.get(reaction)?.get(user)
    if (time === undefined)
      return this.#gone.has(reaction) ? this.#gone.find(nameOf(reaction, user)) : undefined
    const ending = this.#ending.countOf(reaction) > 0 && this.#ending.find(nameOf(reaction, user))
    return ending || { reaction, user, time, endsAtMs: Infinity, isGone: false }
  }

  /** Keeps the later of what is known of this user and what is given. */
  put(presence: Presence): void {
    const known = this.find(presence.reaction, presence.user)
    if (known !== undefined && compare(known, presence) >= 0) return
    if (known !== undefined) this.#remove(known)
    this.#add(presence)
  }

  /** As if it had never been. */
  remove(reaction: string, user: string): void {
    const known = this.find(reaction, user)
    if (known !== undefined) this.#remove(known)
  }

  isChangedBy(other: Reactions): boolean {
    return Iterator.from(other).some((one) => isNewsOf(this.find(one.reaction, one.user), one))
  }

  /** Moves those who have ended by now to those who are gone, at most so many; tells how many, and `note` who. */
  settle(nowMs: number, most: number, note?: (ended: Presence) => void): number {
    for (let count = 0; count < most; count++) {
      const ending = this.#ending.first
      if (ending === undefined || ending.endsAtMs > nowMs) return count
      this.put({ ...ending, isGone: true })
      note?.(ending)
    }
    return most
  }

  /** Takes out those who have been gone since then, at most so many, the ones that went first first. */
  forget(goneSinceMs: number, most: number): Presence[] {
    const forgotten: Presence[] = []
    for (const presence of this.#gone) {
      if (forgotten.length === most || presence.endsAtMs > goneSinceMs) break
      this.#remove(presence)
      forgotten.push(presence)
    }
    return forgotten
  }

  /** When somebody ends, or has been gone for long enough. */
  dueAtMs(graceMs: number): number {
    const goneSinceMs = this.#gone.longest?.endsAtMs ?? Infinity
    return Math.min(this.#ending.first?.endsAtMs ?? Infinity, goneSinceMs + graceMs)
  }

  /** Users in their order, of one reaction or of all, after the end of the page before. */
  page(limit: number, { reaction, after }: { reaction?: string; after?: PageEnd }): Page {
    return pageOf(this.#walk(reaction, after), limit, reaction)
  }

  *#walk(only: string | undefined, after: PageEnd | undefined): Generator<PageEnd> {
    const kinds = only === undefined ? [...this.#here.keys()].sort() : [only]
    for (const reaction of kinds) {
      if (after !== undefined && reaction < after.reaction) continue
      const last = reaction === after?.reaction ? after.user : undefined
      for (const user of this.usersOf(reaction, last)) yield { reaction, user }
    }
  }

  /** The same as many small sets: together they make this one, also if it changes between two of them. */
  *parts(most: number): Generator<Reactions> {
    for (const reaction of [...this.#here.keys()]) {
      for (let after: PageEnd | undefined; ; ) {
        const users = [...this.#walk(reaction, after).take(most)]
        const last = users.at(-1)
        if (last === undefined) break
        yield Reactions.ofAll(users.flatMap(({ user }) => this.find(reaction, user) ?? []))
        after = last
      }
    }
    const gone = [...this.#gone]
    for (let start = 0; start < gone.length; start += most)
      yield Reactions.ofAll(gone.slice(start, start + most))
  }

  /** Everyone who is known, also those who are gone. */
  *[Symbol.iterator](): Generator<Presence> {
    for (const [reaction, users] of this.#here) {
      for (const user of users.keys()) {
        const presence = this.find(reaction, user)
        if (presence !== undefined) yield presence
      }
    }
    yield* this.#gone
  }

  #add(presence: Presence): void {
    const { reaction, user, time, endsAtMs, isGone } = presence
    const users = this.#here.get(reaction) ?? new BTree<string, number>(undefined, byText)
    if (!this.#here.has(reaction)) {
      this.#here.set(reaction, users)
      this.#bytes += REACTION_BYTES
    }
    if (isGone) {
      this.#gone.add(presence)
    } else {
      if (!this.#isEngaged(user)) this.#users++
      users.set(user, time)
      if (endsAtMs < Infinity) this.#ending.add(presence)
    }
    this.#hashFor(presence).toggle(hashedOf(presence))
    this.#bytes += bytesOf(presence)
  }

  #remove(presence: Presence): void {
    const { reaction, user } = presence
    if (!this.#gone.remove(presence)) {
      this.#here.get(reaction)?.delete(user)
      this.#ending.remove(presence)
      if (!this.#isEngaged(user)) this.#users--
    }
    this.#hashFor(presence).toggle(hashedOf(presence))
    this.#bytes -= bytesOf(presence)
    this.#dropUnused(reaction)
  }

  #hashFor({ endsAtMs, isGone }: Presence): SetHash {
    return endsAtMs === Infinity && !isGone ? this.#hash : this.#passingHash
  }

  #isEngaged(user: string): boolean {
    for (const users of this.#here.values()) if (users.has(user)) return true
    return false
  }

  /** A reaction is forgotten with the last user who showed it. */
  #dropUnused(reaction: string): void {
    const isUsed = (this.#here.get(reaction)?.size ?? 0) > 0 || this.#gone.has(reaction)
    if (isUsed || !this.#here.delete(reaction)) return
    this.#bytes -= REACTION_BYTES
  }
}
