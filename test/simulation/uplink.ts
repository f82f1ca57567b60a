/**
 * Uplink, played over its pure registry: leases, challenges and reports as its registrar and lookout have them, with
 * probes that look at the simulated processes. It can be down, slow, cut off, and start again with or without what it
 * knew.
 */

import { LarderError } from '../../shared/errors.ts'
import type { Lease, Member, Renewal, View } from '../../shared/view.ts'
import { Observations } from '../../uplink/observations.ts'
import { isReached } from '../../uplink/registrar.ts'
import {
  adopt,
  EMPTY,
  isSame,
  isSettled,
  join,
  leave,
  memberOf,
  quiet,
  type Registry,
  seenAt,
  witnesses,
} from '../../uplink/registry.ts'
import type { Random } from '../durability/random.ts'
import type { Listener, Network } from './network.ts'
import type { World } from './world.ts'

export const UPLINK = 'uplink'
const WATCH_MAX_MS = 25_000
const ADMISSIONS_MAX = 3
const WITNESSES_MAX = 3
const REFUSED_MAX_MS = 300
const PROBE_MAX_MS = 1000

export interface UplinkOptions {
  readonly world: World
  readonly random: Random
  readonly network: Network
  readonly leaseMs: number
  readonly copies: number
  listenerAt(url: string): Listener | undefined
}

type Finding = 'here' | 'replaced' | 'refused' | 'silent' | 'through others'

export class FakeUplink {
  readonly #options: UplinkOptions
  readonly #probeMaxMs: number
  readonly #lookMs: number
  #registry: Registry = EMPTY
  #renewals = new Map<string, number>()
  #observations: Observations
  #examined = new Set<string>()
  #looks = new Map<string, Promise<Finding>>()
  #parked = new Set<() => void>()
  readonly #mourners = new Set<() => void>()
  /** Which process of uplink this is: what an earlier one had begun comes to nothing. */
  #life = 0
  isUp = true
  /** What it takes to answer, at the most. */
  slowMs = 0

