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
