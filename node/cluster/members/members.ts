/**
 * Who there is: this member's place among the others, and the view that it goes by.
 *
 *     uplink ──────────────▶ Membership ─┐
 *     no uplink, but others ─▶ Survey ───┼─▶ CurrentView ─▶ onView
 *     what others say ───────▶ CatchUp ──┘        ▲
 *     others do not answer ──▶ Unreached ─▶ Membership tells uplink
 *     this process stood still ─▶ Pulse: ask uplink and the others, then go on, or doubt what it holds
 */
import type { Clock } from '../../../shared/clock.ts'
import type { LarderError } from '../../../shared/errors.ts'
import type { Log } from '../../../shared/log.ts'
import type { Turns } from '../../../shared/turns.ts'
import type { Member, View } from '../../../shared/view.ts'
import type { StampClock } from '../../entries/stamp.ts'
import type { ClusterMetrics } from '../metrics.ts'
import { CatchUp } from './catch-up.ts'
import { CurrentView } from './current-view.ts'
import type { MemberPeers } from './member-peers.ts'
import { Membership, type Uplink } from './membership.ts'
import type { PlacedView, Views } from './placed-view.ts'
import { Pulse } from './pulse.ts'
import type { Remembering } from './renewing.ts'
import { Survey } from './survey.ts'
import { Unreached } from './unreached.ts'

export type { CatchUp } from './catch-up.ts'
export type { Uplink } from './membership.ts'
export type { PlacedView, Role, Views } from './placed-view.ts'
export type { Currency } from './pulse.ts'
export { UplinkClient } from './uplink-client.ts'

/** How long a member asks the others for their views. */
const ASK_MAX_MS = 500

export interface MembersOptions {
  readonly self: Member
  readonly clock: Clock
  readonly turns: Turns
  readonly log: Log
  readonly metrics: ClusterMetrics
  readonly stamps: StampClock
  /** `undefined` for a cluster of one. */
  readonly uplink: Uplink | undefined
  readonly peers: MemberPeers
  /** Called with every view, before anyone goes by it, and with the one before. */
  onView(placed: PlacedView, former: PlacedView | undefined): void
  /** Called once it has stood still for so long that others may have taken over, and has asked what it has missed. */
  onAway(placed: PlacedView): void
  settling(): Remembering
  /** Whether it has not all of the slots that it is to hold. */
  isLacking(): boolean
  /** Called when uplink refuses this member for good. */
  onRejected(error: LarderError): void
}

export class Members implements Views {
  readonly catchUp: CatchUp
  /** Whether the view is one that time has not passed by. */
  readonly currency: Pulse
  readonly membership: Membership
  readonly #options: MembersOptions
  readonly #current: CurrentView
  readonly #survey: Survey
  readonly #unreached: Unreached
  #isStopped = false

  constructor(options: MembersOptions) {
    const { clock, log } = options
    this.#options = options
    const current = new CurrentView(options)
    const membership = new Membership({
      ...options,
      current,
      unreached: () => unreached.all,
      onSuspects: (incarnations) => unreached.suspect(incarnations),
    })
    const unreached = new Unreached({
      ...options,
      members: () => current.placed?.view.members ?? [],
      leaseMs: () => membership.leaseMs,
      onChange: () => membership.renewSoon(),
    })
    this.#unreached = unreached
    this.#current = current
    this.membership = membership
    this.#survey = new Survey({ ...options, membership, current })
    this.catchUp = new CatchUp({ ...options, views: current, learn: (view) => this.learn(view) })
    this.currency = new Pulse({
      clock,
      log,
      leaseMs: () => membership.leaseMs,
      ask: () => this.#askAll(),
      onStopped: (stoppedMs) => this.#stoodStill(stoppedMs),
    })
  }

  get placed(): PlacedView | undefined {
    return this.#current.placed
  }

  get isPlacing(): boolean {
    return this.#current.isPlacing
  }

  after(order: number, deadlineAtMs: number): Promise<PlacedView | undefined> {
    return this.#current.after(order, deadlineAtMs)
  }

  /** Whether no answer of that member is to be expected: this one leaves, or that one does, or has left. */
  isParting(member: Member): boolean {
    const { placed, membership } = this
    if (membership.isLeaving || placed === undefined) return membership.isLeaving
    const { leaving = false } = placed.entryOf(member) ?? { leaving: true }
    return leaving
  }

  /** Takes over a later view that another member has shown. */
  learn(view: View): void {
    if (!this.#isStopped) this.membership.learn(view)
  }

  start(): void {
    this.membership.start()
    if (this.#options.uplink === undefined) return // There is nobody else to look after.
    this.currency.start()
    this.#survey.start()
    this.#unreached.start()
  }

  stop(): void {
    this.#isStopped = true
    this.#unreached.stop()
    this.#survey.stop()
    this.currency.stop()
  }

  /** Asks uplink and the others for the views that they go by. */
  async #askAll(): Promise<void> {
    const { self, peers } = this.#options
    const others = this.placed?.members.filter(({ id }) => id !== self.id) ?? []
    const asking = others.map((other) => peers.of(other).ping(ASK_MAX_MS))
    await Promise.allSettled([this.membership.refresh(), ...asking])
  }

  #stoodStill(stoppedMs: number): void {
    const { placed } = this
    if (placed !== undefined && stoppedMs >= this.membership.leaseMs) this.#options.onAway(placed)
  }
}
