/**
 * The end of responses that are purged, on all members. Once it is acknowledged, nothing that was stored before is read again:
 * its stamp is later than that of whatever was acknowledged before, at any member; and all members have carried it out by
 * the view that is in force at the end.
 */
import type { Clock } from '../../shared/clock.ts'
import type { CommandOf, Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { mapAll } from '../../shared/eventual.ts'
import type { Member } from '../../shared/view.ts'
import type { Engine, ExecuteOptions } from '../engine.ts'
import type { StampClock } from '../entries/stamp.ts'
import type { Views } from './members/members.ts'

/** Another member, which shows its time and a later view with whatever it answers. */
export interface OtherMember extends Engine {
  ping(timeoutMs: number): Promise<void>
}

export interface PlacingViews extends Views {
  /** Whether a later one is known, which is about to be in force. */
  readonly isPlacing: boolean
}

export interface ResponseClearingOptions {
  readonly self: Member
  readonly clock: Clock
  readonly local: Engine
  readonly peers: { of(member: Member): OtherMember }
  readonly views: PlacingViews
  readonly stamps: Pick<StampClock, 'next'>
}

export class ResponseClearing {
  readonly #options: ResponseClearingOptions

  constructor(options: ResponseClearingOptions) {
    this.#options = options
  }

  async clear(asked: CommandOf<'responses.clear'>, options: ExecuteOptions): Promise<Reply> {
    const { self, clock, views, stamps } = this.#options
    const { deadlineAtMs } = options
    do {
      const { placed } = views
      if (placed === undefined) throw new LarderError('NOT_READY', 'This member is no member any more.')
      // Whoever has them is only away.
      if (placed.members.length === 0) throw new LarderError('NOT_READY', 'The cluster has no member.')
      const isSelf = ({ incarnation }: Member) => incarnation === self.incarnation
      const others = placed.members.filter((member) => !isSelf(member))
      await mapAll(others, (member) => this.#options.peers.of(member).ping(deadlineAtMs - clock.now()))
      const command = { ...asked, time: stamps.next(clock.wall()).time }
      await mapAll(placed.members, (member) =>
        this.#engineOf(member, isSelf(member)).execute(command, options),
      )
      // What was on its way from one owner to another may have been seen by neither: then all are told again.
      if (!views.isPlacing && views.placed?.order === placed.order) return { type: 'deleted', owner: self.id }
      if (views.isPlacing) await views.after(placed.order, deadlineAtMs)
    } while (clock.now() < deadlineAtMs)
    throw new LarderError('UNREACHABLE', 'The members change all the time: try again.')
  }

  #engineOf(member: Member, isSelf: boolean): Engine {
    const { local, peers } = this.#options
    return isSelf ? local : peers.of(member)
  }
}
