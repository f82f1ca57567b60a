/** The members tell, each of what it owns, this one too. */
import type { Clock } from '../../shared/clock.ts'
import type { Member } from '../../shared/view.ts'
import type { FeedAnswer, FeedQuestion, Interest } from '../../shared/watching.ts'
import type { PlacedView } from '../cluster/members/members.ts'
import type { Ask, Origin, Part } from './origin.ts'
import { snapshotOf } from './snapshot.ts'
import type { Source } from './source.ts'

export interface OfMembersOptions {
  readonly self: Member
  readonly clock: Clock
  readonly source: Source
  placed(): PlacedView | undefined
  /** Of another member. */
  askPeer: Ask<Member>
}

export class OfMembers implements Origin<Member> {
  readonly #options: OfMembersOptions

  constructor(options: OfMembersOptions) {
    this.#options = options
  }

  get isReady(): boolean {
    return this.#options.placed() !== undefined
  }

  get tellers(): readonly Member[] {
    return this.#options.placed()?.members ?? []
  }

  readonly ask = (member: Member, question: FeedQuestion, timeoutMs: number): Promise<FeedAnswer> => {
    const { self, source, askPeer } = this.#options
    return member.incarnation === self.incarnation
      ? source.answer(question, self.incarnation)
      : askPeer(member, question, timeoutMs)
  }

  snapshotOf(interest: Interest): AsyncIterable<Part> {
    const { clock, placed } = this.#options
    return snapshotOf(interest, { clock, placed, ask: this.ask })
  }

  open(): void {}

  close(): void {}
}
