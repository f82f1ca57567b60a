/** What is needed of another member by those who look after slots: to be told of changes, to be asked, and whether it answers. */
import type { Member } from '../../../shared/view.ts'
import type { Contact } from '../peers/peers.ts'
import type { SlotAnswer, SlotMessage, StreamItem } from '../wire/calls.ts'

export interface SlotPeer {
  readonly member: Member
  readonly contact: Contact
  /** What is told in this order arrives in it. @throws LarderError when it does not answer. */
  stream(item: StreamItem, deadlineAtMs: number): Promise<readonly SlotAnswer[]>
  /** One answer a slot; the signal calls it off. @throws LarderError when it does not answer. */
  ask(
    message: Exclude<SlotMessage, { type: 'stream' }>,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<readonly SlotAnswer[]>
}

export interface SlotPeers {
  of(member: Member): SlotPeer
  /** That life of a member, if anything was ever said to it. */
  find(incarnation: string): SlotPeer | undefined
}
