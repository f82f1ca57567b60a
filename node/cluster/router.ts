/**
 * The one routing decision: a key's slot is mine, or another member's. What is about no key is asked of all.
 *
 * What was surely not carried out, because the receiver does not own the slot or refused the connection, is
 * routed again by each newer view, and by no view twice; so is a read whose answer was lost. No write that may have
 * been carried out is ever sent again.
 */
import type { Clock } from '../../shared/clock.ts'
import { type ClusterCommand, type Command, isWrite, type Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { slotOf } from '../../shared/placement.ts'
import type { Member } from '../../shared/view.ts'
import type { Engine, ExecuteOptions } from '../engine.ts'
import { mergeActivity } from '../entries/activity.ts'
import type { PlacedView, Views } from './members/placed-view.ts'
import type { ClusterMetrics } from './metrics.ts'

/** How long a command waits for the view that tells where it belongs now. */
const SETTLE_MAX_MS = 1000

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

  execute(command: Command, options: ExecuteOptions): Promise<Reply> {
    const { placed } = this.#options.views
    if (placed === undefined)
      return Promise.reject(new LarderError('NOT_READY', 'This member is still starting: /readyz says why.'))
    return this.#attempt(placed, command, options).catch((error) => {
      const settledByMs = Math.min(options.deadlineAtMs, this.#options.clock.now() + SETTLE_MAX_MS)
      return this.#again(error, placed, command, { ...options, settledByMs })
    })
  }

  readNow(command: Command): Reply | undefined {
    const { views, self, local } = this.#options
    if (!('key' in command)) return undefined
    const owner = views.placed?.ownerOf(slotOf(command.key))
    return owner?.incarnation === self.incarnation ? local.readNow?.(command) : undefined
  }

  /** By each newer view, as long as that is safe and there comes one. */
  async #again(
    error: unknown,
    tried: PlacedView,
    command: Command,
    options: ExecuteOptions & { readonly settledByMs: number },
  ): Promise<Reply> {
    const { views, metrics } = this.#options
    if (!(error instanceof LarderError) || !isSafeToRepeat(error, command)) throw error
    const newer = await views.after(tried.order, options.settledByMs)
    if (newer === undefined || newer.order === tried.order) throw error
    metrics.rerouted.inc({ code: error.code })
    return await this.#attempt(newer, command, options).catch((failure) =>
      this.#again(failure, newer, command, options),
    )
  }

  #attempt(placed: PlacedView, command: Command, options: ExecuteOptions): Promise<Reply> {
    if (!('key' in command)) return this.#gather(placed, command, options)
    const owner = placed.ownerOf(slotOf(command.key))
    if (owner === undefined) return Promise.reject(new LarderError('NOT_READY', 'The cluster has no member.'))
    return this.#engineOf(owner).execute(command, options)
  }

  /** Asks every member: an answer without one of them would pass for the whole. */
  async #gather({ members }: PlacedView, command: ClusterCommand, options: ExecuteOptions): Promise<Reply> {
    const replies = await Promise.all(
      members.map((member) => this.#engineOf(member).execute(command, options)),
    )
    const owner = this.#options.self.id
    if (command.type === 'responses.clear') return { type: 'deleted', owner }
    const lists = replies.map((reply) => (reply.type === 'activity' ? reply.contents : []))
    return { type: 'activity', contents: mergeActivity(lists, command.limit), owner }
  }

  #engineOf(member: Member): Engine {
    const { self, local, peers } = this.#options
    return member.incarnation === self.incarnation ? local : peers.of(member)
  }
}

/** What was surely not carried out; of reads also what may have been. */
function isSafeToRepeat({ code }: LarderError, command: Command): boolean {
  return code === 'WRONG_OWNER' || code === 'REFUSED' || (code === 'UNREACHABLE' && !isWrite(command))
}
