/** What members tell each other of changes: what is said is what is heard, and nothing else is. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  decodeFeedRequest,
  decodeFeedResponse,
  encodeFeedRequest,
  encodeFeedResponse,
} from '../../../../node/cluster/wire/feed.ts'
import { CURRENT } from '../../../../node/cluster/wire/format.ts'
import {
  type FeedAnswer,
  type FeedQuestion,
  REASONS,
  type Told,
  WATCHED,
} from '../../../../shared/watching.ts'

const said = { format: CURRENT, epoch: 1, time: 2 }
const now = { nowMs: 10, wallMs: 1000 }
const text = fc.string({ unit: 'grapheme' })
const reason = fc.constantFrom(...REASONS)
const ttl = fc.option(
  fc.nat().map((ttlMs) => ({ ttlMs })),
  { nil: {} },
)
const who = { key: text, user: text, reaction: text, count: fc.nat() }
const there: fc.Arbitrary<Told> = fc.oneof(
  fc
    .tuple(
      fc.record({
        kind: fc.constant('value' as const),
        key: text,
        contentType: fc.constant('text/plain'),
        body: text,
        stamp: fc.record({ time: fc.nat(), origin: text }),
      }),
      ttl,
    )
    .map(([value, life]) => ({ ...value, ...life })),
  fc
    .tuple(
      fc.record({
        kind: fc.constant('counter' as const),
        key: text,
        value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }).map(String),
      }),
      ttl,
    )
    .map(([counter, life]) => ({ ...counter, ...life })),
  fc
    .tuple(fc.record({ kind: fc.constant('reaction' as const), ...who }), ttl)
    .map(([one, life]) => ({ ...one, ...life })),
)
const gone: fc.Arbitrary<Told> = fc.oneof(
  fc.record({ kind: fc.constantFrom('value' as const, 'counter' as const), key: text, reason }),
  fc.record({ kind: fc.constant('reaction' as const), ...who, reason }),
)
const answers: fc.Arbitrary<FeedAnswer> = fc.record({
  items: fc.array(fc.record({ at: fc.nat(), time: fc.nat(), told: fc.oneof(there, gone) })),
  position: fc.nat(),
  hasMissed: fc.boolean(),
  isMore: fc.boolean(),
  isLast: fc.boolean(),
})

describe('the feed between members', () => {
  it('is heard as it is told', () => {
    fc.assert(
      fc.property(answers, (answer) => {
        const frame = encodeFeedResponse({ ...said, answer }, now)
        expect(decodeFeedResponse(frame, now).answer).to.deep.equal(answer)
      }),
    )
  })

  it('carries bytes as they are', () => {
    const told = {
      kind: 'value',
      key: 'a',
      contentType: 'image/png',
      body: Buffer.from([0, 255, 10]),
      stamp: { time: 1, origin: 'b' },
    } as const
    const answer = {
      items: [{ at: 1, time: 1, told }],
      position: 1,
      hasMissed: false,
      isMore: false,
      isLast: false,
    }
    const [item] = decodeFeedResponse(encodeFeedResponse({ ...said, answer }, now), now).answer.items
    expect(item?.told).to.deep.include({ key: 'a', contentType: 'image/png' })
    expect(item && 'body' in item.told && Buffer.from(item.told.body as Uint8Array)).to.deep.equal(told.body)
  })

  const interest = { prefix: 'a', kinds: [...WATCHED] }
  const questions: readonly FeedQuestion[] = [
    { type: 'changes', interests: [interest, { ...interest, key: 'ab' }], holdMs: 2000 },
    { type: 'changes', after: 7, interests: [], holdMs: 0 },
    { type: 'state', slots: 'AA==', interest },
    {
      type: 'state',
      slots: 'AA==',
      interest,
      after: { slot: 3, content: 'Stew', reaction: 'fire', user: 'Sam' },
    },
  ]
  for (const question of questions)
    it(`understands ${JSON.stringify(question).slice(0, 60)}`, () => {
      const heard = decodeFeedRequest(encodeFeedRequest({ ...said, from: 'a-1', question }, now), now)
      expect(heard).to.deep.include({ from: 'a-1', question })
    })

  it('takes no question that no member would ask', () => {
    const question = { type: 'changes', after: -1, interests: [], holdMs: 0 } as const
    const frame = encodeFeedRequest({ ...said, from: 'a-1', question }, now)
    expect(() => decodeFeedRequest(frame, now)).to.throw()
  })
})

/** The head of a frame, which is all of it here. */
function headOf(frame: Buffer): string {
  return frame.toString('latin1', 5)
}