  constructor(options: UplinkOptions) {
    this.#options = options
    const { leaseMs } = options
    this.#probeMaxMs = Math.min(leaseMs / 3, PROBE_MAX_MS)
    this.#lookMs = Math.min(leaseMs / 10, 250)
    this.#observations = new Observations(leaseMs)
    void this.#watchOut()
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
    const { epoch, members } = this.#registry
    return { epoch, copies: this.#options.copies, members }
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
    if (isEmpty) this.#registry = EMPTY
    if (isEmpty) this.#renewals = new Map()
    this.#observations = new Observations(this.#options.leaseMs)
    this.#examined = new Set()
    this.#looks = new Map()
    this.#parked = new Set()
    void this.#watchOut()
  }

  async renew(id: string, { epoch, members, url, incarnation, leaving }: Renewal): Promise<Lease> {
    if (epoch > this.#registry.epoch) {
      if (members === undefined) throw new LarderError('VIEW_WANTED', 'This uplink knows less.')
      this.#become(adopt(this.#registry, { epoch, members }))
    }
    await this.#admit({ id, url, incarnation, ...(leaving && { leaving }) })
    this.#keep(id)
    return { epoch: this.#registry.epoch, leaseMs: this.#options.leaseMs }
  }

  async watch(epoch: number): Promise<View> {
    if (this.#registry.epoch > epoch) return this.view
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#parked.add(resolve)
    const timer = this.#options.world.after(WATCH_MAX_MS, resolve)
    await promise
    timer.cancel()
    this.#parked.delete(resolve)
    return this.view
  }

  async report({ id, incarnation }: Member): Promise<void> {
    const member = memberOf(this.#registry, id)
    if (member?.incarnation !== incarnation) return
    const finding = await this.#look(member)
    if (isReached(finding)) this.#keep(id)
    if (finding === 'refused' || finding === 'replaced') this.leave(member, `dropped: ${finding}`)
  }

  leave({ id, incarnation }: Member, why = 'left'): void {
    const after = leave(this.#registry, id, incarnation)
    if (after !== this.#registry) this.#options.world.tell(`uplink: ${id} ${incarnation} is out: ${why}`)
    this.#become(after)
  }

  async #admit(member: Member): Promise<void> {
    for (let attempt = 0; attempt < ADMISSIONS_MAX; attempt++) {
      if (isSettled(this.#registry, member)) return
      const former = memberOf(this.#registry, member.id)
      if (former !== undefined && former.incarnation !== member.incarnation) {
        if (isReached(await this.#look(former))) throw new LarderError('ID_TAKEN', `${former.id} is alive`)
      }
      this.#become(join(this.#registry, member, former))
    }
    if (!isSettled(this.#registry, member)) throw new LarderError('ID_TAKEN', 'others ask for it too')
  }

  #become(registry: Registry): void {
    if (registry === this.#registry) return
    this.#registry = registry
    const members = registry.members.map(
      ({ incarnation, leaving }) => incarnation + (leaving ? ' (leaving)' : ''),
    )
    this.#options.world.tell(`uplink: epoch ${registry.epoch}: ${members.join(', ')}`)
    for (const wake of this.#parked) wake()
  }

  #keep(id: string): void {
    this.#renewals.set(id, (this.#renewals.get(id) ?? 0) + 1)
  }

  async #watchOut(): Promise<void> {
    const life = this.#life
    const { world, leaseMs } = this.#options
    while (life === this.#life) {
      this.#note()
      const forMs = leaseMs - this.#probeMaxMs - this.#lookMs
      for (const member of quiet(this.#observations.sightings, this.#registry, {
        nowMs: world.nowMs,
        forMs,
      })) {
        if (this.#examined.has(member.id)) continue
        this.#examined.add(member.id)
        void this.#examine(member, life).finally(() => this.#examined.delete(member.id))
      }
      await world.pause(this.#lookMs)
    }
  }

  #note(): void {
    const { nowMs } = this.#options.world
    this.#observations.note({ registry: this.#registry, renewals: this.#renewals, nowMs })
  }

  async #examine(member: Member, life: number): Promise<void> {
    const { world, leaseMs } = this.#options
    const lapsesAtMs = (seenAt(this.#observations.sightings, member) ?? world.nowMs) + leaseMs
    const finding = await this.#look(member)
    if (life !== this.#life) return
    if (isReached(finding)) return this.#keep(member.id)
    await world.pause(lapsesAtMs - world.nowMs)
    if (life !== this.#life) return
    this.#note()
    const lapsed = quiet(this.#observations.sightings, this.#registry, { nowMs: world.nowMs, forMs: leaseMs })
    if (lapsed.some((other) => isSame(other, member))) this.leave(member, `lapsed, ${finding}`)
  }

  #look(member: Member): Promise<Finding> {
    const underway = this.#looks.get(member.incarnation)
    if (underway !== undefined) return underway
    const look = this.#lookAnew(member).finally(() => this.#looks.delete(member.incarnation))
    this.#looks.set(member.incarnation, look)
    return look
  }

  async #lookAnew(member: Member): Promise<Finding> {
    const { world, random } = this.#options
    const askedAtMs = world.nowMs
    await world.pause(1 + random.below(10))
    const first = this.#seenFrom(UPLINK, member)
    if (first === 'here' || first === 'replaced') return first
    const whose = { of: member, max: WITNESSES_MAX }
    const asked = witnesses(this.#observations.sightings, this.#registry, whose)
    const halfMs = this.#probeMaxMs / 2
    if (first === 'silent') await world.pause(askedAtMs + halfMs - world.nowMs)
    await world.pause(1 + random.below(10))
    const found = asked.some(
      (witness) => this.#canAsk(witness) && this.#seenFrom(witness.id, member) === 'here',
    )
    if (found) return 'through others'
    const isAllAnswered = asked.every((witness) => this.#canAsk(witness))
    if (first === 'silent') await world.pause(halfMs)
    else if (!isAllAnswered) await world.pause(Math.min(halfMs, REFUSED_MAX_MS))
    return first === 'silent' ? this.#seenFrom(UPLINK, member) : first
  }

  #canAsk(witness: Member): boolean {
    return this.#seenFrom(UPLINK, witness) === 'here'
  }

  #seenFrom(from: string, { id, url, incarnation }: Member): Finding {
    const { network, listenerAt } = this.#options
    if (!network.isOpen(from, id) || !network.isOpen(id, from)) return 'silent'
    const listener = listenerAt(url)
    if (listener === undefined) return 'refused'
    if (!listener.host.isRunning) return 'silent'
    return listener.incarnation === incarnation ? 'here' : 'replaced'
  }
}
