/**
 * What holders of slots say to each other in the former format, which knows nothing of what a copy is worth: a member of
 * this version and one of that before understand each other, and nobody takes an old copy for a whole one.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { FORMER } from '../../../../node/cluster/wire/format.ts'
import type { SlotAnswer, SlotMessage, Worth } from '../../../../node/cluster/wire/slots.ts'
import { counterWith } from '../../../../node/entries/counter.ts'
import type { SlotEntry } from '../../../../node/entries/entry.ts'
import {
  decodeSlotRequest,
  decodeSlotResponse,
  encodeSlotRequest,
  encodeSlotResponse,
  frameWriter,
} from './frames.ts'
import { formerEntries, message, plain } from './slot-messages.ts'

const said = { format: FORMER, epoch: 1, time: 2 }
const lapses = [{ from: 4, to: 5 }]

/** What is written of a message, behind who says it. */
function written(message: SlotMessage): unknown {
  const frame = encodeSlotRequest({ ...said, from: 'b-1', message })
  return JSON.parse(frame.toString('utf8', 5)).slice(4)
}

/** What a member of the version before says. */
function heard(type: string, items: unknown): SlotMessage {
  return decodeSlotRequest(frameWriter(FORMER).finish([1, 2, null, 'b-1', type, items])).message
}

function answered(...answers: readonly SlotAnswer[]): unknown {
  const frame = encodeSlotResponse({ ...said, answers: [answers] })
  return JSON.parse(frame.toString('utf8', 5))[3][0]
}

function understood(...answers: readonly string[]): readonly SlotAnswer[] {
  const frame = frameWriter(FORMER).finish([1, 2, null, [answers]])
  return decodeSlotResponse(frame).answers.flat()
}

/** A lifetime that was changed by itself is told as if all of it had been written then. */
function formerly(given: SlotEntry): SlotEntry {
  const { entry } = given
  if (entry.kind !== 'register' || entry.touched === undefined) return given
  const { touched: stamp, ...written } = entry
  return { ...given, entry: { ...written, stamp } }
}

describe('what holders of slots say in the former format', () => {
  it('is a slot and its digest where one is wanted, or is to be mirrored', () => {
    const want = ['want', [[3, 'd']]]
    expect(written({ type: 'want', slots: [[3, 'd', 6]], isAnyway: false })).to.deep.equal(want)
    expect(written({ type: 'mirror', slots: [[3, 'd', lapses, true]], mirror: 'm' })).to.deep.equal(want)
  })

  it('is an offer without what the copy is worth, and none at all once all was mirrored', () => {
    const offer = ['offer', [[3, 'd', true]]]
    expect(written({ type: 'offer', slots: [[3, 'd', true, 6, true]] })).to.deep.equal(offer)
    expect(written({ type: 'mirrored', slots: [3], mirror: 'm' })).to.deep.equal(['offer', []])
  })

  it('is a counter without what was folded, as that is in the tally that it went into', () => {
    const counted = { added: 5n, taken: 0n }
    const entry = counterWith({}, { 'b-2': counted, 'fold b-2 b-1': counted }, 0)
    const given = written({ type: 'give', entries: [{ slot: 3, id: 'vk', entry }] })
    expect(given).to.deep.equal(['give', [['counter', 'ck', 3, null, [['b-2', '5', '0']]]]])
  })

  it('is given to be merged, whatever it is given for', () => {
    fc.assert(
      fc.property(formerEntries, (entries) => {
        const given: SlotMessage = { type: 'give', entries, mirror: 'm' }
        const { message } = decodeSlotRequest(encodeSlotRequest({ ...said, from: 'b-1', message: given }))
        expect(plain(message)).to.deep.equal(plain({ type: 'give', entries: entries.map(formerly) }))
      }),
    )
  })

  it('can be said of everything that there is to say, and is the same from then on', () => {
    fc.assert(
      fc.property(message, (message) => {
        const again = (request: Buffer) => encodeSlotRequest(decodeSlotRequest(request))
        const once = again(encodeSlotRequest({ ...said, from: 'b-1', message }))
        expect(again(once).equals(once)).to.equal(true)
      }),
    )
  })
})

describe('what is heard in the former format', () => {
  it('wants all that there is, and has a copy that is worth nothing', () => {
    expect(heard('want', [[3, 'd']])).to.deep.equal({ type: 'want', isAnyway: true, slots: [[3, 'd', 0]] })
  })

  it('offers a copy that is as of no view, and may hold what no other does', () => {
    expect(heard('offer', [[3, 'd', false]])).to.deep.equal({
      type: 'offer',
      slots: [[3, 'd', false, 0, true]],
    })
  })

  it('is refused where nobody said it so in that format', () => {
    for (const [type, items] of [
      ['want', [[3, 'd', 6]]],
      ['offer', [[3, 'd', false, 6, true]]],
      ['take', []],
    ] as const)
      expect(() => heard(type, items), type).to.throw()
  })
})

describe('an answer in the former format', () => {
  const worth = (asOf: number, how: Worth['how'] = 'kept') => ({ asOf, lapses, how })

  it('says of a copy whether it has all, or had when it was held', () => {
    expect(answered(worth(Infinity, 'mirrored'), worth(6), worth(0))).to.deep.equal([
      'complete',
      'former',
      'unready',
    ])
    expect(understood('complete', 'former', 'unready')).to.deep.equal(
      [Infinity, 0, 0].map((asOf) => ({ asOf, lapses: [], how: 'merged' })),
    )
  })

  it('wants all where only a claim is wanted', () => {
    expect(answered('claim', 'send', 'drop', 'keep')).to.deep.equal(['send', 'send', 'drop', 'keep'])
  })

  it('is the same word where both formats have it', () => {
    const words = ['refused', 'merged', 'same', 'differs', 'drop', 'send', 'keep'] as const
    expect(answered(...words)).to.deep.equal(words)
    expect(understood(...words)).to.deep.equal(words)
  })
})
