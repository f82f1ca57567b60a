/**
 * The other members of the view, each with its connection and what is known of it; one that leaves the view is let go. And
 * whoever is met: who has no format in common with this member is a stranger.
 */
import { pause, type Timer } from '../../../shared/clock.ts'
import { LarderError } from '../../../shared/errors.ts'
import type { Member } from '../../../shared/view.ts'
import {
  commonFormat,
  type ImpossibleError,
  type Introduction,
  introductionOf,
  UNKNOWN,
} from '../wire/calls.ts'
import type { Channel, FrameRow } from './channel.ts'
import type { Listening } from './connection.ts'
import { gave } from './contact.ts'
import { NOTHING_IN_COMMON } from './meeting.ts'
import { Peer, type PeerOptions } from './peer.ts'
import { Strangers } from './strangers.ts'
import { Transfers } from './transfers.ts'

export { type Addressee, refuseOthers } from './addressee.ts'
export type { FrameRow } from './channel.ts'
export { channelRoute } from './channel-route.ts'
export { type Connection, HttpConnection, type Listening } from './connection.ts'
export {
  type Contact,
  gave,
  hasStoppedGiving,
  isAbsent,
  isRefusing,
  isUnreached,
  noteRoll,
  type RollCall,
  rollCallOf,
} from './contact.ts'
export { isUnnamed } from './not-connected.ts'
export { recordsOf } from './record.ts'
export { AnotherLifeError, reasonNotTaken } from './refusal.ts'

const NO_ROWS: readonly FrameRow[] = []
/** How often it is seen to that the ways to all are open. */
const KEEP_MS = 1000
/** How long answers under way on channels that were opened from here may still take when this member stops. */
const CLOSE_MAX_MS = 1000
const LOOK_MS = 10

export class Peers {
  readonly #options: PeerOptions
  readonly #strangers: Strangers
  /** What comes, or is taken, in parts. */
  readonly transfers: Transfers
  readonly #peers = new Map<string, Peer>()
  /** The same, by the life of the member. */
  readonly #lives = new Map<string, Peer>()
  /** What each life of a member has opened here: it can be asked on that as well. */
  readonly channels = new Map<string, Channel>()
  readonly #opened = new Set<Channel>()
  /** What is answered on channels; to be told before the first member is. */
  answering: Listening['answering'] = { rows: NO_ROWS, questionBytesMax: 0 }
  #keeping: Timer | undefined

  constructor(options: Omit<PeerOptions, 'strangers'>) {
    const { formats } = introductionOf(options.self)
    this.#strangers = new Strangers({ ...options, formats })
    const { clock } = options
    this.transfers = new Transfers({
      clock,
      heard: (format, from) => this.heard(format, from),
      onPart: (life) => this.#gave(life, clock.now()),
    })
    this.#options = { ...options, strangers: this.#strangers }
  }

  /** The same peer for the same life of a member, connected when it is first needed. */
  of(member: Member): Peer {
    const known = this.#peers.get(member.id)
    if (known?.member.incarnation === member.incarnation && known.member.url === member.url) return known
    if (known !== undefined) this.#letGo(known)
    const { incarnation } = member
    const takenFrom = () => this.channels.get(incarnation)
    const peer: Peer = new Peer(member, this.#options, {
      answering: this.answering,
      opened: this.#opened,
      get taken() {
        // Who reaches this member may not be reached: that is to be found out where it has failed to answer.
        return peer.contact.failure === undefined ? takenFrom() : undefined
      },
    })
    this.#peers.set(member.id, peer)
    this.#lives.set(incarnation, peer)
    return peer
  }

  /** The peer that is this life of a member, where there is one. */
  find(incarnation: string): Peer | undefined {
    return this.#lives.get(incarnation)
  }

  /** Lets go of everyone who is not among these. */
  retain(members: readonly Member[]): void {
    const ids = new Set(members.map(({ id }) => id))
    for (const [id, peer] of this.#peers) if (!ids.has(id)) this.#letGo(peer)
  }

  /**
   * Meets all of these, and keeps the ways to them open from now on, so that no request waits for a connection, and whoever
   * is not understood is known before it is needed.
   */
  keep(members: readonly Member[]): void {
    for (const other of this.#othersOf(members)) void this.of(other).keep()
    this.#keeping ??= this.#options.clock.every(KEEP_MS, () => {
      for (const peer of this) void peer.keep()
    })
  }

  /** Of these: whom it was not tried yet to reach. */
  untried(members: readonly Member[]): Member[] {
    return this.#othersOf(members).filter((other) => this.find(other.incarnation)?.isTried !== true)
  }

  /** Another member has sent a frame of this format. @throws LarderError NOT_UNDERSTOOD where this one does not speak it. */
  heard(format: number, from = UNKNOWN): void {
    const { formats } = introductionOf(this.#options.self)
    if (formats.includes(format)) return
    this.#strangers.note({
      id: from,
      version: UNKNOWN,
      formats: [format],
      reason: 'it speaks without having met this member',
    })
    throw new LarderError(
      'NOT_UNDERSTOOD',
      `That is of format ${format}: this member speaks ${formats.join(', ')}.`,
    )
  }

  /** Another member has said something of a time that cannot be: nothing of that is taken in. */
  disbelieved({ message: reason }: ImpossibleError, from = UNKNOWN): LarderError {
    this.#options.metrics.disbelieved.inc({ peer: from })
    this.#strangers.note({ id: from, version: UNKNOWN, formats: [], reason, isOfClock: true })
    return new LarderError('IMPOSSIBLE', `That speaks of ${reason}.`)
  }

  /** Another member introduces itself. @returns how this one does. */
  metBy(other: Introduction): Introduction {
    const own = introductionOf(this.#options.self)
    const isUnderstood = commonFormat(own.formats, other.formats) !== undefined
    if (isUnderstood) this.#strangers.understood(other)
    else this.#strangers.note({ ...other, reason: NOTHING_IN_COMMON })
    return own
  }

  [Symbol.iterator](): Iterator<Peer> {
    return this.#peers.values()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#keeping?.cancel()
    this.transfers.stop()
    await Promise.all([...this.#peers.values()].map((peer) => peer.stop()))
    await this.#closeOpened()
  }

  async #closeOpened(): Promise<void> {
    const { clock } = this.#options
    const untilMs = clock.now() + CLOSE_MAX_MS
    for (const channel of this.#opened) channel.close()
    while (this.#opened.size > 0 && clock.now() < untilMs) await pause(clock, LOOK_MS)
    for (const channel of this.#opened) channel.cut(new Error('this member stops'))
  }

  #othersOf(members: readonly Member[]): Member[] {
    return members.filter(({ incarnation }) => incarnation !== this.#options.self.incarnation)
  }

  /** A part of something large may be a part of a slot. */
  #gave(life: string, nowMs: number): void {
    const peer = this.find(life)
    if (peer !== undefined) gave(peer.contact, nowMs)
  }

  #letGo(peer: Peer): void {
    const { id, incarnation } = peer.member
    this.#peers.delete(id)
    this.#lives.delete(incarnation)
    void peer.stop()
  }
}
