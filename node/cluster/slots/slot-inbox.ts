/**
 * The receiving end of what the holders of slots tell each other.
 *
 * Whoever speaks of a slot as its owner must be that in the view of this member too, or is refused: so an owner of
 * the past, which does not know it yet, can acknowledge nothing behind the back of the present one.
 */
import type { Clock } from '../../../shared/clock.ts'
import { mapAll } from '../../../shared/eventual.ts'
import type { SlotEntry } from '../../entries/entry.ts'
import { isMeasured } from '../../entries/standing.ts'
import type { CatchUp } from '../members/members.ts'
import { gave } from '../peers/peers.ts'
import type {
  Offer,
  SlotAnswer,
  SlotMessage,
  SlotRequest,
  SlotResponse,
  Wanted,
  Worth,
} from '../wire/calls.ts'
import { isLatest } from './arrival.ts'
import type { Departures } from './departures.ts'
import type { Doubts } from './doubts.ts'
import type { Repair } from './repair.ts'
import { memberOf, Replica, type ReplicaOptions } from './replica.ts'
import type { Replicator } from './replicator.ts'
import type { SlotPeers } from './slot-peers.ts'

type GiveMessage = Extract<SlotMessage, { type: 'give' }>
type StreamMessage = Extract<SlotMessage, { type: 'stream' }>
type WantMessage = Extract<SlotMessage, { type: 'want' }>

export interface SlotInboxOptions extends ReplicaOptions {
  readonly catchUp: CatchUp
  readonly clock: Clock
  readonly peers: SlotPeers
  readonly doubts: Doubts
  readonly replicator: Replicator
  readonly departures: Departures
  readonly repair: Repair
}

export class SlotInbox {
  readonly #options: SlotInboxOptions
  readonly #replica: Replica

  constructor(options: SlotInboxOptions) {
    this.#options = options
    this.#replica = new Replica(options)
  }

