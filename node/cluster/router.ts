/**
 * The one routing decision: a key's slot is mine, or another member's.
 *
 * What was surely not carried out, because the receiver does not own the slot or refused the connection, is
 * routed again by each newer view, and by no view twice. Nothing else is ever sent again.
 */
import type { Clock } from '../../shared/clock.ts'
import type { Command, Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { slotOf } from '../../shared/placement.ts'
import type { Member } from '../../shared/view.ts'
import type { Engine, ExecuteOptions } from '../engine.ts'
import type { ClusterMetrics } from './metrics.ts'
import type { PlacedView } from './placed-view.ts'

/** How long a command waits for the view that tells where it belongs now. */
const SETTLE_MAX_MS = 1000

/** Who tells which view is in force. */
export interface Views {
  readonly placed: PlacedView | undefined
  /** Resolves with the first view after this epoch, or at the deadline with the view there is. */
  after(epoch: number, deadlineAtMs: number): Promise<PlacedView | undefined>
}

export interface OtherMembers {
  of(member: Member): Engine
}

export interface RouterOptions {
  readonly self: Member
  readonly clock: Clock
  readonly local: Engine
  readonly peers: OtherMembers
  readonly views: Views
  readonly metrics: ClusterMetrics
}

export class Router implements Engine {
  readonly #options: RouterOptions

  constructor(options: RouterOptions) {
    this.#options = options
  }

  async execute(command: Command, options: ExecuteOptions): Promise<Reply> {
    const { views, clock, metrics } = this.#options
    const slot = slotOf(command.key)
    const settledByMs = Math.min(options.deadlineAtMs, clock.now() + SETTLE_MAX_MS)
    let placed = views.placed
    if (placed === undefined) throw new LarderError('NOT_READY', 'This member has not heard from uplink yet.')
    for (;;) {
      try {
        return await this.#engineOf(placed, slot).execute(command, options)
      } catch (error) {
        if (!(error instanceof LarderError) || !isSafeToRepeat(error)) throw error
        const newer = await views.after(placed.epoch, settledByMs)
        if (newer === undefined || newer.epoch === placed.epoch) throw error
        metrics.rerouted.inc({ code: error.code })
        placed = newer
      }
    }
  }

  #engineOf(placed: PlacedView, slot: number): Engine {
    const { self, local, peers } = this.#options
    const owner = placed.ownerOf(slot)
    if (owner === undefined) throw new LarderError('NOT_READY', 'The cluster has no member.')
    return owner.incarnation === self.incarnation ? local : peers.of(owner)
  }
}

function isSafeToRepeat({ code }: LarderError): boolean {
  return code === 'WRONG_OWNER' || code === 'REFUSED'
}
