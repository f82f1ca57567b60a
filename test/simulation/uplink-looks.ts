/** How an uplink looks at a member: itself, and through others that it reaches, as its probe does. */
import type { Outcome } from '../../shared/probe.ts'
import type { Member } from '../../shared/view.ts'
import type { Looks as PolledLooks } from '../../uplink/votes.ts'
import type { Random } from '../durability/random.ts'
import type { Listener, Network } from './network.ts'
import type { World } from './world.ts'

const REFUSED_MAX_MS = 300
const WITNESSES_MAX = 3
const GREETERS_MAX = 7
const OTHERS_MAX = 3
const POLL_MAX_MS = 700
const JUDGES_MS = 10_000

export type Finding = Outcome | 'through others'

export interface LooksOptions {
  readonly name: string
  readonly world: World
  readonly random: Random
  readonly network: Network
  readonly probeMaxMs: number
  listenerAt(url: string): Listener | undefined
  /** Through whom it may look, at the most. */
  witnesses(member: Member, max: number): readonly Member[]
}

export class Looks {
  readonly #options: LooksOptions
  readonly #looks = new Map<string, Promise<Finding>>()
  #reachedAtMs = -Infinity

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

  /** What it and some members find where one says that it is, which wants to become a member. */
  async poll(member: Member): Promise<PolledLooks> {
    const { world, random, name, probeMaxMs } = this.#options
    await world.pause(1 + random.below(10))
    const own = this.#own(member)
    const asked = this.#options.witnesses(member, GREETERS_MAX)
    const answering = asked.filter((witness) => this.#canAsk(witness))
    const others = answering.map(({ id }) => this.#seenFrom(id, member))
    const isSlow = answering.length < asked.length || [own, ...others].includes('silent')
    if (isSlow) await world.pause(Math.min(POLL_MAX_MS, probeMaxMs))
    world.tell(`${name} looks at ${member.incarnation}: ${own}, ${others}`)
    return { own, others, canJudge: world.nowMs - this.#reachedAtMs < JUDGES_MS }
  }

  async isReached(member: Member, others: readonly Member[]): Promise<boolean | undefined> {
    const { world, random, probeMaxMs } = this.#options
    await world.pause(1 + random.below(10))
    const looks = [member, ...others.slice(0, OTHERS_MAX)].map((each) => this.#own(each))
    if (looks.includes('silent')) await world.pause(probeMaxMs)
    const [isReached = false, ...areReached] = looks.map((found) => found === 'here')
    return isReached || areReached.includes(true) ? isReached : undefined
  }

  #own(member: Member): Outcome {
    const found = this.#seenFrom(this.#options.name, member)
    if (found === 'here') this.#reachedAtMs = this.#options.world.nowMs
    return found
  }

  async #lookAnew(member: Member): Promise<Finding> {
    const { world, random } = this.#options
    const askedAtMs = world.nowMs
    await world.pause(1 + random.below(10))
    const first = this.#seenFrom(this.#options.name, member)
    if (first === 'here') return first
    const asked = this.#options.witnesses(member, WITNESSES_MAX)
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

  #seenFrom(from: string, { id, url, incarnation }: Member): Outcome {
    const { network, listenerAt } = this.#options
    if (!network.isOpen(from, id) || !network.isOpen(id, from)) return 'silent'
    const listener = listenerAt(url)
    if (listener === undefined) return 'refused'
    if (!listener.host.isRunning) return 'silent'
    return listener.incarnation === incarnation ? 'here' : 'replaced'
  }
}