function ofQuestion(question: FeedQuestion): string {
  return headOf(encodeFeedRequest({ ...said, from: 'b-1', question }, now))
}

function ofAnswer(items: FeedAnswer['items'], end: Partial<FeedAnswer> = {}): string {
  const answer = { items, position: 9, hasMissed: false, isMore: false, isLast: false, ...end }
  return headOf(encodeFeedResponse({ ...said, answer }, now))
}

const [key, stamp] = ['salt', { time: 7, origin: 'b-1' }]
/** As in `golden-current.test.ts`. */
const golden: readonly [head: string, expected: string][] = [
  [
    ofQuestion({ type: 'changes', after: 5, interests: [{ prefix: 'sa', kinds: ['value'] }], holdMs: 2000 }),
    '[1,[2,1000],null,"b-1",{"type":"changes","after":5,"interests":[{"prefix":"sa","kinds":["value"]}],"holdMs":2000}]',
  ],
  [
    ofQuestion({
      type: 'state',
      slots: 'AA',
      interest: { prefix: '', key, kinds: ['counter', 'reaction'] },
      after: { slot: 3, content: 'Stew', reaction: 'fire', user: 'Sam' },
    }),
    '[1,[2,1000],null,"b-1",{"type":"state","slots":"AA","interest":{"prefix":"","key":"salt","kinds":["counter","reaction"]},"after":{"slot":3,"content":"Stew","reaction":"fire","user":"Sam"}}]',
  ],
  [
    ofAnswer([
      { at: 6, time: 7, told: { kind: 'value', key, contentType: 'a/b', body: 'jam', stamp, ttlMs: 5 } },
      { at: 8, time: 7, told: { kind: 'counter', key, value: '6', hasTurned: true } },
      { at: 9, time: 0, told: { kind: 'value', key, reason: 'expired' } },
    ]),
    '[1,[2,1000],null,[[6,7,["salt","a/b","jam",7,"b-1",5,false]],[8,7,{"kind":"counter","key":"salt","value":"6","hasTurned":true}],[9,0,{"kind":"value","key":"salt","reason":"expired"}]],{"position":9,"hasMissed":false,"isMore":false,"isLast":false}]',
  ],
  [
    ofAnswer(
      [
        { at: 0, time: 7, told: { kind: 'reaction', key, user: 'Sam', reaction: 'fire', count: 3 } },
        {
          at: 0,
          time: 8,
          told: { kind: 'reaction', key, user: 'Ann', reaction: 'fire', count: 2, reason: 'deleted' },
        },
      ],
      { hasMissed: true, isMore: true, isLast: true, next: { slot: 3, at: 4, tie: 't' } },
    ),
    '[1,[2,1000],null,[[0,7,{"kind":"reaction","key":"salt","user":"Sam","reaction":"fire","count":3}],[0,8,{"kind":"reaction","key":"salt","user":"Ann","reaction":"fire","count":2,"reason":"deleted"}]],{"position":9,"hasMissed":true,"isMore":true,"isLast":true,"next":{"slot":3,"at":4,"tie":"t"}}]',
  ],
]

describe('in the current format, of changes', () => {
  for (const [head, expected] of golden)
    it(`is said ${expected}`, () => {
      expect(head).to.equal(expected)
    })
})