  async receive({ from, message, ...preamble }: SlotRequest): Promise<SlotResponse> {
    const { catchUp } = this.#options
    await catchUp.to(preamble)
    const answer = async (): Promise<readonly (readonly SlotAnswer[])[]> => {
      switch (message.type) {
        case 'stream':
          return await this.#options.turns.take('copies', this.#follow(message, from))
        case 'give':
          return [[await this.#take(message, from)]]
        case 'want':
          return [await this.#give(message, from)]
        case 'mirror':
          return [await this.#replica.mirror(message, from)]
        case 'mirrored':
          return [await mapAll(message.slots, (slot) => this.#replica.endMirror(slot, message.mirror))]
        case 'lack':
          return [message.slots.map((slot) => this.#doubt(slot, from))]
        case 'offer':
          return [await this.#judgeAll(message.slots)]
      }
    }
    const answers = await answer()
    return { ...catchUp.preambleFor(preamble), answers }
  }

  /** In the order in which it was told: whoever tells waits for the answer before it goes on. */
  *#follow({ items }: StreamMessage, from: string): Generator<void, SlotAnswer[][]> {
    const answers: SlotAnswer[][] = []
    for (const item of items) {
      answers.push(yield* this.#replica.follow(item, from))
      yield
    }
    return answers
  }

  /** As any holder. What is news to an owner is news to its replicas too. */
  async #take(message: GiveMessage, from: string): Promise<SlotAnswer> {
    const { clock, turns, peers, replicator } = this.#options
    const sender = peers.find(from)
    if (sender !== undefined) gave(sender.contact, clock.now())
    const { answer, owned } = await turns.take('hand-off', this.#takeAll(message))
    await replicator.merged(owned.map((entry) => [entry]))
    return answer
  }

  /** Up to the first of a slot that is held no more. */
  *#takeAll({ entries, mirror }: GiveMessage): Generator<void, { answer: SlotAnswer; owned: SlotEntry[] }> {
    const { holdings, departures, mirroring, takeIn } = this.#options
    const owned: SlotEntry[] = []
    const isHeld = ({ slot }: SlotEntry) => holdings.roleOf(slot) !== 'none' && !departures.isGoing(slot)
    if (!entries.every(isHeld)) return { answer: 'refused', owned }
    for (const entry of entries) {
      if (!isHeld(entry)) return { answer: 'refused', owned }
      const news = mirror !== undefined && mirroring.tell(entry, mirror) ? [] : takeIn(entry)
      owned.push(...news.filter(({ slot }) => holdings.isOwn(slot)))
      yield
    }
    return { answer: 'merged', owned }
  }

  /** To the owner, whatever differs, if all of it is here or if that has to do, else what only this copy may have; and what it is worth. */
  async #give({ slots: wanted, isAnyway, mirror = '' }: WantMessage, from: string): Promise<SlotAnswer[]> {
    const { turns, store, standings, departures, sender, views } = this.#options
    await turns.take('digests', store.digest(wanted.map(([slot]) => slot)))
    const owner = memberOf(views.placed, from)
    // What it is worth is said of now: what comes later is not among what is given.
    const answers = wanted.map((one): SlotAnswer => this.#worth(one, { isAnyway, from }))
    if (owner === undefined) return answers
    const isUrgent = wanted.length === 1
    const given = (how: Worth['how']) =>
      wanted.flatMap(([slot], index) => {
        const answer = answers[index]
        return typeof answer === 'object' && answer.how === how ? [slot] : []
      })
    const [mirrored, merged] = [given('mirrored'), given('merged')]
    const claimed = given('kept').filter((slot) => standings.of(slot).alone !== undefined)
    const areTaken =
      (await sender.send(mirrored, owner, { isUrgent, mirror })) &&
      (await sender.send(merged, owner, { isUrgent })) &&
      (await sender.send(claimed, owner, { isUrgent, isClaim: true }))
    if (!areTaken) return wanted.map(() => 'refused')
    for (const slot of [...mirrored, ...merged]) departures.given(slot, from)
    return answers
  }

  #worth(
    [slot, theirs, theirAsOf]: Wanted,
    { isAnyway, from }: { isAnyway: boolean; from: string },
  ): SlotAnswer {
    const { views, store, standings } = this.#options
    if (views.placed?.owns({ incarnation: from }, slot) !== true) return 'refused'
    const { asOf, lapses } = standings.of(slot)
    const worth = { asOf, lapses }
    if (store.digestOf(slot) === theirs) return { ...worth, how: 'same' }
    if (!isAnyway && !isLatest(asOf, views.placed)) return { ...worth, how: 'kept' }
    return { ...worth, how: theirAsOf < asOf && isMeasured(theirAsOf, lapses) ? 'mirrored' : 'merged' }
  }

  /** As the owner. */
  #doubt(slot: number, from: string): SlotAnswer {
    const { views, holdings, doubts, repair } = this.#options
    if (memberOf(views.placed, from) === undefined || !holdings.isOwn(slot)) return 'refused'
    doubts.doubt(slot, from)
    repair.wakeSoon()
    return 'keep'
  }

  async #judgeAll(offers: readonly Offer[]): Promise<SlotAnswer[]> {
    const { turns, store } = this.#options
    await turns.take('digests', store.digest(offers.map(([slot]) => slot)))
    return offers.map((offer) => this.#judge(offer))
  }

  /** As the owner: what becomes of the copy of somebody who holds it no more. */
  #judge([slot, theirs, isGiven, asOf, hasClaim]: Offer): SlotAnswer {
    const { store, holdings, doubts, standings } = this.#options
    if (holdings.roleOf(slot) !== 'owner') return 'refused'
    if (!holdings.isOwn(slot)) return 'keep'
    if (!isGiven && store.digestOf(slot) !== theirs) {
      if (!isMeasured(asOf, standings.of(slot).lapses)) return 'send'
      if (hasClaim) return 'claim'
    }
    return doubts.isSafe(slot) ? 'drop' : 'keep'
  }
}
