/**
 * This member's place in the cluster: it keeps its lease, and watches for the next view.
 *
 * Two loops, so that a slow watch never costs the lease. The last view stays in force while uplink is gone;
 * a view is only ever followed by one of a later epoch, and a member that uplink does not reach gets it from its peers.
 * An uplink that has forgotten everything is told the members of the last view, and drops none of them.
 *
 *     start ─▶ renew ──lease──▶ wait a third of it ─▶ renew …          stop ─▶ leave
 *              watch ──view───▶ install, tell the listener ─▶ watch …
 */
import { type Clock, pause } from '../../../shared/clock.ts'
import { LarderError, messageOf } from '../../../shared/errors.ts'
import { Trouble } from '../../../shared/trouble.ts'
import type { Lease, Member, Renewal, View } from '../../../shared/view.ts'
import type { ClusterMetrics } from '../metrics.ts'
import type { PlacedView } from './placed-view.ts'
import { Renewing, type RenewingOptions } from './renewing.ts'
import { Reports } from './reports.ts'

/** Between two tries while no uplink answers. */
const RETRY_MS = 250
/** While uplink keeps it out. */
const KEPT_OUT_MS = 1000
/** How long uplink may take to note that a member is leaving: longer than it takes to fail as often as it may. */
const RETIRE_MAX_MS = 5000
/** Or how often it may fail meanwhile. */
const RETIRE_FAILURES = 4

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

export interface MembershipOptions extends RenewingOptions {
  readonly clock: Clock
  readonly metrics: ClusterMetrics
  /** `undefined` for a cluster of one. */
  readonly uplink: Uplink | undefined
  /** Called when uplink refuses this member for good. */
  onRejected(error: LarderError): void
}

