/**
 * Uplink, played over its pure registry: leases, challenges and reports as its registrar and lookout have them, with
 * probes that look at the simulated processes. It can be down, slow, cut off, and start again with or without what it
 * knew.
 */

import { LarderError } from '../../shared/errors.ts'
import type { Lease, Member, Renewal, View } from '../../shared/view.ts'
import { Observations } from '../../uplink/observations.ts'
import { hear, lastFor, seesFork } from '../../uplink/past.ts'
import { isReached } from '../../uplink/probe.ts'
import {
  adopt,
  isNews,
  isSame,
  isSettled,
  join,
  leave,
  memberOf,
  quiet,
  seenAt,
  witnesses,
} from '../../uplink/registry.ts'
import type { Random } from '../durability/random.ts'
import type { Listener, Network } from './network.ts'
import { Looks } from './uplink-looks.ts'
import { UplinkReach } from './uplink-reach.ts'
import type { UplinkStore } from './uplink-store.ts'
import type { World } from './world.ts'

export const UPLINK = 'uplink'
const WATCH_MAX_MS = 25_000
const FOUNDING_MS = 700
const ADMISSIONS_MAX = 3
const PROBE_MAX_MS = 1000

export interface UplinkOptions {
  /** Its place in the network. */
  readonly name: string
  readonly store: UplinkStore
  readonly world: World
  readonly random: Random
  readonly network: Network
  readonly leaseMs: number
  listenerAt(url: string): Listener | undefined
}

export class FakeUplink {
  readonly #options: UplinkOptions
  readonly #probeMaxMs: number
  readonly #lookMs: number
  #observations: Observations
  #examined = new Set<string>()
  #looks: Looks
  #reach: UplinkReach
  readonly #mourners = new Set<() => void>()
  /** Which process of uplink this is: what an earlier one had begun comes to nothing. */
  #life = 0
  /** From then on whoever knows nothing may found a cluster. */
  #opensAtMs = 0
  isUp = true
  /** What it takes to answer, at the most. */
  slowMs = 0

  constructor(options: UplinkOptions) {
    this.#options = options
    const { leaseMs } = options
    this.#probeMaxMs = Math.min(leaseMs / 3, PROBE_MAX_MS)
    this.#lookMs = Math.min(leaseMs / 10, 250)
    this.#observations = new Observations(leaseMs)
    this.#looks = this.#newLooks()
    this.#reach = this.#newReach()
    void this.#watchOut()
  }

  get name(): string {
    return this.#options.name
  }

  get life(): number {
    return this.#life
  }

  /** Called should it die before this is called off; what it still answers then reaches nobody. */
  onDeath(mourn: () => void): { isOver: boolean; cancel(): void } {
    const death = { isOver: false, cancel: () => void this.#mourners.delete(end) }
    const end = () => {
      death.isOver = true
      mourn()
    }
    this.#mourners.add(end)
    return death
  }

  get view(): View {
    return this.#store.view
  }

  get #store(): UplinkStore {
    return this.#options.store
  }

