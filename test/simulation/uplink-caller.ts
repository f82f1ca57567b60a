/** The calls of a member to uplink over the simulated network; one that fails gives up all others, as UplinkClient does. */
import type { Uplink } from '../../node/cluster/members/membership.ts'
import { LarderError } from '../../shared/errors.ts'
import type { Lease, Member, Renewal, View } from '../../shared/view.ts'
import type { Random } from '../durability/random.ts'
import type { Host } from './host.ts'
import type { Mutation } from './mutations.ts'
import type { Network } from './network.ts'
import type { FakeUplink } from './uplink.ts'
import type { World } from './world.ts'

const CALL_MAX_MS = 1000
const WATCH_MAX_MS = 35_000

export interface UplinkCallerOptions {
  readonly world: World
  readonly random: Random
  readonly id: string
  readonly host: Host
  readonly network: Network
  /** Asked one after the other, while one fails. */
  readonly uplinks: readonly FakeUplink[]
  readonly mutation: Mutation | undefined
}

export class UplinkCaller implements Uplink {
  readonly url = 'http://uplink'
  readonly #options: UplinkCallerOptions
  readonly #underWay = new Set<(error: Error) => void>()
  /** Grows with every one that is given up. */
  #current = 0
  #isStopped = false
  /** How many calls there were. */
  calls = 0

  constructor(options: UplinkCallerOptions) {
    this.#options = options
  }

  renew(id: string, renewal: Renewal): Promise<Lease> {
    const told = structuredClone(renewal)
    return this.#call(CALL_MAX_MS, (uplink) => uplink.renew(id, told))
  }

  watch(epoch: number): Promise<View> {
    return this.#call(WATCH_MAX_MS, (uplink) => uplink.watch(epoch))
  }

  view(): Promise<View> {
    return this.#call(CALL_MAX_MS, async (uplink) => uplink.view)
  }

  report(member: Member): Promise<void> {
    return this.#call(CALL_MAX_MS, (uplink) => uplink.report(member))
  }

  leave(member: Member): Promise<void> {
    return this.#call(CALL_MAX_MS, async (uplink) => uplink.leave(member))
  }

  stop(): void {
    this.#isStopped = true
    this.#abandon(new Error('stopped'))
  }

  /** Asks every uplink in turn until one answers; a watch asks only the current one. */
  async #call<T>(maxMs: number, ask: (uplink: FakeUplink) => Promise<T>): Promise<T> {
    const { uplinks } = this.#options
    for (let left = uplinks.length; ; left--) {
      const attempt = this.#current
      try {
        return await this.#ask(maxMs, ask)
      } catch (error) {
        if (error instanceof LarderError && error.status < 500) throw error
        if (attempt === this.#current) {
          this.#current++
          this.#abandon(new Error('uplink was given up'))
        }
        if (left <= 1 || maxMs === WATCH_MAX_MS || this.#isStopped) throw error
      }
    }
  }

  async #ask<T>(maxMs: number, ask: (uplink: FakeUplink) => Promise<T>): Promise<T> {
    const { host, uplinks } = this.#options
    const uplink = uplinks[this.#current % uplinks.length]
    if (uplink === undefined) throw new Error('there is no uplink')
    this.calls++
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#underWay.add(reject)
    const timer = host.after(maxMs, () => reject(new Error('uplink did not answer')))
    this.#send(uplink, ask, resolve, reject)
    try {
      return structuredClone(await promise)
    } finally {
      timer.cancel()
      this.#underWay.delete(reject)
    }
  }

  #send<T>(
    uplink: FakeUplink,
    ask: (uplink: FakeUplink) => Promise<T>,
    resolve: (answer: T) => void,
    reject: (error: unknown) => void,
  ) {
    const { world, random, id, host, network } = this.#options
    const back = (run: () => void) => network.carry(uplink.name, id, () => host.receive(run))
    network.carry(id, uplink.name, () => {
      const { life } = uplink
      if (!uplink.isUp) return back(() => reject(new Error('uplink is down')))
      world.after(random.below(10 * uplink.slowMs + 1) / 10, () => {
        if (life !== uplink.life) return back(() => reject(new Error('uplink has died')))
        const death = uplink.onDeath(() => back(() => reject(new Error('uplink has died'))))
        ask(uplink)
          .then(
            (answer) => death.isOver || back(() => resolve(answer)),
            (error) => death.isOver || back(() => reject(error)),
          )
          .finally(() => death.cancel())
      })
    })
  }

  #abandon(error: Error): void {
    for (const reject of [...this.#underWay]) reject(error)
    this.#underWay.clear()
  }
}
