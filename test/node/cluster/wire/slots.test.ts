/** What holders of slots tell each other: every state survives the way, and nothing broken gets in. */
import { expect } from 'chai'
import fc from 'fast-check'
import { bytesOfEntries } from '../../../../node/cluster/wire/entry.ts'
import { CURRENT } from '../../../../node/cluster/wire/format.ts'
import type { SlotAnswer, Worth } from '../../../../node/cluster/wire/slots.ts'
import type { SlotEntry } from '../../../../node/entries/entry.ts'
import { SLOTS } from '../../../../shared/placement.ts'
import {
  decodeSlotRequest,
  decodeSlotResponse,
  encodeSlotRequest,
  encodeSlotResponse,
  frameWriter,
  HEAD,
} from './frames.ts'
import { entries, lapses, message, plain, text } from './slot-messages.ts'

const said = { format: CURRENT, epoch: 1, time: 1 }
const view = {
  epoch: 9,
  copies: 2,
  members: [{ id: 'b', url: 'http://b', incarnation: 'b-1', since: 4, leaving: true as const }],
}

interface Said {
  readonly isAnyway?: unknown
  readonly mirror?: unknown
  readonly rest?: Buffer
}

function frameOf(
  type: string,
  items: unknown,
  { isAnyway = false, mirror = 'm', rest = Buffer.alloc(0) }: Said = {},
): Buffer {
  return Buffer.concat([frameWriter(CURRENT).finish([...HEAD, 'a', type, items, isAnyway, mirror]), rest])
}

