/**
 * This member's place in the cluster: it keeps its lease, and watches for the next view.
 *
 * Two loops, so that a slow watch never costs the lease. The last view stays in force while uplink is gone;
 * a view is only ever followed by one of a later epoch, and a member that uplink does not reach gets it from
 * its peers. An uplink that has forgotten everything is told the
 * members of the last view, and drops none of them.
 *
 *     start ─▶ renew ──lease──▶ wait a third of it ─▶ renew …          stop ─▶ leave
 *              watch ──view───▶ install, tell the listener ─▶ watch …
 */
import { type Clock, pause } from '../../shared/clock.ts'
import { LarderError } from '../../shared/errors.ts'
import type { Log } from '../../shared/log.ts'
import type { Lease, Member, Renewal, View } from '../../shared/view.ts'
import type { ClusterMetrics } from './metrics.ts'
import { PlacedView } from './placed-view.ts'
import type { Views } from './router.ts'

/** Between two tries while no uplink answers. */
const RETRY_MS = 250
/** A report of the same member is not repeated sooner. */
const REPORT_PAUSE_MS = 1000

/** What is asked of uplink: the calls of UplinkClient. */
export interface Uplink {
  readonly url: string
  renew(id: string, renewal: Renewal): Promise<Lease>
  watch(epoch: number): Promise<View>
  view(): Promise<View>
  report(member: Member): Promise<void>
  leave(member: Member): Promise<void>
  stop(): void
}

export interface MembershipOptions {
  readonly self: Member
  readonly clock: Clock
  readonly log: Log
  readonly metrics: ClusterMetrics
  /** `undefined` for a cluster of one. */
  readonly uplink: Uplink | undefined
  /** Called with every new view, before anyone routes by it, and with the epoch of the one before. */
  onView(placed: PlacedView, formerEpoch: number): void
  /** Called when uplink refuses this member for good. */
  onRejected(error: LarderError): void
}

export class Membership implements Views {
  readonly #options: MembershipOptions
  readonly #stopping = new AbortController()
  readonly #waiters = new Set<() => void>()
  readonly #reportedAtMs = new Map<string, number>()
  #placed: PlacedView | undefined
  #registered = false
  /** Whether it has been a member once; from then on it serves, with uplink or without. */
  #ready = false
  #uplinkAnswers = true
  /** What keeps it from joining. */
  #obstacle = 'no uplink has answered'
  /** Aborted to renew before it is time. */
  #wakeLease = new AbortController()
  #lease = Promise.resolve()
  #watch = Promise.resolve()

  constructor(options: MembershipOptions) {
    this.#options = options
  }

  get placed(): PlacedView | undefined {
    return this.#placed
  }

