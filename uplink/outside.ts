/**
 * Who is kept out of the cluster, as others do not reach it: why, since when, and when it is looked at again. Each time it
 * is found out of reach, that takes twice as long.
 */
import type { Clock } from '../shared/clock.ts'
import { LarderError } from '../shared/errors.ts'
import type { Member } from '../shared/view.ts'

/** One life of a member that is kept out, or was of late. */
export interface Outsider {
  readonly member: Member
  /** In words. */
  readonly reason: string
  readonly sinceMs: number
  /** Before that nobody looks at it again. */
  readonly untilMs: number
  readonly times: number
  /** When it last asked to be let in: one that is gone asks no more. */
  readonly askedAtMs: number
}

/** What comes first: it may only have been busy. */
const PAUSE_MIN_MS = 1000
const DOUBLINGS_MAX = 6
/** Members ask more often. */
const ASKING_MS = 10_000
/** Whoever was in for so long begins anew. */
const FORGET_MS = 600_000
/** Whoever has the secret may call itself anything: beyond so many the first is forgotten. */
const OUTSIDERS_MAX = 1000

export class Outside {
  readonly #clock: Pick<Clock, 'now'>
  readonly #leaseMs: number
  readonly #outsiders = new Map<string, Outsider>()

  constructor({ clock, leaseMs }: { clock: Pick<Clock, 'now'>; leaseMs: number }) {
    this.#clock = clock
    this.#leaseMs = leaseMs
  }

  /** Those that are not among these members, and still ask to be. */
  besides(members: readonly Member[]): Outsider[] {
    const inside = new Set(members.map(({ incarnation }) => incarnation))
    const sinceMs = this.#clock.now() - Math.max(this.#leaseMs, ASKING_MS)
    return [...this.#outsiders.values()].filter(
      ({ member, askedAtMs }) => !inside.has(member.incarnation) && askedAtMs >= sinceMs,
    )
  }

  /** Until it is time to look again. @throws LarderError NOT_REACHED */
  refuse({ incarnation }: Member): void {
    const nowMs = this.#clock.now()
    const outsider = this.#outsiders.get(incarnation)
    if (outsider === undefined) return
    this.#outsiders.set(incarnation, { ...outsider, askedAtMs: nowMs })
    if (nowMs < outsider.untilMs) throw this.#refusal(outsider)
  }

  /** @returns what it is told, and whether that is news. */
  keep(member: Member, reason: string): { refusal: LarderError; isNew: boolean } {
    const nowMs = this.#clock.now()
    const { incarnation } = member
    const known = this.#outsiders.get(incarnation)
    const isNew = known === undefined || nowMs - known.untilMs > FORGET_MS
    const times = isNew ? 1 : known.times + 1
    const pauseMs = Math.min(this.#leaseMs, PAUSE_MIN_MS) * 2 ** Math.min(times - 1, DOUBLINGS_MAX)
    const sinceMs = isNew ? nowMs : known.sinceMs
    const outsider = { member, reason, sinceMs, untilMs: nowMs + pauseMs, times, askedAtMs: nowMs }
    this.#outsiders.delete(incarnation)
    this.#outsiders.set(incarnation, outsider)
    const [first] = this.#outsiders.keys()
    if (this.#outsiders.size > OUTSIDERS_MAX && first !== undefined) this.#outsiders.delete(first)
    return { refusal: this.#refusal(outsider), isNew }
  }

  #refusal({ reason, untilMs }: Outsider): LarderError {
    const seconds = Math.ceil((untilMs - this.#clock.now()) / 1000)
    return new LarderError('NOT_REACHED', `${reason}. It is looked at again in ${seconds} s.`)
  }
}