describe('what holders of slots tell each other', () => {
  it('arrives as it was, whatever the entries hold', () => {
    fc.assert(
      fc.property(message, fc.nat(), text, (message, epoch, from) => {
        const request = { ...said, epoch, view, from, message }
        expect(plain(decodeSlotRequest(encodeSlotRequest(request)))).to.deep.equal(plain(request))
      }),
      { numRuns: 300 },
    )
  })

  it('weighs no more than it is taken for', () => {
    fc.assert(
      fc.property(entries, (some) => {
        const frame = encodeSlotRequest({
          ...said,
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
        expect(frame.length).to.be.at.most(bytesOfEntries(some) * 2 + slack)
      }),
    )
  })

  it('is answered with every answer that there is', () => {
    const answers: SlotAnswer[][] = [
      ['refused', 'merged', 'same'],
      [],
      ['differs', 'mirror', 'merge', 'drop', 'send', 'claim', 'keep'],
    ]
    const response = { ...said, epoch: 3, view, answers }
    expect(decodeSlotResponse(encodeSlotResponse(response))).to.deep.equal(response)
  })

  it('is answered with what a copy is worth, be it all or as of a view', () => {
    const asOf = fc.oneof(fc.nat(), fc.constant(Infinity))
    const how = fc.constantFrom<Worth['how'][]>('same', 'kept', 'merged', 'mirrored')
    fc.assert(
      fc.property(fc.record({ asOf, lapses, how }), (worth) => {
        const response = { ...said, answers: [[worth]] }
        expect(decodeSlotResponse(encodeSlotResponse(response))).to.deep.equal(response)
      }),
    )
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
      ...said,
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
    const register = ['register', 'va', 1, 1, 'a', null, 't', 'stew', null, null]
    const tombstone = ['register', 'va', 1, 1, 'a', 5]
    const counter = ['counter', 'va', 1, null, [['a', '1', '0']], [1, 'a'], [5]]
    const turned = ['turned', 'va', 1, register.slice(3), counter.slice(3)]
    const reactions = ['reactions', 'ra', 1, [['fire', 'Sam', 1, null, false]]]
    for (const entry of [register, tombstone, counter, turned, reactions])
      decodeSlotRequest(frameOf('give', [entry]))
    /** The same, but for one field. */
    const but = (entry: readonly unknown[], index: number, field: unknown) => entry.with(index, field)
    const entries = [
      but(counter, 5, [1]),
      but(counter, 6, 5),
      but(counter, 6, [5, 1]),
      but(turned, 3, counter.slice(3)),
      but(turned, 4, null),
      but(register, 0, 'list'),
      but(register, 1, ''),
      but(register, 2, SLOTS),
      but(register, 2, -1),
      but(register, 2, 1.5),
      but(register, 3, null),
      but(register, 4, 1),
      but(register, 5, '5'),
      but(register, 6, null),
      but(register, 7, null),
      but(register, 7, [true, 1]),
      but(register, 8, []),
      but(register, 8, { etag: 1 }),
      register.slice(0, 9),
      but(but(register, 8, {}), 9, 'long'),
      but(counter, 3, [1, 'a']),
      but(counter, 3, [1, 'a', 'then']),
      but(counter, 3, [1]),
      but(counter, 3, [1, 2]),
      but(counter, 4, 'stew'),
      but(counter, 4, [['a', '1.5', '0']]),
      but(counter, 4, [['a', '-1', '0']]),
      but(counter, 4, [['a', '', '0']]),
      but(counter, 4, [['a', 1, 0]]),
      but(reactions, 3, [['fire', 'Sam', 1, null]]),
      but(reactions, 3, [['fire', 'Sam', '1', null, false]]),
      { kind: 'counter' },
      null,
    ]
    const refused: [string, unknown][] = [
      ...entries.flatMap((entry): [string, unknown][] => [
        ['give', [entry]],
        ['stream', [[entry]]],
      ]),
      ['give', {}],
      ['stream', [{}]],
      ['stream', [{ checks: [[1]], isFull: false, isStrict: false }]],
      ['want', [['1', '', 0]]],
      ['want', [[1, '']]],
      ['want', [[1, '', -1]]],
      ['want', [[1, '', null]]],
      ['mirror', [[1, '', [], 0]]],
      ['mirror', [[1, '', [[1]], false]]],
      ['mirrored', [[1]]],
      ['lack', ['1']],
      ['offer', [[1, '', true]]],
      ['offer', [[1, '', true, 0, 1]]],
      ['take', []],
    ]
    for (const [type, items] of refused)
      expect(() => decodeSlotRequest(frameOf(type, items)), `${type} ${JSON.stringify(items)}`).to.throw()
    for (const said of [{ mirror: '' }, { mirror: 1 }, { isAnyway: null }])
      expect(() => decodeSlotRequest(frameOf('give', [], said)), JSON.stringify(said)).to.throw()
    for (const type of ['mirror', 'mirrored'])
      expect(
        () => decodeSlotRequest(frameOf(type, [], { mirror: null })),
        `${type} without a name`,
      ).to.throw()
    const broken = frameOf('give', [but(register, 7, [true, 1])], { rest: Buffer.of(0xff) })
    expect(() => decodeSlotRequest(broken), 'a text that is none').to.throw()
    for (const answers of [
      [['maybe']],
      [[[1, [], 'maybe']]],
      [[[1, 'same']]],
      [[['1', [], 'same']]],
      ['merged'],
      {},
    ])
      expect(() => decodeSlotResponse(frameWriter(CURRENT).finish([...HEAD, answers]))).to.throw()
  })

  it('is refused when it is damaged, or is what a member could have said', () => {
    const damaged = message.chain((message) => {
      const whole = encodeSlotRequest({ ...said, view, from: 'a', message })
      return fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([index, byte]) => {
        const frame = Buffer.from(whole)
        frame[index] = byte
        return frame
      })
    })
    fc.assert(
      fc.property(damaged, (frame) => {
        let request: ReturnType<typeof decodeSlotRequest>
        try {
          request = decodeSlotRequest(frame)
        } catch {
          return
        }
        expect(plain(decodeSlotRequest(encodeSlotRequest(request)))).to.deep.equal(plain(request))
      }),
      { numRuns: 500 },
    )
  })
})
