/** What uplinks keep where all of them look, as they do with one Redis. */
import type { View } from '../../shared/view.ts'
import { EMPTY, type Registry, viewOf } from '../../uplink/registry.ts'
import type { Report } from '../../uplink/votes.ts'
import type { World } from './world.ts'

export class UplinkStore {
  readonly #world: World
  readonly #copies: number
  readonly #parked = new Set<() => void>()
  registry: Registry = EMPTY
  renewals = new Map<string, number>()
  reports = new Map<string, Report>()

  constructor(world: World, copies: number) {
    this.#world = world
    this.#copies = copies
  }

  get view(): View {
    return { ...viewOf(this.registry), copies: this.#copies }
  }

  become(registry: Registry): void {
    if (registry === this.registry) return
    this.registry = registry
    const members = registry.members.map(
      ({ incarnation, leaving }) => incarnation + (leaving ? ' (leaving)' : ''),
    )
    const awaited =
      this.view.last === undefined
        ? ''
        : `, after ${this.view.last.epoch}: ${this.view.last.members.join(' ')}`
    this.#world.tell(`uplink: epoch ${registry.epoch}: ${members.join(', ')}${awaited}`)
    for (const wake of this.#parked) wake()
  }

  keep(id: string): void {
    this.renewals.set(id, (this.renewals.get(id) ?? 0) + 1)
  }

  /** Resolves with the next view, or after this time. */
  async next(forMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#parked.add(resolve)
    const timer = this.#world.after(forMs, resolve)
    await promise
    timer.cancel()
    this.#parked.delete(resolve)
  }

  /** As a Redis does that is wiped. */
  forget(): void {
    this.registry = EMPTY
    this.renewals = new Map()
    this.reports = new Map()
  }
}
