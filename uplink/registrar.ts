/**
 * The registry as this uplink knows it, and every change that is made to it.
 *
 * What is known moves forward only. A store that has an older epoch than this uplink was wiped, or restored
 * from a copy: then it is told what it has forgotten. While the store is out of reach the known view is still
 * answered, and nothing changes.
 */
import { audit } from '../shared/audit.ts'
import type { Clock } from '../shared/clock.ts'
import { LarderError } from '../shared/errors.ts'
import type { Log } from '../shared/log.ts'
import type { Journal } from '../shared/page/page.ts'
import type { LastView, Lease, Member, Renewal, View } from '../shared/view.ts'
import { Admission } from './admission.ts'
import { Chronicle } from './chronicle.ts'
import type { UplinkMetrics } from './metrics.ts'
import type { Outside } from './outside.ts'
import { giveUp, hear, lastFor, seesFork } from './past.ts'
import type { Poll } from './poll.ts'
import { type Finding, isReached, type Probes } from './probe.ts'
import { adopt, isNews, leave, memberOf, type Registry, type Told, viewOf, withCopies } from './registry.ts'
import type { RegistryStore, Step } from './store.ts'
import type { Watchers } from './watchers.ts'

export interface RegistrarOptions {
  readonly store: RegistryStore
  readonly probes: Probes
  readonly poll: Poll
  readonly outside: Outside
  readonly watchers: Watchers
  readonly journal: Journal
  readonly metrics: UplinkMetrics
  readonly clock: Clock
  readonly log: Log
  readonly copies: number
  readonly foundingMs: number
}

/** No cluster gets that far beyond what is known of it: the epochs after it must last, and be exact. */
const LEAP_MAX = 2 ** 40

export class Registrar {
  readonly #options: RegistrarOptions
  readonly #store: RegistryStore
  readonly #log: Log
  readonly #admission: Admission
  readonly #chronicle: Chronicle
  /** By id, the lives that only others reach. */
  readonly #detours = new Map<string, string>()
  #known: Registry | undefined
  /** Whether the registry has had the copies that this uplink is set to; from then on the last one to come counts. */
  #hasSetCopies = false

