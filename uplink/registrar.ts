/**
 * The registry as this uplink knows it, and every change that is made to it.
 *
 * What is known moves forward only. A store that has an older epoch than this uplink was wiped, or restored
 * from a copy: then it is told what it has forgotten. While the store is out of reach the known view is still
 * answered, and nothing changes.
 */
import { LarderError } from '../shared/errors.ts'
import type { Log } from '../shared/log.ts'
import type { Member, Renewal, View } from '../shared/view.ts'
import type { Journal } from './journal.ts'
import type { UplinkMetrics } from './metrics.ts'
import type { Finding, Probes } from './probe.ts'
import { adopt, changes, isSettled, join, leave, memberOf, type Registry } from './registry.ts'
import type { RegistryStore, Step } from './store.ts'
import type { Watchers } from './watchers.ts'

export interface RegistrarOptions {
  readonly store: RegistryStore
  readonly probes: Probes
  readonly watchers: Watchers
  readonly journal: Journal
  readonly metrics: UplinkMetrics
  readonly log: Log
  readonly copies: number
}

/** How often an id may pass to somebody else while one member asks for it. */
const ADMISSIONS_MAX = 3

export class Registrar {
  readonly #options: RegistrarOptions
  readonly #store: RegistryStore
  readonly #log: Log
  /** Why a life is being taken out, until that is noted. */
  readonly #reasons = new Map<string, string>()
  /** By id, the lives that only others reach. */
  readonly #detours = new Map<string, string>()
  #known: Registry | undefined

  constructor(options: RegistrarOptions) {
    this.#options = options
    this.#store = options.store
    this.#log = options.log
  }

  /** @throws LarderError NOT_READY while the registry has never been read. */
  get view(): View {
    if (this.#known === undefined) throw new LarderError('NOT_READY', 'The registry has not been read yet.')
    const { epoch, members } = this.#known
    return { epoch, copies: this.#options.copies, members }
  }

  /** Reads the registry: other uplinks may have changed it. */
  async refresh(): Promise<Registry> {
    const stored = await this.#store.read()
    const known = this.#known ?? stored
    return stored.epoch < known.epoch ? this.#adopt(known) : this.#learn(stored)
  }

  /**
   * Registers a member, renews its lease, or marks it as leaving, and answers with the epoch.
   * @throws LarderError VIEW_WANTED for an epoch that the registry has not reached, ID_TAKEN, NOT_READY.
   */
  async renew(id: string, { epoch, members, url, incarnation, leaving }: Renewal): Promise<number> {
    let registry = await this.refresh()
    if (epoch > registry.epoch) {
      if (members === undefined) {
        throw new LarderError('VIEW_WANTED', `This uplink knows epoch ${registry.epoch}, not ${epoch}.`)
      }
      registry = await this.#adopt({ epoch, members })
    }
    registry = await this.#admit(registry, { id, url, incarnation, ...(leaving && { leaving }) })
    await this.#store.renew(id)
    return registry.epoch
  }

  /** Takes a member out because it says so itself. */
  async leave(id: string, incarnation: string): Promise<void> {
    const epoch = await this.#takeOut(id, incarnation, 'left')
    if (epoch !== undefined) this.#log.info({ id, incarnation, epoch }, 'a member left')
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

  /** The epoch since which it is out; `undefined` when it was out before. */
  async #takeOut(id: string, incarnation: string, reason: string): Promise<number | undefined> {
    this.#reasons.set(incarnation, reason)
    try {
      const { hasChanged, registry } = await this.#change((now) => leave(now, id, incarnation))
      return hasChanged ? registry.epoch : undefined
    } finally {
      this.#reasons.delete(incarnation)
    }
  }

  async #admit(registry: Registry, member: Member): Promise<Registry> {
    let current = registry
    for (let attempt = 0; attempt < ADMISSIONS_MAX; attempt++) {
      const former = memberOf(current, member.id)
      if (isSettled(current, member)) return current
      if (former !== undefined && former.incarnation !== member.incarnation) {
        await this.#challenge(former, current)
      }
      const { hasChanged, registry: next } = await this.#change((now) => join(now, member, former))
      const what = member.leaving ? 'a member is leaving' : 'a member joined'
      if (hasChanged) this.#log.info({ ...member, epoch: next.epoch, former }, what)
      current = next
    }
    throw new LarderError('ID_TAKEN', `Others ask for the id ${member.id} at the same time.`)
  }

  /** Only one life of a member has its id: who answers keeps it, even from an address that another claims. */
  async #challenge(former: Member, registry: Registry): Promise<void> {
    if (!isReached(await this.#options.probes.look(former, registry))) return
    const { id, url } = former
    throw new LarderError('ID_TAKEN', `${id} is alive at ${url}: give this member another NODE_ID.`)
  }

  async #adopt(told: Registry): Promise<Registry> {
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
    if (this.#known !== undefined && registry.epoch <= this.#known.epoch) return registry
    this.#note(this.#known, registry)
    this.#known = registry
    const { metrics, watchers } = this.#options
    metrics.epoch.set(registry.epoch)
    metrics.members.set(registry.members.length)
    watchers.wake(registry.epoch)
    for (const id of this.#detours.keys()) {
      if (memberOf(registry, id) === undefined) this.#detours.delete(id)
    }
    return registry
  }

  /** Also what other uplinks have done; why, only they know. */
  #note(before: Registry | undefined, after: Registry): void {
    const { journal } = this.#options
    const { epoch, members } = after
    if (before === undefined) {
      if (epoch > 0)
        journal.note({ epoch, what: `this uplink started, with ${members.length} in the registry` })
      return
    }
    for (const { member, what } of changes(before, after)) {
      const { id, incarnation } = member
      const reason = this.#reasons.get(incarnation) ?? 'gone, by another uplink'
      journal.note({ epoch, id, what: what === 'gone' ? reason : what })
    }
  }
}

/** Whether anybody at all gets an answer from it. */
export function isReached(finding: Finding): boolean {
  return finding === 'here' || finding === 'through others'
}
