/**
 * This member as a replica of slots: it follows what their owner tells, compares, and makes its copy like that of the owner
 * where it may be old.
 */
import type { Turns } from '../../../shared/turns.ts'
import type { Member } from '../../../shared/view.ts'
import { isLikewise } from '../../entries/digest.ts'
import type { SlotEntry } from '../../entries/entry.ts'
import { verbsOf } from '../../entries/kinds.ts'
import { isMeasured } from '../../entries/standing.ts'
import type { PlacedView, Views } from '../members/members.ts'
import type { Check, Mirrored, SlotAnswer, SlotDigest, SlotMessage, StreamItem } from '../wire/calls.ts'
import type { Departures } from './departures.ts'
import type { Hearsay } from './hearsay.ts'
import type { Holdings } from './holdings.ts'
import type { Mirroring } from './mirroring.ts'
import type { SlotSender, SlotStore } from './sender.ts'
import type { Standings } from './standings.ts'

type MirrorMessage = Extract<SlotMessage, { type: 'mirror' }>

export interface ReplicaOptions {
  readonly turns: Turns
  readonly views: Views
  readonly store: SlotStore
  readonly memory: { readonly isFull: boolean }
  readonly holdings: Holdings
  readonly departures: Departures
  readonly standings: Standings
  readonly mirroring: Mirroring
  readonly hearsay: Pick<Hearsay, 'note'>
  readonly sender: SlotSender
  /** Merges what another holder has. @returns what has changed by that. */
  takeIn(entry: SlotEntry): SlotEntry[]
}

export class Replica {
  readonly #options: ReplicaOptions

  constructor(options: ReplicaOptions) {
    this.#options = options
  }

  /** What its owner has told in this order. */
  *follow(item: StreamItem, from: string): Generator<void, SlotAnswer[]> {
    if ('checks' in item) return yield* this.#compareAll(item, from)
    const { takeIn, hearsay } = this.#options
    if (!item.changes.every(({ slot }) => this.#isMeant(slot, from))) return ['refused']
    for (const change of item.changes) {
      takeIn(change)
      hearsay.note(change)
      this.#claimIfAlone(change)
    }
    return ['merged']
  }

  /** Members that are taken for absent may have gone on with the slot. */
  #claimIfAlone({ slot, entry }: SlotEntry): void {
    const { views, standings } = this.#options
    if (views.placed?.hasAbsent === true) void standings.claim(slot, verbsOf(entry).claim(entry))
  }

  *#compareAll(item: Check, from: string): Generator<void, SlotAnswer[]> {
    const answers: SlotAnswer[] = []
    for (const check of item.checks) {
      answers.push(this.#compare(check, item, from))
      yield
    }
    return answers
  }

  #compare([slot, theirs]: SlotDigest, { isFull, isStrict }: Check, from: string): SlotAnswer {
    const { store, memory } = this.#options
    if (!this.#isMeant(slot, from)) return 'refused'
    const ours = store.digestOf(slot)
    const isSame = isStrict ? ours === theirs : isLikewise(ours, theirs, { isFull: isFull || memory.isFull })
    if (isSame) this.#agree(slot)
    return isSame ? 'same' : 'differs'
  }

  /** The owner has just what is here. */
  #agree(slot: number): void {
    const { holdings, mirroring } = this.#options
    mirroring.cancel(slot)
    this.#share(slot)
    holdings.complete(slot)
  }

  /** The owner has what is here; others may not, while they are taken for absent. */
  #share(slot: number): void {
    const { views, standings } = this.#options
    if (views.placed?.hasAbsent === false) standings.share(slot)
  }

  /** Its copy becomes like that of the owner, to whom goes first what only it may have. */
  async mirror({ slots, mirror }: MirrorMessage, from: string): Promise<SlotAnswer[]> {
    const { turns, store, mirroring, sender, views } = this.#options
    await turns.take('digests', store.digest(slots.map(([slot]) => slot)))
    const owner = memberOf(views.placed, from)
    if (owner === undefined) return slots.map(() => 'refused')
    const answers = slots.map((one) => this.#manner(one, from))
    const having = (answer: SlotAnswer) =>
      slots.flatMap(([slot], index) => (answers[index] === answer ? [slot] : []))
    const [mirrored, merged] = [having('mirror'), having('merge')]
    for (const slot of mirrored) {
      mirroring.cancel(slot)
      mirroring.begin(slot, mirror)
    }
    const areTaken =
      (await sender.send(mirrored, owner, { isUrgent: false, isClaim: true })) &&
      (await sender.send(merged, owner, { isUrgent: false }))
    if (!areTaken) return slots.map(() => 'refused')
    for (const slot of [...mirrored, ...merged]) if (!sender.setAside.has(slot, from)) this.#share(slot)
    return answers
  }

  #manner([slot, theirs, lapses, hasMissed]: Mirrored, from: string): SlotAnswer {
    const { store, standings } = this.#options
    if (!this.#isMeant(slot, from)) return 'refused'
    if (store.digestOf(slot) === theirs) {
      this.#agree(slot)
      return 'same'
    }
    const { asOf } = standings.of(slot)
    standings.learnLapses(slot, lapses)
    return isMeasured(asOf, lapses) && (asOf < Infinity || hasMissed) ? 'mirror' : 'merge'
  }

  async endMirror(slot: number, mirror: string): Promise<SlotAnswer> {
    const { mirroring } = this.#options
    const isMirrored = await mirroring.end(slot, mirror)
    if (isMirrored) mirroring.cancel(slot)
    return isMirrored ? 'merged' : 'refused'
  }

  /** Whether its owner, in the view of this member, tells a replica of it. */
  #isMeant(slot: number, from: string): boolean {
    const { views, holdings, departures } = this.#options
    if (holdings.roleOf(slot) !== 'replica' || departures.isGoing(slot)) return false
    return views.placed?.owns({ incarnation: from }, slot) === true
  }
}

export function memberOf(placed: PlacedView | undefined, incarnation: string): Member | undefined {
  return placed?.entryOf({ incarnation })
}