  /** Why requests should go to other members, or `undefined` when they need not. */
  get notReady(): string | undefined {
    if (this.#stopping.signal.aborted) return 'It is leaving the cluster.'
    return this.#ready ? undefined : `It has not joined the cluster yet: ${this.#obstacle}.`
  }

  /** Returns at once; `after(0, …)` waits for the first view. */
  start(): void {
    const { self, uplink } = this.#options
    if (uplink === undefined) {
      this.#install({ epoch: 1, copies: 1, members: [self] })
      return
    }
    this.#lease = this.#keepLease(uplink)
    this.#watch = this.#keepWatch(uplink)
  }

  /** Leaves the view, so that the others route around this member; it goes on answering until it is closed. */
  async leave(): Promise<void> {
    const { self, uplink, log } = this.#options
    if (this.#stopping.signal.aborted) return
    this.#stopping.abort()
    if (uplink === undefined) return
    await this.#lease // A renewal still under way would register this member again.
    try {
      if (this.#registered) await uplink.leave(self)
      this.#install(await uplink.view())
    } catch (error) {
      log.warn({ error }, 'uplink could not be told; the lease will end by itself')
    }
    uplink.stop()
    await this.#watch
  }

  async after(epoch: number, deadlineAtMs: number): Promise<PlacedView | undefined> {
    const { clock } = this.#options
    const isNewer = () => (this.#placed?.epoch ?? 0) > epoch
    if (isNewer()) return this.#placed
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = () => {
      if (isNewer()) resolve()
    }
    this.#waiters.add(look)
    const timer = clock.after(Math.max(0, deadlineAtMs - clock.now()), resolve)
    await promise
    timer.cancel()
    this.#waiters.delete(look)
    return this.#placed
  }

  /** Takes over a later view that a peer has shown. */
  learn(view: View): void {
    if (!this.#stopping.signal.aborted) this.#install(view)
  }

  /** Tells uplink that a member refused a connection; not waited for, and not repeated in a hurry. */
  report(member: Member): void {
    const { clock, uplink, log } = this.#options
    const lastAtMs = this.#reportedAtMs.get(member.incarnation) ?? -Infinity
    if (uplink === undefined || clock.now() < lastAtMs + REPORT_PAUSE_MS) return
    this.#reportedAtMs.set(member.incarnation, clock.now())
    log.warn({ member: member.id }, 'reported to uplink: it refuses connections')
    uplink.report(member).catch((error) => this.#missed('report', error))
  }

  async #keepLease(uplink: Uplink): Promise<void> {
    let waitMs = RETRY_MS
    while (!this.#stopping.signal.aborted) {
      try {
        const { leaseMs } = await this.#renew(uplink)
        waitMs = leaseMs / 3
        if (!this.#registered) this.#options.log.info({ uplink: uplink.url, leaseMs }, 'registered')
        this.#registered = true
        this.#heard(uplink)
      } catch (error) {
        waitMs = RETRY_MS
        if (error instanceof LarderError && this.#isFinal(error)) return this.#options.onRejected(error)
        this.#missed('renew', error)
      }
      const { signal } = this.#wakeLease
      await pause(this.#options.clock, waitMs, AbortSignal.any([this.#stopping.signal, signal]))
      if (signal.aborted) this.#wakeLease = new AbortController()
    }
  }

  /** Somebody else has the name: from the start, or because this member was away for too long. */
  #isFinal({ code }: LarderError): boolean {
    const { id, incarnation } = this.#options.self
    const holder = this.#placed?.view.members.find((member) => member.id === id)
    const isReplaced = holder !== undefined && holder.incarnation !== incarnation
    return code === 'ID_TAKEN' && (!this.#registered || isReplaced)
  }

  async #renew(uplink: Uplink): Promise<Lease> {
    const { id, url, incarnation } = this.#options.self
    const renewal: Renewal = { url, incarnation, epoch: this.#placed?.epoch ?? 0 }
    try {
      return await uplink.renew(id, renewal)
    } catch (error) {
      if (!(error instanceof LarderError) || error.code !== 'VIEW_WANTED' || !this.#placed) throw error
      this.#options.log.warn({ epoch: renewal.epoch }, 'uplink has forgotten the members; telling it')
      return uplink.renew(id, { ...renewal, members: this.#placed.view.members })
    }
  }

  async #keepWatch(uplink: Uplink): Promise<void> {
    const { clock } = this.#options
    while (!this.#stopping.signal.aborted) {
      try {
        this.#install(await uplink.watch(this.#placed?.epoch ?? 0))
        this.#heard(uplink)
      } catch (error) {
        if (this.#stopping.signal.aborted) return
        this.#missed('watch', error)
        this.#wakeLease.abort() // An uplink that restarts is to hear of the members before others join it.
        await pause(clock, RETRY_MS, this.#stopping.signal)
      }
    }
  }

  #install(view: View): void {
    if (view.epoch <= (this.#placed?.epoch ?? 0)) return
    const { log, onView } = this.#options
    const formerEpoch = this.#placed?.epoch ?? 0
    this.#placed = new PlacedView(view)
    this.#ready ||= this.#placed.find(this.#options.self) !== undefined
    this.#reportedAtMs.clear()
    log.info({ epoch: view.epoch, members: view.members.map(({ id }) => id) }, 'a new view')
    onView(this.#placed, formerEpoch)
    for (const look of this.#waiters) look()
  }

  #heard({ url }: Uplink): void {
    if (!this.#uplinkAnswers) this.#options.log.info({ uplink: url }, 'uplink answers again')
    this.#uplinkAnswers = true
  }

  /** Every failure counts; the log tells when it begins and when it is over. */
  #missed(call: string, error: unknown): void {
    if (this.#stopping.signal.aborted) return
    const { metrics, log } = this.#options
    metrics.uplinkFailures.inc({ call })
    this.#obstacle = `uplink fails, ${error instanceof Error ? error.message : error}`
    if (this.#uplinkAnswers && this.#registered)
      log.warn({ call, error }, 'uplink fails; the last view stays in force')
    else if (this.#uplinkAnswers) log.info({ call, reason: this.#obstacle }, 'waiting for uplink')
    this.#uplinkAnswers = false
  }
}
