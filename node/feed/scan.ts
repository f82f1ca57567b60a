/** What this member can tell of all that there is in slots that it owns: some at a time, on from a place. */
import { slotOf } from '../../shared/placement.ts'
import { slotsIn } from '../../shared/slot-set.ts'
import type { Interest, ScanPlace, There } from '../../shared/watching.ts'
import { idOf } from '../entries/entry.ts'
import type { Memory } from '../memory/memory.ts'
import { covers, toldTo } from './interest.ts'
import { bytesOfTold, reactionsPage, thereUnder } from './state.ts'

/** What is told at once. */
const BYTES_MAX = 256 * 2 ** 10
const ITEMS_MAX = 1000
/** Where few are meant, an answer says how far it has come. */
const LOOKED_MAX = 50_000
const REACTIONS_AT_ONCE = 500
/** Empty slots that are passed over in one step. */
const SLOTS_AT_ONCE = 256

export interface Scanned {
  readonly items: readonly There[]
  /** Where it goes on, here or at whoever owns the slot by then; without, all of it is told. */
  readonly next?: ScanPlace
}

export interface ScanOptions {
  readonly memory: Pick<Memory, 'slots' | 'keys'>
  readonly slots: string
  readonly interest: Interest
  readonly after?: ScanPlace | undefined
  /** Whether all of a slot is here, and owned. */
  isHere(slot: number): boolean
  now(): number
}

/** As steps. It ends before the first slot that is not here. */
export function* scanning(options: ScanOptions): Generator<void, Scanned> {
  const { slots, after, isHere } = options
  const found = new Found(options.interest)
  let passed = 0
  for (const slot of slotsIn(slots, after?.slot)) {
    if (!isHere(slot)) return { items: found.items, next: { slot } }
    const from = slot === after?.slot ? after : { slot }
    const next = (yield* inKeys(from, options, found)) ?? (yield* inContents(from, options, found))
    if (next !== undefined) return { items: found.items, next }
    if (++passed % SLOTS_AT_ONCE === 0) yield
  }
  return { items: found.items }
}

class Found {
  readonly items: There[] = []
  readonly #interest: Interest
  #bytes = 0
  looked = 0

  constructor(interest: Interest) {
    this.#interest = interest
  }

  add(there: There | undefined): void {
    if (there === undefined || toldTo(this.#interest, there) === undefined) return
    this.items.push(there)
    this.#bytes += bytesOfTold(there)
  }

  get isFull(): boolean {
    return this.#bytes >= BYTES_MAX || this.items.length >= ITEMS_MAX || this.looked >= LOOKED_MAX
  }
}

/** @returns where it goes on, if it is not done with them. */
function* inKeys(
  from: ScanPlace,
  options: ScanOptions,
  found: Found,
): Generator<void, ScanPlace | undefined> {
  const { memory, interest, isHere } = options
  const { slot, at, tie } = from
  const isMeant = interest.kinds.some((kind) => kind !== 'reaction')
  if (!isMeant || from.content !== undefined) return undefined
  const tell = (key: string) => {
    const entry = memory.slots.find(slot, idOf.key(key))
    found.add(entry && thereUnder(key, entry, options.now()))
  }
  if (interest.key !== undefined) {
    if (slotOf(interest.key) === slot) tell(interest.key)
    return undefined
  }
  if (!memory.keys.holds(slot)) return undefined
  const after = at === undefined ? undefined : { slot, at, ...(tie !== undefined && { tie }) }
  for (const part of memory.keys.of(slot, interest.prefix, { nowMs: options.now() }, after)) {
    if (!isHere(slot)) return from
    for (const { key, place } of part.keys) {
      tell(key)
      if (found.isFull) return place
    }
    found.looked += part.looked
    if (found.isFull) return part.upTo
    yield
  }
  return undefined
}

function* inContents(
  from: ScanPlace,
  { memory, interest, now }: ScanOptions,
  found: Found,
): Generator<void, ScanPlace | undefined> {
  const { slot, content: first = '', reaction, user } = from
  if (!interest.kinds.includes('reaction')) return undefined
  for (const id of memory.slots.contentsOf(slot)) {
    const content = id.slice(1)
    if (content < first || !covers(interest, content)) continue
    const isBegun = content === from.content && reaction !== undefined && user !== undefined
    for (let after = isBegun ? { reaction, user } : undefined; ; ) {
      const entry = memory.slots.find(slot, id)
      if (entry?.kind !== 'reactions') break
      const page = reactionsPage(content, entry, { nowMs: now(), most: REACTIONS_AT_ONCE, after })
      for (const there of page.items) found.add(there)
      if (page.next === undefined) break
      after = page.next
      if (found.isFull) return { slot, content, ...after }
      yield
    }
    if (found.isFull) return { slot, content: `${content}\0` }
  }
  return undefined
}
