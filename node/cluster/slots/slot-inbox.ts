/**
 * The receiving end of what the holders of slots tell each other.
 *
 * Whoever speaks of a slot as its owner must be that in the view of this member too, or is refused: so an owner of
 * the past, which does not know it yet, can acknowledge nothing behind the back of the present one.
 */
import type { Clock } from '../../../shared/clock.ts'
import type { Member } from '../../../shared/view.ts'
import { isLikewise } from '../../entries/digest.ts'
import type { SlotEntry } from '../../entries/entry.ts'
import type { CatchUp, Views } from '../members/members.ts'
import { gave } from '../peers/peers.ts'
import type {
  Check,
  Offer,
  SlotAnswer,
  SlotDigest,
  SlotRequest,
  SlotResponse,
  StreamItem,
} from '../wire/calls.ts'
import type { Departures } from './departures.ts'
import type { Doubts } from './doubts.ts'
import type { Holdings } from './holdings.ts'
import type { Repair } from './repair.ts'
import type { Replicator } from './replicator.ts'
import type { SlotSender, SlotStore } from './sender.ts'
import type { SlotPeers } from './slot-peers.ts'

export interface SlotInboxOptions {
  readonly views: Views
  readonly catchUp: CatchUp
  readonly store: SlotStore
  readonly memory: { readonly isFull: boolean }
  readonly clock: Clock
  readonly peers: SlotPeers
  readonly holdings: Holdings
  readonly doubts: Doubts
  readonly replicator: Replicator
  readonly sender: SlotSender
  readonly departures: Departures
  readonly repair: Repair
  /** Merges what another holder has; false where it was known already. */
  takeIn(entry: SlotEntry): boolean
}

export class SlotInbox {
  readonly #options: SlotInboxOptions

  constructor(options: SlotInboxOptions) {
    this.#options = options
  }

  async receive({ from, message, ...preamble }: SlotRequest): Promise<SlotResponse> {
    const { catchUp } = this.#options
    await catchUp.to(preamble)
    const answer = async (): Promise<readonly (readonly SlotAnswer[])[]> => {
      switch (message.type) {
        case 'stream':
          return message.items.map((item) => this.#follow(item, from))
        case 'give':
          return [[await this.#take(message.entries, from)]]
        case 'want':
          return [await this.#give(message.slots, from)]
        case 'lack':
          return [message.slots.map((slot) => this.#doubt(slot, from))]
        case 'offer':
          return [message.slots.map((offer) => this.#judge(offer))]
      }
    }
    const answers = await answer()
    return { ...catchUp.preambleFor(preamble.epoch), answers }
  }

  /** As a replica. */
  #follow(item: StreamItem, from: string): SlotAnswer[] {
    const { holdings, takeIn } = this.#options
    if ('checks' in item) return item.checks.map((check) => this.#compare(check, item, from))
    const isMeant = ({ slot }: SlotEntry) => this.#isOwner(slot, from) && holdings.roleOf(slot) === 'replica'
    if (!item.changes.every(isMeant)) return ['refused']
    for (const change of item.changes) takeIn(change)
    return ['merged']
  }

  #compare([slot, theirs]: SlotDigest, { isFull, isStrict }: Check, from: string): SlotAnswer {
    const { store, memory, holdings } = this.#options
    if (!this.#isOwner(slot, from)) return 'refused'
    const ours = store.digestOf(slot)
    const isSame = isStrict ? ours === theirs : isLikewise(ours, theirs, { isFull: isFull || memory.isFull })
    if (isSame) holdings.complete(slot)
    return isSame ? 'same' : 'differs'
  }

  /** As any holder. What is news to an owner is news to its replicas too. */
  async #take(entries: readonly SlotEntry[], from: string): Promise<SlotAnswer> {
    const { clock, holdings, peers, replicator, takeIn } = this.#options
    const sender = peers.find(from)
    if (sender !== undefined) gave(sender.contact, clock.now())
    if (entries.some(({ slot }) => holdings.roleOf(slot) === 'none')) return 'refused'
    const news = entries.filter((entry) => takeIn(entry))
    const owned = news.filter(({ slot }) => holdings.isOwn(slot))
    await replicator.merged(owned.map((entry) => [entry]))
    return 'merged'
  }

  /** To the owner, whatever differs; and whether this was all. */
  async #give(wanted: readonly SlotDigest[], from: string): Promise<SlotAnswer[]> {
    const { store, holdings, sender, departures } = this.#options
    const owner = this.#memberOf(from)
    const isMeant = (slot: number) => owner !== undefined && this.#isOwner(slot, from)
    // What it is worth is said of now: what comes later is not among what is given.
    const answers = wanted.map(([slot]): SlotAnswer => {
      if (!isMeant(slot)) return 'refused'
      if (!holdings.isComplete(slot)) return 'unready'
      return holdings.roleOf(slot) === 'none' ? 'former' : 'complete'
    })
    const differing = wanted.filter(
      ([slot, theirs]) => isMeant(slot) && store.holds(slot) && store.digestOf(slot) !== theirs,
    )
    const slots = differing.map(([slot]) => slot)
    if (owner === undefined || slots.length === 0) return answers
    const isTaken = await sender.send(slots, owner, { isUrgent: wanted.length === 1 })
    if (!isTaken) return wanted.map(() => 'refused')
    for (const slot of slots) departures.given(slot, from)
    return answers
  }

  /** As the owner. */
  #doubt(slot: number, from: string): SlotAnswer {
    const { holdings, doubts, repair } = this.#options
    const member = this.#memberOf(from)
    if (member === undefined || !holdings.isOwn(slot)) return 'refused'
    doubts.doubt(slot, from)
    repair.wakeSoon()
    return 'keep'
  }

  /** As the owner: what becomes of the copy of somebody who holds it no more. */
  #judge([slot, theirs, isGiven]: Offer): SlotAnswer {
    const { store, holdings, doubts } = this.#options
    if (holdings.roleOf(slot) !== 'owner') return 'refused'
    if (!holdings.isOwn(slot)) return 'keep'
    if (!isGiven && store.digestOf(slot) !== theirs) return 'send'
    return doubts.isSafe(slot) ? 'drop' : 'keep'
  }

  #isOwner(slot: number, incarnation: string): boolean {
    return this.#options.views.placed?.ownerOf(slot)?.incarnation === incarnation
  }

  #memberOf(incarnation: string): Member | undefined {
    return this.#options.views.placed?.view.members.find((member) => member.incarnation === incarnation)
  }
}
