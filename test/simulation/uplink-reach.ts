/** Whom a played uplink keeps out, or leaves out, as others do not reach it: its own verdicts, on looks in the played network. */
import type { Lease, Member, Renewal } from '../../shared/view.ts'
import { Outside } from '../../uplink/outside.ts'
import { Reachability } from '../../uplink/reachability.ts'
import { isLetIn } from '../../uplink/votes.ts'
import type { Looks } from './uplink-looks.ts'
import type { UplinkStore } from './uplink-store.ts'
import type { World } from './world.ts'

export interface UplinkReachOptions {
  readonly world: World
  readonly store: UplinkStore
  readonly leaseMs: number
  /** A member goes that lives. */
  leaveOut(member: Member, reason: string): void
}

export class UplinkReach {
  readonly #options: UplinkReachOptions
  readonly #looks: Looks
  readonly #reachability: Reachability
  readonly #outside: Outside
  readonly #looking = new Set<string>()

  constructor(options: UplinkReachOptions, looks: Looks) {
    const { world, leaseMs } = options
    this.#options = options
    this.#looks = looks
    this.#reachability = new Reachability(leaseMs)
    this.#outside = new Outside({ clock: { now: () => world.nowMs }, leaseMs })
  }

  /** What whoever renews is told besides. */
  get told(): Pick<Lease, 'suspects'> {
    const { suspects } = this.#reachability
    return suspects.length > 0 ? { suspects } : {}
  }

  hear(id: string, { incarnation, unreached = [], lacking }: Renewal): void {
    this.#options.store.reports.set(id, { incarnation, unreached, isLacking: lacking === true })
  }

  /** @throws LarderError NOT_REACHED */
  async letIn(member: Member): Promise<void> {
    this.#outside.refuse(member)
    const looks = await this.#looks.poll(member)
    if (!isLetIn(looks)) throw this.#keepOut(member, JSON.stringify(looks))
  }

  /** What there is to weigh now. */
  weigh(there: readonly Member[]): void {
    const { world, store, leaveOut } = this.#options
    const { registry, reports } = store
    const { unseen, leftOut } = this.#reachability.weigh({ registry, there, reports, nowMs: world.nowMs })
    for (const member of unseen) void this.#see(member, there)
    if (leftOut === undefined) return
    leaveOut(leftOut.member, leftOut.reason)
    this.#keepOut(leftOut.member, leftOut.reason)
  }

  async #see(member: Member, there: readonly Member[]): Promise<void> {
    const { incarnation, id } = member
    if (this.#looking.has(incarnation)) return
    this.#looking.add(incarnation)
    const others = there.filter((other) => other.id !== id)
    const isReached = await this.#looks.isReached(member, others)
    this.#reachability.note(member, { isReached, atMs: this.#options.world.nowMs })
    this.#looking.delete(incarnation)
  }

  #keepOut(member: Member, reason: string) {
    this.#options.world.tell(`uplink: ${member.incarnation} is kept out: ${reason}`)
    return this.#outside.keep(member, reason).refusal
  }
}
