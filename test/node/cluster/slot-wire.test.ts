/** What holders of slots tell each other: every state survives the way, and nothing broken gets in. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  type Answer,
  decodeSlotRequest,
  decodeSlotResponse,
  encodeSlotRequest,
  encodeSlotResponse,
  type SlotMessage,
} from '../../../node/cluster/slot-wire.ts'
import { bytesOfWire } from '../../../node/cluster/wire-entry.ts'
import type { Entry, SlotEntry } from '../../../node/entries/entry.ts'
import { Reactions } from '../../../node/entries/reactions.ts'
import type { Register } from '../../../node/entries/register.ts'
import { SLOTS } from '../../../shared/placement.ts'

const text = fc.string({ unit: 'grapheme' })
const name = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.constantFrom('constructor', 'toString', '\0'),
)
const time = fc.nat({ max: 2 ** 53 - 1 })
const endsAtMs = fc.oneof(fc.nat(), fc.constant(Infinity), fc.double({ min: 0, noNaN: true }))
const value = fc.record(
  {
    contentType: text,
    body: fc.oneof(text, fc.uint8Array()),
    headers: fc.dictionary(fc.constantFrom('etag', 'x-dish', 'vary'), text).map((all) => ({ ...all })),
  },
  { requiredKeys: ['contentType', 'body'] },
)
const register = fc
  .record(
    { stamp: fc.record({ time, origin: text }), endsAtMs, value },
    { requiredKeys: ['stamp', 'endsAtMs'] },
  )
  .map((fields): Register => ({ kind: 'register', ...fields }))
/** Far more than 64 bits may have passed through. */
const many = fc.bigInt({ min: 0n, max: 2n ** 200n })
const counter = fc
  .record(
    {
      reset: fc.record({ time, origin: text }),
      tallies: fc.dictionary(fc.constantFrom('a', 'b-1', 'c'), fc.record({ added: many, taken: many })),
    },
    { requiredKeys: ['tallies'] },
  )
  .map((fields): Entry => ({ kind: 'counter', ...fields, tallies: { ...fields.tallies } }))
const presence = fc.record({ reaction: name, user: name, time, endsAtMs, isGone: fc.boolean() })
const reactions = fc.array(presence, { maxLength: 6 }).map((all): Entry => Reactions.ofAll(all))

const slot = fc.nat({ max: SLOTS - 1 })
const entry = fc.record({ slot, id: name, entry: fc.oneof(register, counter, reactions) })
const entries = fc.array(entry, { maxLength: 5 })
const digests = fc.array(fc.tuple(slot, text), { maxLength: 4 })
const message: fc.Arbitrary<SlotMessage> = fc.oneof(
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
  fc.record({ type: fc.constant('give' as const), entries }),
  fc.record({ type: fc.constant('want' as const), slots: digests }),
  fc.record({
    type: fc.constant('offer' as const),
    slots: fc.array(fc.tuple(slot, text, fc.boolean()), { maxLength: 4 }),
  }),
)
const view = {
  epoch: 9,
  copies: 2,
  members: [{ id: 'b', url: 'http://b', incarnation: 'b-1', since: 4, leaving: true as const }],
}

/** Bytes, numbers without an end and sets compare by what is in them. */
function plain(something: unknown): unknown {
  if (something instanceof Reactions) return [...something].map(plain)
  if (something instanceof Uint8Array) return ['bytes', ...something]
  if (typeof something === 'bigint' || something === Infinity) return String(something)
  if (Array.isArray(something)) return something.map(plain)
  if (something === null || typeof something !== 'object') return something
  return Object.fromEntries(Object.entries(something).map(([key, one]) => [key, plain(one)]))
}

function frameOf(head: unknown, rest = ''): Buffer {
  const bytes = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes, Buffer.from(rest)])
}

