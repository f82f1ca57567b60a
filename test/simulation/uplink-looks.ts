/** How an uplink looks at a member: itself, and through others that it reaches, as its probe does. */
import type { Member } from '../../shared/view.ts'
import type { Random } from '../durability/random.ts'
import type { Listener, Network } from './network.ts'
import type { World } from './world.ts'

const REFUSED_MAX_MS = 300

export type Finding = 'here' | 'replaced' | 'refused' | 'silent' | 'through others'

export interface LooksOptions {
  readonly name: string
  readonly world: World
  readonly random: Random
  readonly network: Network
  readonly probeMaxMs: number
  listenerAt(url: string): Listener | undefined
  /** Through whom it may look. */
  witnesses(member: Member): readonly Member[]
}

export class Looks {
  readonly #options: LooksOptions
  readonly #looks = new Map<string, Promise<Finding>>()

  constructor(options: LooksOptions) {
    this.#options = options
  }

  at(member: Member): Promise<Finding> {
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
    const first = this.#seenFrom(this.#options.name, member)
    if (first === 'here' || first === 'replaced') return first
    const asked = this.#options.witnesses(member)
    const halfMs = this.#options.probeMaxMs / 2
    if (first === 'silent') await world.pause(askedAtMs + halfMs - world.nowMs)
    await world.pause(1 + random.below(10))
    const found = asked.some(
      (witness) => this.#canAsk(witness) && this.#seenFrom(witness.id, member) === 'here',
    )
    if (found) return 'through others'
    const isAllAnswered = asked.every((witness) => this.#canAsk(witness))
    if (first === 'silent') await world.pause(halfMs)
    else if (!isAllAnswered) await world.pause(Math.min(halfMs, REFUSED_MAX_MS))
    return first === 'silent' ? this.#seenFrom(this.#options.name, member) : first
  }

  #canAsk(witness: Member): boolean {
    return this.#seenFrom(this.#options.name, witness) === 'here'
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
