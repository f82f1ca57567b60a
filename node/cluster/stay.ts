/**
 * The beginning and the end of a member's time in the cluster: ready once its slots are here, and the ways to the others
 * are open or were tried; gone once its slots are not here any more.
 */
import { type Clock, pause } from '../../shared/clock.ts'
import type { Log } from '../../shared/log.ts'
import type { Member } from '../../shared/view.ts'
import type { Members } from './members/members.ts'
import type { Contact, Peers } from './peers/peers.ts'
import type { Slots } from './slots/slots.ts'
import { UNKNOWN } from './wire/calls.ts'

/** After this a member is ready, also if some slots are not here yet: commands on these wait. */
const SETTLE_MAX_MS = 10_000
/** How long a member that leaves tries to hand over what it has. */
const HAND_OVER_MAX_MS = 15_000
/** How long it waits until those who watch were told everything. */
const TELL_MAX_MS = 2000
const LOOK_MS = 20

export interface StayOptions {
  readonly clock: Clock
  readonly log: Log
  readonly self: Member
  readonly members: Members
  readonly peers: Pick<Peers, 'untried'> & {
    find(incarnation: string): { readonly contact: Contact } | undefined
  }
  readonly slots: Slots
  /** What it tells of changes. */
  readonly source: { readonly isToldAll: boolean }
}

export class Stay {
  readonly #options: StayOptions
  #joinedAtMs: number | undefined
  #isSettled = false

  constructor(options: StayOptions) {
    this.#options = options
  }

  /** Why requests should go to other members, or `undefined` when they need not. */
  get notReady(): string | undefined {
    const { clock, peers, members } = this.#options
    const { membership } = members
    const reason = membership.notReady ?? this.#notUnderstood
    if (reason !== undefined) return reason
    this.#joinedAtMs ??= clock.now()
    const { missing, departing } = this.#owed
    const untried = peers.untried(members.placed?.members ?? [])
    const isDone = missing + departing + untried.length === 0
    this.#isSettled ||= isDone || clock.now() - this.#joinedAtMs > SETTLE_MAX_MS
    if (this.#isSettled) return undefined
    if (missing + departing === 0)
      return `It has joined, and does not know yet whether it reaches ${untried.map(({ id }) => id).join(', ')}.`
    const awaited = this.#options.slots.outstanding.waiting.members
    const waits = awaited.length > 0 ? `; it waits for ${awaited.join(', ')}` : ''
    return `It has joined, and ${missing} slots are still on their way to it, ${departing} from its disk to others${waits}.`
  }

  /** Hands over all slots, then leaves the view. @returns how many slots nobody could be found to take. */
  async end(): Promise<number> {
    const { clock, log, members, slots, source } = this.#options
    const givesUpAtMs = clock.now() + HAND_OVER_MAX_MS
    if (!(await members.membership.retire()))
      log.warn('uplink has not noted that this member leaves: nothing was handed over')
    while (slots.departures.count > 0 && clock.now() < givesUpAtMs) await pause(clock, LOOK_MS)
    const toldByMs = clock.now() + TELL_MAX_MS
    while (!source.isToldAll && clock.now() < toldByMs) await pause(clock, LOOK_MS)
    const owed = slots.departures.count
    if (owed > 0) log.error({ slots: owed }, 'some slots could not be handed over')
    await members.membership.leave()
    return owed
  }

  /** Whoever understands none of the others is the one that is wrong here. */
  get #notUnderstood(): string | undefined {
    const { self, members, peers } = this.#options
    const others = members.placed?.members.filter(({ incarnation }) => incarnation !== self.incarnation) ?? []
    const isStrange = ({ incarnation }: Member) =>
      peers.find(incarnation)?.contact.misunderstood !== undefined
    if (others.length === 0 || !others.every(isStrange)) return undefined
    const versionOf = ({ incarnation }: Member) => peers.find(incarnation)?.contact.met?.version ?? UNKNOWN
    const named = others.map((other) => `${other.id} (version ${versionOf(other)})`)
    return `It understands none of the others: ${named.join(', ')}.`
  }

  get #owed(): { missing: number; departing: number } {
    const { holdings, departures } = this.#options.slots
    return { missing: holdings.missing.length, departing: departures.count }
  }
}
