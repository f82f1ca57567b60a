/**
 * Who holds a slot. Pure, and the same on every member.
 *
 * Slots are placed on members by rendezvous hashing (Thaler and Ravishankar, 1998): every member has a score for every
 * slot, and the highest ones hold it, the very highest as its owner. A member that joins takes only the slots it wins; one
 * that leaves gives up only its own, and the next in rank, which hold copies already, move up. So a placement is made from
 * the one before it wherever there is one.
 */
import { SLOTS } from './placement.ts'

/** Who holds each slot, of these members. */
export interface Placement {
  readonly memberIds: readonly string[]
  /** How many members hold each slot. */
  readonly width: number
  /** The holders of each slot as indexes into `memberIds`, the owner first, slot after slot in a row. */
  readonly holders: Uint16Array
  /** What the scores of each member are made of. */
  readonly seeds: Uint32Array
}

/** Scores that are made in one step: 2 to 3 ms. */
const STEP_SCORES = 2 ** 20

/**
 * Places every slot on as many as `copies` of the members, some slots a step. After a former placement, those who are new
 * are compared with the holders that are still there, and all members only for a slot that has lost a holder: a member
 * that comes or goes takes about 16381 scores then, however many there are.
 */
export function* placing(
  memberIds: readonly string[],
  copies: number,
  former?: Placement,
): Generator<void, Placement> {
  const width = Math.min(copies, memberIds.length)
  const { seeds, stayed, joined } = compare(memberIds, former)
  const holders = new Uint16Array(SLOTS * width)
  const ranking = new Ranking(memberIds, width, seeds)
  const formerWidth = former?.width ?? 0
  let stepEnds = STEP_SCORES
  for (let slot = 0; slot < SLOTS; slot++) {
    ranking.begin(slot)
    for (let place = slot * formerWidth; place < (slot + 1) * formerWidth; place++) {
      const index = stayed[former?.holders[place] ?? 0] ?? GONE
      if (index !== GONE) ranking.enter(index)
    }
    if (ranking.isFull) for (const index of joined) ranking.enter(index)
    else ranking.enterAll(slot)
    holders.set(ranking.members, slot * width)
    if (ranking.entered < stepEnds) continue
    yield
    stepEnds = ranking.entered + STEP_SCORES
  }
  return { memberIds, width, holders, seeds }
}

/** The same in one go. */
export function placed(memberIds: readonly string[], copies: number, former?: Placement): Placement {
  const steps = placing(memberIds, copies, former)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

/** The holders of each slot, as indexes into `memberIds`, the owner first, slot after slot in a row. */
export function placeSlots(memberIds: readonly string[], copies = 1): Uint16Array {
  return placed(memberIds, copies).holders
}

const GONE = -1

/** Where each of the former members stands now, and who is new. */
function compare(memberIds: readonly string[], former: Placement | undefined) {
  const indexes = new Map<string, number>()
  for (const [index, id] of memberIds.entries()) indexes.set(id, index)
  const seeds = new Uint32Array(memberIds.length)
  const stayed = Int32Array.from(former?.memberIds ?? [], (id, was) => {
    const index = indexes.get(id) ?? GONE
    if (index !== GONE) seeds[index] = former?.seeds[was] ?? 0
    indexes.delete(id)
    return index
  })
  for (const [id, index] of indexes) seeds[index] = hash(id)
  return { seeds, stayed, joined: Uint16Array.from(indexes.values()) }
}

/** The few highest in rank of the members that enter for a slot, by their indexes. */
export class Ranking {
  readonly members: Uint16Array
  readonly #scores: Float64Array
  readonly #memberIds: readonly string[]
  readonly #seeds: Uint32Array
  /** How many have entered, for all slots. */
  entered = 0
  #salt = 0
  #count = 0
  /** The score of the last of them, once there are so many. */
  #least = 0

  constructor(memberIds: readonly string[], width: number, seeds = seedsOf(memberIds)) {
    this.#memberIds = memberIds
    this.#seeds = seeds
    this.members = new Uint16Array(width)
    this.#scores = new Float64Array(width)
  }

  begin(slot: number): void {
    this.#salt = mix(slot + 1)
    this.#count = 0
    this.#least = 0
  }

  get isFull(): boolean {
    return this.#count === this.members.length
  }

  enter(index: number): void {
    const score = mix((this.#seeds[index] ?? 0) ^ this.#salt)
    this.entered++
    if (score >= this.#least) this.#insert(index, score)
  }

  /** All members for the slot; most come no further than the last of those there are. */
  enterAll(slot: number): void {
    this.begin(slot)
    const [seeds, salt] = [this.#seeds, this.#salt]
    let least = this.#least
    for (let index = 0; index < seeds.length; index++) {
      const score = mix((seeds[index] ?? 0) ^ salt)
      if (score < least) continue
      this.#insert(index, score)
      least = this.#least
    }
    this.entered += seeds.length
  }

  #insert(index: number, score: number): void {
    const { members } = this
    const scores = this.#scores
    let place = this.#count
    for (; place > 0; place--) {
      const [other = 0, otherScore = 0] = [members[place - 1], scores[place - 1]]
      if (!outranks(this.#memberIds, index, score, other, otherScore)) break
      if (place === members.length) continue
      members[place] = other
      scores[place] = otherScore
    }
    if (place === members.length) return
    members[place] = index
    scores[place] = score
    if (this.#count < members.length) this.#count++
    if (this.#count === members.length) this.#least = scores[this.#count - 1] ?? 0
  }
}

/** What the scores of members are made of; of very many it takes a while. */
export function seedsOf(memberIds: readonly string[]): Uint32Array {
  return Uint32Array.from(memberIds, hash)
}

/** All members, as indexes, in the order in which they would hold the slot. */
export function rankMembers(
  slot: number,
  memberIds: readonly string[],
  seeds = seedsOf(memberIds),
): number[] {
  const salt = mix(slot + 1)
  const scores = Float64Array.from(seeds, (seed) => mix(seed ^ salt))
  const order = memberIds.map((_, index) => index)
  return order.sort((one, other) =>
    outranks(memberIds, one, scores[one] ?? 0, other, scores[other] ?? 0) ? -1 : 1,
  )
}

/** The higher score; of two that are the same, the one whose name comes first. */
function outranks(
  memberIds: readonly string[],
  one: number,
  score: number,
  other: number,
  otherScore: number,
): boolean {
  return score === otherScore ? (memberIds[one] ?? '') < (memberIds[other] ?? '') : score > otherScore
}

/** FNV-1a over the UTF-8 bytes (Fowler, Noll, Vo), mixed: similar ids must not have similar seeds. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193)
  return mix(value)
}

/** The finalizer of MurmurHash3 (Appleby): every input bit flips each output bit with probability ½. */
function mix(value: number): number {
  let bits = value ^ (value >>> 16)
  bits = Math.imul(bits, 0x85ebca6b)
  bits ^= bits >>> 13
  bits = Math.imul(bits, 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