export class Membership {
  readonly #options: MembershipOptions
  readonly #stopping = new AbortController()
  readonly #reports: Reports
  readonly #renewing: Renewing
  #registered = false
  /** Whether it has been a member once; from then on it serves, with uplink or without. */
  #ready = false
  readonly #silent: Trouble
  /** What keeps it from joining. */
  #obstacle = 'no uplink has answered'
  /** Aborted to renew before it is time. */
  #wakeLease = new AbortController()
  #lease = Promise.resolve()
  #watch = Promise.resolve()
  /** Whether it has been told to leave; the others may not know yet. */
  isLeaving = false
  /** Whether the last call to uplink failed. */
  #isMissed = false
  /** Calls to uplink that failed. */
  #failures = 0
  #heardAtMs = -Infinity
  #answersSinceMs = -Infinity
  #leaseMs = Infinity

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#renewing = new Renewing(options)
    this.#reports = new Reports({ ...options, onFailed: (error) => this.#missed('report', error) })
    this.#silent = new Trouble(options.log, {
      begins: 'uplink fails; the last view stays in force',
      ends: 'uplink answers again',
    })
  }

  get placed(): PlacedView | undefined {
    return this.#options.current.placed
  }

  /** `Infinity` until uplink has said it. */
  get leaseMs(): number {
    return this.#leaseMs
  }

  /** Why requests should go to other members, or `undefined` when they need not. */
  get notReady(): string | undefined {
    if (this.isLeaving || this.#stopping.signal.aborted) return 'It is leaving the cluster.'
    const { refusal } = this.#renewing
    if (refusal !== undefined) return `It is kept out of the cluster: ${refusal}`
    this.#ready ||= this.placed?.find(this.#options.self) !== undefined // The slots of many take a while to be placed.
    return this.#ready ? undefined : `It has not joined the cluster yet: ${this.#obstacle}.`
  }

  /** Returns at once. */
  start(): void {
    const { self, uplink } = this.#options
    if (uplink === undefined) {
      this.#install({ epoch: 1, copies: 1, members: [self] })
      return
    }
    this.#lease = this.#keepLease(uplink)
    this.#watch = this.#keepWatch(uplink)
  }

  /** Says that it is leaving, so that the others take over its slots. @returns once they know, or whether they do not. */
  async retire(): Promise<boolean> {
    const { self, uplink, clock, current } = this.#options
    this.isLeaving = true
    if (uplink === undefined || !this.#registered) return true
    this.#wakeLease.abort()
    const givesUpAtMs = clock.now() + RETIRE_MAX_MS
    const failuresMax = this.#failures + RETIRE_FAILURES
    while (clock.now() < givesUpAtMs && this.#failures < failuresMax) {
      const own = current.placed?.find(self)
      if (own === undefined || own.leaving) return true
      await current.after(current.placed?.order ?? 0, clock.now() + RETRY_MS)
    }
    return false
  }

  /** Leaves the view; it goes on answering until it is closed. */
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

  /** Does not wait for its time: there is news for uplink. */
  renewSoon(): void {
    this.#wakeLease.abort()
  }

  /** Asks uplink for what may have been missed. */
  async refresh(): Promise<void> {
    const view = await this.#options.uplink?.view()
    if (view !== undefined) this.learn(view)
  }

  /** Takes over a later view that a peer has shown: whoever has left still routes what it is asked, until it is closed. */
  learn(view: View): void {
    this.#install(view)
  }

  /** Tells uplink that a member refused a connection. */
  report(member: Member): void {
    this.#reports.tell(member)
  }

  async #keepLease(uplink: Uplink): Promise<void> {
    let waitMs = RETRY_MS
    while (!this.#stopping.signal.aborted) {
      try {
        const { leaseMs } = await this.#renewing.renew(uplink, { isLeaving: this.isLeaving })
        waitMs = leaseMs / 3
        this.#leaseMs = leaseMs
        if (!this.#registered) this.#options.log.info({ uplink: uplink.url, leaseMs }, 'registered')
        this.#registered = true
        this.#heard(uplink)
      } catch (error) {
        const isKeptOut = error instanceof LarderError && error.code === 'NOT_REACHED'
        waitMs = isKeptOut ? KEPT_OUT_MS : RETRY_MS
        if (error instanceof LarderError && this.#isFinal(error)) return this.#options.onRejected(error)
        if (isKeptOut) this.#heard(uplink)
        else this.#missed('renew', error)
      }
      const { signal } = this.#wakeLease
      await pause(this.#options.clock, waitMs, AbortSignal.any([this.#stopping.signal, signal]))
      if (signal.aborted) this.#wakeLease = new AbortController()
    }
  }

  /** Somebody else has the name: from the start, or because this member was away for too long. */
  #isFinal({ code }: LarderError): boolean {
    const { id, incarnation } = this.#options.self
    const holder = this.placed?.view.members.find((member) => member.id === id)
    const isReplaced = holder !== undefined && holder.incarnation !== incarnation
    return code === 'ID_TAKEN' && (!this.#registered || isReplaced)
  }

  async #keepWatch(uplink: Uplink): Promise<void> {
    const { clock } = this.#options
    while (!this.#stopping.signal.aborted) {
      try {
        this.#install(await uplink.watch(this.#options.current.epoch))
        this.#heard(uplink)
      } catch (error) {
        if (this.#stopping.signal.aborted) return
        this.#missed('watch', error)
        this.#wakeLease.abort() // An uplink that restarts is to hear of the members before others join it.
        await pause(clock, RETRY_MS, this.#stopping.signal)
      }
    }
  }

  /** For how long no uplink has answered, or, once one does again, for how long that is so. */
  get silence(): { silentMs: number; answeringMs: number } {
    const nowMs = this.#options.clock.now()
    return { silentMs: nowMs - this.#heardAtMs, answeringMs: nowMs - this.#answersSinceMs }
  }

  #install(view: View): void {
    const { log, self, current } = this.#options
    if (!current.install(view)) return
    this.#ready ||= current.placed?.find(self) !== undefined
    this.#reports.clear()
    log.info({ epoch: view.epoch, members: view.members.map(({ id }) => id) }, 'a new view')
  }

  #heard({ url }: Uplink): void {
    this.#heardAtMs = this.#options.clock.now()
    if (this.#isMissed) this.#answersSinceMs = this.#heardAtMs
    this.#isMissed = false
    this.#silent.end({ uplink: url })
  }

  /** Every failure counts. */
  #missed(call: string, error: unknown): void {
    if (this.#stopping.signal.aborted) return
    this.#options.metrics.uplinkFailures.inc({ call })
    this.#failures++
    this.#isMissed = true
    const isRefusal = error instanceof LarderError && error.status < 500
    const isSecretRefused = isRefusal && error.code === 'UNAUTHORIZED'
    this.#obstacle = `uplink ${isRefusal ? 'refuses' : 'fails'}, ${messageOf(error).replace(/\.$/, '')}`
    if (isSecretRefused) this.#options.metrics.secretRefused.inc({ by: 'uplink' })
    else if (this.#registered) this.#silent.begin({ call, error })
    else this.#silent.begin({ call, reason: this.#obstacle }, { begins: 'waiting for uplink', level: 'info' })
  }
}