  stop(): void {
    this.isUp = false
    this.#life++
    for (const mourn of this.#mourners) mourn()
    this.#mourners.clear()
  }

  start({ isEmpty }: { isEmpty: boolean }): void {
    this.#life++
    this.isUp = true
    if (isEmpty) this.#store.forget()
    if (isEmpty) this.#opensAtMs = this.#options.world.nowMs + FOUNDING_MS
    this.#observations = new Observations(this.#options.leaseMs)
    this.#examined = new Set()
    this.#looks = this.#newLooks()
    this.#reach = this.#newReach()
    void this.#watchOut()
  }

  async renew(id: string, renewal: Renewal): Promise<Lease> {
    const { epoch, members, last, url, incarnation, leaving, formats } = renewal
    if (isNews(this.#store.registry, id, epoch)) {
      if (members === undefined) throw new LarderError('VIEW_WANTED', 'This uplink knows less.')
      this.#store.become(adopt(this.#store.registry, { epoch, members }))
    }
    if (last !== undefined) this.#store.become(hear(this.#store.registry, last))
    this.#store.become(seesFork(this.#store.registry, { id, incarnation }, epoch))
    if (this.#store.registry.members.length === 0 && this.#options.world.nowMs < this.#opensAtMs)
      throw new LarderError('NOT_READY', 'This uplink has just been started.')
    const untold = lastFor(this.#store.registry, renewal)
    await this.#admit({ id, url, incarnation, ...(leaving && { leaving }), ...(formats && { formats }) })
    this.#store.keep(id)
    this.#reach.hear(id, renewal)
    const known = { epoch: this.#store.registry.epoch, ...(untold && { last: untold }) }
    return { ...known, leaseMs: this.#options.leaseMs, ...this.#reach.told }
  }

  async watch(epoch: number): Promise<View> {
    if (this.#store.registry.epoch > epoch) return this.view
    await this.#store.next(WATCH_MAX_MS)
    return this.view
  }

  async report({ id, incarnation }: Member): Promise<void> {
    const member = memberOf(this.#store.registry, id)
    if (member?.incarnation !== incarnation) return
    const finding = await this.#looks.at(member)
    if (isReached(finding)) this.#store.keep(id)
    if (finding === 'refused' || finding === 'replaced') this.leave(member, `dropped: ${finding}`)
  }

  leave({ id, incarnation }: Member, why = 'left'): void {
    const after = leave(this.#store.registry, id, incarnation)
    if (after !== this.#store.registry)
      this.#options.world.tell(`uplink: ${id} ${incarnation} is out: ${why}`)
    this.#store.become(after)
  }

  async #admit(member: Member): Promise<void> {
    for (let attempt = 0; attempt < ADMISSIONS_MAX; attempt++) {
      if (isSettled(this.#store.registry, member)) return
      const former = memberOf(this.#store.registry, member.id)
      if (!isSame(former, member) && !member.leaving && attempt === 0) await this.#reach.letIn(member)
      if (former !== undefined && former.incarnation !== member.incarnation) {
        if (isReached(await this.#looks.at(former)))
          throw new LarderError('ID_TAKEN', `${former.id} is alive`)
      }
      this.#store.become(join(this.#store.registry, member, former))
    }
    if (!isSettled(this.#store.registry, member)) throw new LarderError('ID_TAKEN', 'others ask for it too')
  }

  async #watchOut(): Promise<void> {
    const life = this.#life
    const { world, leaseMs } = this.#options
    while (life === this.#life) {
      this.#note()
      const forMs = leaseMs - this.#probeMaxMs - this.#lookMs
      for (const member of this.#quiet(forMs)) {
        if (this.#examined.has(member.id)) continue
        this.#examined.add(member.id)
        void this.#examine(member, life).finally(() => this.#examined.delete(member.id))
      }
      const lapsed = this.#quiet(leaseMs)
      this.#reach.weigh(this.#store.registry.members.filter((member) => !lapsed.includes(member)))
      await world.pause(this.#lookMs)
    }
  }

  #note(): void {
    const { nowMs } = this.#options.world
    this.#observations.note({ registry: this.#store.registry, renewals: this.#store.renewals, nowMs })
  }

  async #examine(member: Member, life: number): Promise<void> {
    const { world, leaseMs } = this.#options
    const lapsesAtMs = (seenAt(this.#observations.sightings, member) ?? world.nowMs) + leaseMs
    const finding = await this.#looks.at(member)
    if (life !== this.#life) return
    if (isReached(finding)) return this.#store.keep(member.id)
    await world.pause(lapsesAtMs - world.nowMs)
    if (life !== this.#life) return
    this.#note()
    if (this.#quiet(leaseMs).some((other) => isSame(other, member))) this.leave(member, `lapsed, ${finding}`)
  }

  #quiet(forMs: number): Member[] {
    const { nowMs } = this.#options.world
    return quiet(this.#observations.sightings, this.#store.registry, { nowMs, forMs })
  }

  #newLooks(): Looks {
    return new Looks({
      ...this.#options,
      probeMaxMs: this.#probeMaxMs,
      witnesses: (of, max) => witnesses(this.#observations.sightings, this.#store.registry, { of, max }),
    })
  }

  #newReach(): UplinkReach {
    const leaveOut = (member: Member, reason: string) => this.leave(member, `left out: ${reason}`)
    return new UplinkReach({ ...this.#options, leaveOut }, this.#looks)
  }
}