  constructor(options: RegistrarOptions) {
    this.#options = options
    this.#store = options.store
    this.#log = options.log
    this.#admission = new Admission({
      ...options,
      epoch: () => this.#known?.epoch ?? 0,
      change: (step) => this.#change(step),
    })
    this.#chronicle = new Chronicle(options)
  }

  /** @throws LarderError NOT_READY while the registry has never been read. */
  get view(): View {
    if (this.#known === undefined) throw new LarderError('NOT_READY', 'The registry has not been read yet.')
    const { copies, ...view } = viewOf(this.#known)
    return { ...view, copies: copies || this.#options.copies }
  }

  /** Reads the registry: other uplinks may have changed it. */
  async refresh(): Promise<Registry> {
    const stored = await this.#store.read()
    const known = this.#known ?? stored
    this.#admission.open(stored)
    const registry = stored.epoch < known.epoch ? await this.#adopt(known) : stored
    if (registry.copies > 0) this.#learn(registry)
    if (registry.copies > 0 && this.#hasSetCopies) return registry
    return this.#setCopies(this.#hasSetCopies ? known.copies : this.#options.copies)
  }

  /**
   * Registers a member, renews its lease, or marks it as leaving, and answers with the epoch, and with what it may not know.
   * @throws LarderError BAD_REQUEST for an epoch that cannot be, VIEW_WANTED for one that the registry does not know,
   * and what Admission throws.
   */
  async renew(id: string, renewal: Renewal): Promise<Pick<Lease, 'epoch' | 'last'>> {
    const { epoch, members, last, leaving, formats, version, unreached = [], lacking, ...life } = renewal
    const said = { ...(leaving && { leaving }), ...(formats && { formats }), ...(version && { version }) }
    const member = { id, ...life, ...said }
    let registry = await this.refresh()
    if (Math.max(epoch, last?.epoch ?? 0) > registry.epoch + LEAP_MAX) {
      throw new LarderError('BAD_REQUEST', `No member can be so far beyond epoch ${registry.epoch}.`)
    }
    if (isNews(registry, id, epoch)) {
      if (members === undefined) {
        throw new LarderError('VIEW_WANTED', `This uplink knows epoch ${registry.epoch}, not ${epoch}.`)
      }
      registry = await this.#adopt({ epoch, members })
    }
    if (last !== undefined) registry = await this.#hear(last, registry)
    const sees = (now: Registry) => seesFork(now, member, epoch)
    if (sees(registry) !== registry) registry = (await this.#change(sees)).registry
    const untold = lastFor(registry, renewal)
    registry = await this.#admission.admit(registry, member)
    await this.#store.renew(id)
    const hasNews = unreached.length > 0 || lacking === true
    const report = { incarnation: member.incarnation, unreached, isLacking: lacking === true }
    await this.#store.report(id, hasNews ? report : undefined)
    return { epoch: registry.epoch, ...(untold && { last: untold }) }
  }

  /** Nobody need wait for this member. @throws LarderError ID_TAKEN for one that is there. */
  async giveUp(id: string): Promise<void> {
    await this.refresh()
    const { hasChanged, registry } = await this.#change((now) => giveUp(now, id))
    const { epoch } = registry
    if (memberOf(registry, id)) throw new LarderError('ID_TAKEN', `${id} is a member; stop it first.`)
    if (!hasChanged) return
    audit(this.#log, { what: 'a member was given up: nobody waits for what it held', id, epoch })
    this.#options.journal.note({ epoch, id, what: 'given up' })
  }

  /** Takes a member out because it says so itself. */
  async leave(id: string, incarnation: string): Promise<void> {
    const epoch = await this.#takeOut(id, incarnation, 'left')
    if (epoch !== undefined) audit(this.#log, { what: 'a member left', id, incarnation, epoch })
  }

  /** Looks at a member that a peer could not connect to. What is merely silent is left to its lease. */
  async report(id: string, incarnation: string): Promise<void> {
    const registry = await this.refresh()
    const member = memberOf(registry, id)
    if (member?.incarnation !== incarnation) return
    const finding = await this.#options.probes.look(member, registry)
    if (isReached(finding)) await this.keep(member, finding)
    if (finding === 'refused' || finding === 'replaced') await this.drop(member, finding)
  }

  /** Renews the lease of a member that was reached, on its behalf. */
  async keep({ id, incarnation }: Member, finding: Finding): Promise<void> {
    if (finding === 'here') this.#detours.delete(id)
    else if (this.#detours.get(id) !== incarnation) {
      this.#detours.set(id, incarnation)
      const { epoch } = this.view
      this.#log.warn({ id, incarnation, epoch }, 'a member is reached through others only')
      this.#options.journal.note({ epoch, id, what: 'reached through others only' })
    }
    await this.#store.renew(id)
  }

  /** Takes a member out because it is gone. */
  async drop({ id, incarnation }: Member, why: Finding): Promise<void> {
    const epoch = await this.#takeOut(id, incarnation, `dropped: ${why}`)
    if (epoch === undefined) return
    this.#options.metrics.dropped.inc({ why })
    this.#log.warn({ id, incarnation, why, epoch }, 'a member was dropped')
  }

  /** Takes a member out that lives, as most of the others do not reach it. */
  async leaveOut(member: Member, reason: string): Promise<void> {
    const epoch = await this.#takeOut(member.id, member.incarnation, 'left out')
    if (epoch === undefined) return
    this.#options.metrics.dropped.inc({ why: 'unreached' })
    this.#admission.keepOut(member, reason)
  }

  /** The epoch since which it is out; `undefined` when it was out before. */
  async #takeOut(id: string, incarnation: string, reason: string): Promise<number | undefined> {
    const { hasChanged, registry } = await this.#chronicle.because(reason, incarnation, () =>
      this.#change((now) => leave(now, id, incarnation)),
    )
    return hasChanged ? registry.epoch : undefined
  }

  async #setCopies(copies: number): Promise<Registry> {
    const { registry } = await this.#change((now) => withCopies(now, copies))
    this.#hasSetCopies = true
    return registry
  }

  async #hear(told: LastView, known: Registry): Promise<Registry> {
    if (hear(known, told) === known) return known
    return (await this.#change((now) => hear(now, told))).registry
  }

  async #adopt(told: Told): Promise<Registry> {
    const { hasChanged, registry } = await this.#change((now) => adopt(now, told))
    if (hasChanged) {
      const { epoch, members } = registry
      this.#log.warn({ epoch, told: told.epoch, members: members.length }, 'a later view was adopted')
      this.#options.journal.note({ epoch, what: `adopted: the registry had forgotten epoch ${told.epoch}` })
    }
    return registry
  }

  async #change(step: Step): Promise<{ hasChanged: boolean; registry: Registry }> {
    let hasChanged = false
    const registry = await this.#store.change((before) => {
      const after = step(before)
      hasChanged = after !== before
      return after
    })
    return { hasChanged, registry: this.#learn(registry) }
  }

  #learn(registry: Registry): Registry {
    const before = this.#known
    if (before !== undefined && registry.epoch < before.epoch) return registry
    this.#known = registry
    if (registry.epoch === before?.epoch) return registry
    this.#chronicle.note(before, registry)
    this.#options.watchers.wake(registry.epoch)
    for (const id of this.#detours.keys()) {
      if (memberOf(registry, id) === undefined) this.#detours.delete(id)
    }
    return registry
  }
}
