/**
 * Whom this member does not reach: whoever has failed to answer is asked again until it does, and uplink is told meanwhile.
 * Uplink in turn says whom others do not reach, to be asked here too: what most find counts. All others are asked now and
 * then where they are said to be: who is heard on a channel that it has opened itself may be out of reach all the same.
 */
import type { Clock, Timer } from '../../../shared/clock.ts'
import { type Member, UNREACHED_MAX, type Unreached as UnreachedLife } from '../../../shared/view.ts'
import { isUnreached } from '../peers/peers.ts'
import type { MemberPeers } from './member-peers.ts'

const LOOK_MS = 250
/** So often in a lease a member is asked that does not answer. */
const QUESTIONS_A_LEASE = 4
/** All others are asked once a lease, and less often where they are many: some at each look. */
const QUESTION_EACH_MS = 5
/** It has failed to answer for this part of a lease when uplink is told. */
const PATIENCE_PART = 1 / 4
const REASON_LENGTH_MAX = 300

export interface UnreachedOptions {
  readonly self: Member
  readonly clock: Clock
  readonly peers: MemberPeers
  /** All of the view in force. */
  members(): readonly Member[]
  /** `Infinity` as long as no uplink has said it. */
  leaseMs(): number
  /** Called when there are others than before. */
  onChange(): void
}

export class Unreached {
  readonly #options: UnreachedOptions
  readonly #askedAtMs = new Map<string, number>()
  #suspects: ReadonlySet<string> = new Set()
  #told = ''
  #timer: Timer | undefined

  constructor(options: UnreachedOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = this.#options.clock.every(LOOK_MS, () => this.#look())
  }

  stop(): void {
    this.#timer?.cancel()
  }

  /** Others do not reach these lives of members. */
  suspect(incarnations: readonly string[]): void {
    this.#suspects = new Set(incarnations)
  }

  /** Whom it does not reach, and what comes instead of answers. */
  get all(): UnreachedLife[] {
    const { peers, leaseMs } = this.#options
    const patienceMs = leaseMs() * PATIENCE_PART
    const unreached = this.#others().flatMap((other): UnreachedLife[] => {
      const { contact } = peers.of(other)
      if (contact.failure === undefined || !isUnreached(contact, patienceMs)) return []
      const { incarnation } = other
      return [{ incarnation, reason: contact.failure.reason.slice(0, REASON_LENGTH_MAX) }]
    })
    return unreached.slice(0, UNREACHED_MAX)
  }

  #others(): Member[] {
    const { self, members } = this.#options
    return members().filter(({ incarnation }) => incarnation !== self.incarnation)
  }

  #look(): void {
    const { peers, clock, leaseMs, onChange } = this.#options
    if (leaseMs() === Infinity) return
    const others = this.#others()
    const pauseMs = leaseMs() / QUESTIONS_A_LEASE
    const nowMs = clock.now()
    const lives = new Set(others.map(({ incarnation }) => incarnation))
    for (const life of this.#askedAtMs.keys()) if (!lives.has(life)) this.#askedAtMs.delete(life)
    const restMs = Math.max(leaseMs(), others.length * QUESTION_EACH_MS)
    let left = Math.ceil((others.length * LOOK_MS) / restMs)
    for (const other of others) {
      const peer = peers.of(other)
      const { incarnation } = other
      const isDoubted = peer.contact.failure !== undefined || this.#suspects.has(incarnation)
      const askedAtMs = this.#askedAtMs.get(incarnation) ?? -Infinity
      if (nowMs - askedAtMs < (isDoubted ? pauseMs : restMs)) continue
      if (!isDoubted && left-- <= 0) continue
      this.#askedAtMs.set(incarnation, nowMs)
      peer.ping(pauseMs).catch(() => {}) // It is noted with the peer.
    }
    const told = this.all.map(({ incarnation }) => incarnation).join()
    if (told === this.#told) return
    this.#told = told
    onChange()
  }
}