describe('what holders of slots tell each other', () => {
  it('arrives as it was, whatever the entries hold', () => {
    fc.assert(
      fc.property(message, fc.nat(), text, (message, epoch, from) => {
        const request = { epoch, time: 1, view, from, message }
        expect(plain(decodeSlotRequest(encodeSlotRequest(request)))).to.deep.equal(plain(request))
      }),
      { numRuns: 300 },
    )
  })

  it('weighs no more than it is taken for', () => {
    fc.assert(
      fc.property(entries, (some) => {
        const frame = encodeSlotRequest({
          epoch: 1,
          time: 1,
          from: 'a',
          message: { type: 'give', entries: some },
        })
        const headers = some.map(({ entry }) =>
          entry.kind === 'register'
            ? JSON.stringify(entry.value?.headers ?? '').length +
              6 * (entry.value?.contentType.length ?? 0) +
              6 * entry.stamp.origin.length
            : 0,
        )
        const slack = headers.reduce((sum, bytes) => sum + bytes, 200)
        expect(frame.length).to.be.at.most(bytesOfWire(some) * 2 + slack)
      }),
    )
  })

  it('is answered with every answer that there is', () => {
    const answers: Answer[][] = [
      ['refused', 'merged', 'same'],
      [],
      ['differs', 'complete', 'unready', 'drop', 'send', 'keep'],
    ]
    expect(decodeSlotResponse(encodeSlotResponse({ epoch: 3, time: 1, view, answers }))).to.deep.equal({
      epoch: 3,
      time: 1,
      view,
      answers,
    })
  })

  it('is refused when it is cut short, or is anything else', () => {
    const state: SlotEntry = {
      slot: 1,
      id: 'va',
      entry: {
        kind: 'register',
        stamp: { time: 1, origin: 'a' },
        value: { contentType: 't', body: 'stew' },
        endsAtMs: Infinity,
      },
    }
    const whole = encodeSlotRequest({
      epoch: 1,
      time: 1,
      from: 'a',
      message: { type: 'give', entries: [state] },
    })
    expect(decodeSlotRequest(whole).message).to.have.property('entries').with.lengthOf(1)
    for (let length = 0; length < whole.length; length++)
      expect(() => decodeSlotRequest(whole.subarray(0, length)), `${length} bytes`).to.throw()
    expect(() => decodeSlotRequest(Buffer.concat([whole, Buffer.of(0)]))).to.throw()
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(() => decodeSlotRequest(Buffer.from(bytes))).to.throw()
        expect(() => decodeSlotResponse(Buffer.from(bytes))).to.throw()
      }),
    )
  })

  it('is refused when no member would say it', () => {
    const register = { kind: 'register', slot: 1, id: 'va', time: 1, origin: 'a', endsAtMs: null }
    const counter = { kind: 'counter', slot: 1, id: 'ca', state: '{"tallies":[["a","1","0"]]}' }
    const reactions = { kind: 'reactions', slot: 1, id: 'ra', presences: [['fire', 'Sam', 1, null, false]] }
    const give = (entry: object) => ({ type: 'give', entries: [entry] })
    for (const entry of [register, counter, reactions])
      decodeSlotRequest(frameOf({ epoch: 1, time: 1, from: 'a', message: give(entry) }))
    const refused = [
      give({ ...register, slot: SLOTS }),
      give({ ...register, slot: -1 }),
      give({ ...register, slot: 1.5 }),
      give({ ...register, id: '' }),
      give({ ...register, time: null }),
      give({ ...register, body: { text: true, length: 1 }, contentType: 't' }),
      give({ ...counter, state: 'stew' }),
      give({ ...counter, state: '{}' }),
      give({ ...counter, state: '{"tallies":[["a","1.5","0"]]}' }),
      give({ ...reactions, presences: [['fire', 'Sam', 1, null]] }),
      give({ ...reactions, presences: [['fire', 'Sam', '1', null, false]] }),
      give({ ...register, kind: 'list' }),
      { type: 'stream', items: [{}] },
      { type: 'stream', items: [{ checks: [[1]], isFull: false, isStrict: false }] },
      { type: 'want', slots: [['1', '']] },
      { type: 'offer', slots: [[1, '']] },
      { type: 'take' },
    ]
    for (const message of refused)
      expect(
        () => decodeSlotRequest(frameOf({ epoch: 1, time: 1, from: 'a', message })),
        JSON.stringify(message),
      ).to.throw()
    const binary = give({ ...register, contentType: 't', body: { text: true, length: 1 } })
    const cut = Buffer.concat([frameOf({ epoch: 1, time: 1, from: 'a', message: binary }), Buffer.of(0xff)])
    expect(() => decodeSlotRequest(cut), 'a text that is none').to.throw()
  })
})
