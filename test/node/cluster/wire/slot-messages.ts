/** Whatever the holders of slots may tell each other. */
import fc from 'fast-check'
import type { SlotMessage } from '../../../../node/cluster/wire/slots.ts'
import { type Counter, counterWith } from '../../../../node/entries/counter.ts'
import type { Turned } from '../../../../node/entries/either.ts'
import type { Entry } from '../../../../node/entries/entry.ts'
import type { Limit } from '../../../../node/entries/limit.ts'
import { Reactions } from '../../../../node/entries/reactions.ts'
import type { Register } from '../../../../node/entries/register.ts'
import { TICKS_PER_MS } from '../../../../node/entries/stamp.ts'
import { LIFETIME_MAX_MS } from '../../../../shared/command.ts'
import { SLOTS } from '../../../../shared/placement.ts'
import { NOW } from './frames.ts'

export const text = fc.string({ unit: 'grapheme' })
const name = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.constantFrom('constructor', 'toString', '\0'),
)
const time = fc.nat({ max: NOW.wallMs * TICKS_PER_MS })
/** What is gone counts from now on where nobody can say since when, and so it does everywhere here. */
const gone = fc.constant(NOW.nowMs)
const endsAtMs = fc.oneof(
  fc.integer({ min: -LIFETIME_MAX_MS / 2, max: LIFETIME_MAX_MS / 2 }),
  fc.constant(Infinity),
)
const stamp = fc.record({ time, origin: text })
const value = fc.record(
  {
    contentType: text,
    body: fc.oneof(text, fc.uint8Array()),
    headers: fc.dictionary(fc.constantFrom('etag', 'x-dish', 'vary'), text).map((all) => ({ ...all })),
  },
  { requiredKeys: ['contentType', 'body'] },
)
const register = fc
  .oneof(
    fc.record({ stamp, touched: stamp, endsAtMs, value }, { requiredKeys: ['stamp', 'endsAtMs', 'value'] }),
    fc.record({ stamp, touched: stamp, endsAtMs: gone }, { requiredKeys: ['stamp', 'endsAtMs'] }),
  )
  .map((fields): Register => ({ kind: 'register', ...fields }))
/** Far more than 64 bits may have passed through. */
const many = fc.bigInt({ min: 0n, max: 2n ** 200n })
const counter = fc
  .record(
    {
      reset: fc.record({ time, origin: text, atMs: gone }),
      tallies: fc.dictionary(
        fc.constantFrom('a', 'b-1', 'c', 'void 1 0 c'),
        fc.record({ added: many, taken: many }),
      ),
    },
    { requiredKeys: ['tallies'] },
  )
  .map(({ reset, tallies }): Counter => counterWith({ reset }, { ...tallies }, NOW.nowMs))
/** With what only the current format tells. */
const noted = fc
  .record(
    { counter, last: stamp, end: fc.record({ endsAtMs, by: stamp }, { requiredKeys: ['endsAtMs'] }) },
    { requiredKeys: ['counter'] },
  )
  .map(({ counter, ...rest }): Counter => ({ ...counter, ...rest }))
const turned = fc.record({ register, counter: noted }).map((both): Turned => ({ kind: 'turned', ...both }))
const presence = fc
  .record({ reaction: name, user: name, time, endsAtMs, isGone: fc.boolean() })
  .map((one) => (one.isGone ? { ...one, endsAtMs: NOW.nowMs } : one))
const reactions = fc.array(presence, { maxLength: 6 }).map((all): Entry => Reactions.ofAll(all))

const slot = fc.nat({ max: SLOTS - 1 })
/** Of families that both formats name alike. */
const id = name.map((key) => `v${key}`)
const limit = fc
  .record({ last: stamp, fullAtMs: fc.integer({ min: -1000, max: 1000 }), reset: fc.option(stamp) })
  .map(({ last, fullAtMs, reset }): Limit => {
    return { kind: 'limit', last, fullAtMs, ...(reset && { reset: { ...reset, atMs: NOW.nowMs } }) }
  })
const entry = fc.record({ slot, id, entry: fc.oneof(register, noted, turned, limit, reactions) })
export const entries = fc.array(entry, { maxLength: 5 })
export const formerEntries = fc.array(
  fc.record({ slot, id, entry: fc.oneof(register, counter, reactions) }),
  {
    maxLength: 5,
  },
)
const digests = fc.array(fc.tuple(slot, text), { maxLength: 4 })
/** The place of a view in their order; there may be many within one epoch. */
const order = fc.oneof(fc.nat(), fc.double({ min: 0, max: 2 ** 51, noNaN: true }))
export const lapses = fc.array(fc.record({ from: order, to: order }), { maxLength: 3 })
export const message: fc.Arbitrary<SlotMessage> = fc.oneof(
  fc.record({
    type: fc.constant('stream' as const),
    items: fc.array(
      fc.oneof(
        fc.record({ changes: entries }),
        fc.record({ checks: digests, isFull: fc.boolean(), isStrict: fc.boolean() }),
      ),
      { maxLength: 3 },
    ),
  }),
  fc.record(
    { type: fc.constant('give' as const), entries, mirror: name },
    { requiredKeys: ['type', 'entries'] },
  ),
  fc.record(
    {
      type: fc.constant('want' as const),
      slots: fc.array(fc.tuple(slot, text, order), { maxLength: 4 }),
      isAnyway: fc.boolean(),
      mirror: name,
    },
    { requiredKeys: ['type', 'slots', 'isAnyway'] },
  ),
  fc.record({
    type: fc.constant('mirror' as const),
    slots: fc.array(fc.tuple(slot, text, lapses, fc.boolean()), { maxLength: 4 }),
    mirror: name,
  }),
  fc.record({
    type: fc.constant('mirrored' as const),
    slots: fc.array(slot, { maxLength: 4 }),
    mirror: name,
  }),
  fc.record({ type: fc.constant('lack' as const), slots: fc.array(slot, { maxLength: 4 }) }),
  fc.record({
    type: fc.constant('offer' as const),
    slots: fc.array(fc.tuple(slot, text, fc.boolean(), order, fc.boolean()), { maxLength: 4 }),
  }),
)
/** Bytes, numbers without an end and sets compare by what is in them. How long a response was to live, and when a counter was written last, is not always told. */
export function plain(something: unknown): unknown {
  if (something instanceof Reactions) return [...something].map(plain)
  if (something instanceof Uint8Array) return ['bytes', ...something]
  if (typeof something === 'bigint' || something === Infinity) return String(something)
  if (Array.isArray(something)) return something.map(plain)
  if (something === null || typeof something !== 'object') return something
  const told = Object.entries(something).filter(([key]) => key !== 'lifeMs' && key !== 'last')
  return Object.fromEntries(told.map(([key, one]) => [key, plain(one)]))
}
