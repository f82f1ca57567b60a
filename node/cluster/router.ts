/**
 * The one routing decision: a key's slot is mine, or another member's. What is about no key is asked of all.
 *
 * What was surely not carried out, because the receiver does not own the slot or refused the connection, is
 * routed again by each newer view, and by no view twice; so is a read whose answer was lost, and a purge, as it does no harm
 * twice. No other write that may have been carried out is ever sent again.
 */
import type { Clock } from '../../shared/clock.ts'
import { type ClusterCommand, type Command, isWrite, type Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { type Eventual, isLater, mapAll } from '../../shared/eventual.ts'
import { slotOf } from '../../shared/placement.ts'
import type { Member } from '../../shared/view.ts'
import type { Engine, ExecuteOptions } from '../engine.ts'
import { mergeActivity } from '../entries/activity.ts'
import type { StampClock } from '../entries/stamp.ts'
import { KeyListing } from './key-listing.ts'
import type { PlacedView } from './members/members.ts'
import type { ClusterMetrics } from './metrics.ts'
import { type OtherMember, type PlacingViews, ResponseClearing } from './response-clearing.ts'

/** How long a command waits for the view that tells where it belongs now. */
const SETTLE_MAX_MS = 1000

export interface RouterOptions {
  readonly self: Member
  readonly clock: Clock
  readonly local: Engine
  readonly peers: { of(member: Member): OtherMember }
  readonly views: PlacingViews
  readonly metrics: ClusterMetrics
  readonly stamps: Pick<StampClock, 'next'>
}

export class Router implements Engine {
  readonly #options: RouterOptions
  readonly #keys: KeyListing
  readonly #responses: ResponseClearing

  constructor(options: RouterOptions) {
    this.#options = options
    this.#keys = new KeyListing({
      ...options,
      self: options.self.id,
      engineOf: (member) => this.#engineOf(member),
    })
    this.#responses = new ResponseClearing(options)
  }

  execute(command: Command, options: ExecuteOptions): Eventual<Reply> {
    const { placed } = this.#options.views
    if (placed === undefined)
      throw new LarderError('NOT_READY', 'This member is still starting: /readyz says why.')
    try {
      const reply = this.#attempt(placed, command, options)
      // As `orElse`, which would make two functions ready for every read that is answered at once.
      return isLater(reply) ? this.#orAgain(reply, placed, command, options) : reply
    } catch (error) {
      return this.#again(error, placed, command, options)
    }
  }

  #orAgain(
    reply: Promise<Reply>,
    tried: PlacedView,
    command: Command,
    options: ExecuteOptions,
  ): Promise<Reply> {
    return reply.catch((error) => this.#again(error, tried, command, options))
  }

  /** By each newer view, as long as that is safe and there comes one. @throws `error` otherwise. */
  async #again(error: unknown, tried: PlacedView, command: Command, options: ExecuteOptions): Promise<Reply> {
    const { clock, views, metrics } = this.#options
    const settledByMs = Math.min(options.deadlineAtMs, clock.now() + SETTLE_MAX_MS)
    let [failure, last] = [error, tried]
    for (;;) {
      if (!(failure instanceof LarderError) || !isSafeToRepeat(failure, command)) throw failure
      const newer = await views.after(last.order, settledByMs)
      if (newer === undefined || newer.order === last.order) throw failure
      metrics.rerouted.inc({ code: failure.code })
      try {
        return await this.#attempt(newer, command, options)
      } catch (thrown) {
        failure = thrown
        last = newer
      }
    }
  }

  #attempt(placed: PlacedView, command: Command, options: ExecuteOptions): Eventual<Reply> {
    if (!('key' in command)) return this.#gather(placed, command, options)
    const owner = placed.ownerOf(slotOf(command.key))
    if (owner === undefined) throw new LarderError('NOT_READY', 'The cluster has no member.')
    return this.#engineOf(owner).execute(command, options)
  }

  /** Asks every member: an answer without one of them would pass for the whole. */
  async #gather(placed: PlacedView, asked: ClusterCommand, options: ExecuteOptions): Promise<Reply> {
    if (asked.type === 'keys.list') return await this.#keys.page(placed, asked, options)
    if (asked.type === 'keys.clear') return await this.#keys.clear(asked, options)
    if (asked.type === 'responses.clear') return await this.#responses.clear(asked, options)
    if (asked.type === 'keys.scan' || asked.type === 'keys.forget')
      throw new TypeError(`${asked.type} is asked of one member`)
    const { members } = placed
    if (members.length === 0) throw new LarderError('NOT_READY', 'The cluster has no member.')
    const replies = await mapAll(members, (member) => this.#engineOf(member).execute(asked, options))
    const owner = this.#options.self.id
    const { limit, prefix = '' } = asked
    const lists = replies.map((reply) => (reply.type === 'activity' ? reply.contents : []))
    // A member of the former version knows of no prefix.
    const meant = lists.map((list) => list.filter(({ content }) => content.startsWith(prefix)))
    return { type: 'activity', contents: mergeActivity(meant, limit), owner }
  }

  #engineOf(member: Member): Engine {
    const { self, local, peers } = this.#options
    return member.incarnation === self.incarnation ? local : peers.of(member)
  }
}

/** What was surely not carried out; of reads, and of purges, also what may have been. */
function isSafeToRepeat({ code }: LarderError, command: Command): boolean {
  const isHarmless = !isWrite(command) || command.type === 'responses.clear'
  return code === 'WRONG_OWNER' || code === 'REFUSED' || (code === 'UNREACHABLE' && isHarmless)
}
