/** What is needed of other members by those who look after who there is: that they can be asked, and whether they answer. */
import type { Member } from '../../../shared/view.ts'
import type { Contact } from '../peers/peers.ts'

export interface MemberPeer {
  readonly contact: Contact
  /** Resolves when it answers at all. */
  ping(timeoutMs: number): Promise<void>
}

/** Those that anything was said to, and any other once it is asked for. */
export interface MemberPeers extends Iterable<MemberPeer> {
  of(member: Member): MemberPeer
}
