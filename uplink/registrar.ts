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
import type { UplinkMetrics } from './metrics.ts'
import type { Outcome, Probes } from './probe.ts'
import { adopt, isSame, join, leave, memberOf, type Registry } from './registry.ts'
import type { RegistryStore, Step } from './store.ts'
import type { Watchers } from './watchers.ts'

export interface RegistrarOptions {
  readonly store: RegistryStore
  readonly probes: Probes
  readonly watchers: Watchers
  readonly metrics: UplinkMetrics
  readonly log: Log
  readonly copies: number
}

/** How often an id may pass to somebody else while one member asks for it. */
const ADMISSIONS_MAX = 3

export class Registrar {
  readonly #store: RegistryStore
  readonly #probes: Probes
  readonly #watchers: Watchers
  readonly #metrics: UplinkMetrics
  readonly #log: Log
  readonly #copies: number
  #known: Registry | undefined

  constructor({ store, probes, watchers, metrics, log, copies }: RegistrarOptions) {
    this.#store = store
    this.#probes = probes
    this.#watchers = watchers
    this.#metrics = metrics
    this.#log = log
    this.#copies = copies
  }

  /** @throws LarderError NOT_READY while the registry has never been read. */
  get view(): View {
    if (this.#known === undefined) throw new LarderError('NOT_READY', 'The registry has not been read yet.')
    const { epoch, members } = this.#known
    return { epoch, copies: this.#copies, members }
  }

  /** Reads the registry: other uplinks may have changed it. */
  async refresh(): Promise<Registry> {
    const stored = await this.#store.read()
    const known = this.#known ?? stored
    return stored.epoch < known.epoch ? this.#adopt(known) : this.#learn(stored)
  }

  /**
   * Registers a member, or renews its lease, and answers with the epoch.
   * @throws LarderError VIEW_WANTED for an epoch that the registry has not reached, ID_TAKEN, NOT_READY.
   */
  async renew(id: string, { url, incarnation, epoch, members }: Renewal): Promise<number> {
    let registry = await this.refresh()
    if (epoch > registry.epoch) {
      if (members === undefined) {
        throw new LarderError('VIEW_WANTED', `This uplink knows epoch ${registry.epoch}, not ${epoch}.`)
      }
      registry = await this.#adopt({ epoch, members })
    }
    registry = await this.#admit(registry, { id, url, incarnation })
    await this.#store.renew(id)
    return registry.epoch
  }

  /** Takes a member out because it says so itself. */
  async leave(id: string, incarnation: string): Promise<void> {
    const { hasChanged, registry } = await this.#change((now) => leave(now, id, incarnation))
    if (hasChanged) this.#log.info({ id, incarnation, epoch: registry.epoch }, 'a member left')
  }

  /** Looks at a member that a peer could not connect to. What is merely silent is left to its lease. */
  async report(id: string, incarnation: string): Promise<void> {
    const member = memberOf(await this.refresh(), id)
    if (member?.incarnation !== incarnation) return
    const outcome = await this.#probes.look(member)
    if (outcome === 'here') await this.#store.renew(id)
    if (outcome === 'refused' || outcome === 'replaced') await this.drop(member, outcome)
  }

  /** Takes a member out because it is gone. */
  async drop({ id, incarnation }: Member, why: Outcome): Promise<void> {
    const { hasChanged, registry } = await this.#change((now) => leave(now, id, incarnation))
    if (!hasChanged) return
    this.#metrics.dropped.inc({ why })
    this.#log.warn({ id, incarnation, why, epoch: registry.epoch }, 'a member was dropped')
  }

  async #admit(registry: Registry, member: Member): Promise<Registry> {
    let current = registry
    for (let attempt = 0; attempt < ADMISSIONS_MAX; attempt++) {
      const former = memberOf(current, member.id)
      if (isSame(former, member)) return current
      if (former !== undefined && former.incarnation !== member.incarnation) await this.#challenge(former)
      const { hasChanged, registry: next } = await this.#change((now) => join(now, member, former))
      if (hasChanged) this.#log.info({ ...member, epoch: next.epoch, former }, 'a member joined')
      current = next
    }
    throw new LarderError('ID_TAKEN', `Others ask for the id ${member.id} at the same time.`)
  }

  /** Only one life of a member has its id: who answers keeps it, even from an address that another claims. */
  async #challenge({ id, url, incarnation }: Member): Promise<void> {
    if ((await this.#probes.look({ id, url, incarnation })) !== 'here') return
    throw new LarderError('ID_TAKEN', `${id} is alive at ${url}: give this member another NODE_ID.`)
  }

  async #adopt(told: Registry): Promise<Registry> {
    const { hasChanged, registry } = await this.#change((now) => adopt(now, told))
    if (hasChanged) {
      const { epoch, members } = registry
      this.#log.warn({ epoch, told: told.epoch, members: members.length }, 'a later view was adopted')
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
    this.#known = registry
    this.#metrics.epoch.set(registry.epoch)
    this.#metrics.members.set(registry.members.length)
    this.#watchers.wake(registry.epoch)
    return registry
  }
}
