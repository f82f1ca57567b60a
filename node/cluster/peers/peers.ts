/** The other members of the view, each with its connection and what is known of it; one that leaves the view is let go. */
import type { Member } from '../../../shared/view.ts'
import { Peer, type PeerOptions } from './peer.ts'

export { channelRoute, type FrameRow } from './channel-server.ts'
export { type Connection, HttpConnection } from './connection.ts'
export {
  type Contact,
  fellSilent,
  gave,
  hasStoppedGiving,
  isAbsent,
  isWaitedFor,
  noteRoll,
  type RollCall,
  rollCallOf,
  spoke,
} from './contact.ts'

export class Peers {
  readonly #options: PeerOptions
  readonly #peers = new Map<string, Peer>()
  /** The same, by the life of the member. */
  readonly #lives = new Map<string, Peer>()

  constructor(options: PeerOptions) {
    this.#options = options
  }

  /** The same peer for the same life of a member, connected when it is first needed. */
  of(member: Member): Peer {
    const known = this.#peers.get(member.id)
    if (known?.member.incarnation === member.incarnation && known.member.url === member.url) return known
    if (known !== undefined) this.#letGo(known)
    const peer = new Peer(member, this.#options)
    this.#peers.set(member.id, peer)
    this.#lives.set(member.incarnation, peer)
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

  [Symbol.iterator](): Iterator<Peer> {
    return this.#peers.values()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#peers.values()].map((peer) => peer.stop()))
  }

  #letGo(peer: Peer): void {
    const { id, incarnation } = peer.member
    this.#peers.delete(id)
    this.#lives.delete(incarnation)
    void peer.stop()
  }
}
