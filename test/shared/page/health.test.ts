/** How the cluster is, in one sentence, for whatever may be wrong with it. */
import { expect } from 'chai'
import fc from 'fast-check'
import { healthOf, type Situation } from '../../../shared/page/app/health.js'
import { cluster, four, member, record, three, told } from './situations.ts'

type Missing = Situation['missing'][number]

const gone = (id: string, hasLeft = false): Missing => ({
  id,
  url: `http://${id}:4000`,
  seenAt: '2026-11-27T00:00:00.000Z',
  hasLeft,
  why: hasLeft ? 'left' : 'dropped: refused',
})
const sentence = (status: Situation['status'], other: Partial<Situation> = {}) => {
  const { level, sentence } = healthOf({ status, missing: [], ...other })
  return [level, sentence]
}
const lately = (id: string, other: object) =>
  new Map([[id, { memoryFull: 0, lostSlots: 0, evictions: 0, ...other }]])
const short = (many: number) => [
  member('n1', { status: told('n1', { slots_short: many }) }),
  ...three.slice(1),
]
const arriving = (many: number) =>
  told('n1', {}, { slots: { owned: 4000, replicated: 4000, arriving: many } })

describe('page: health, all well', () => {
  it('is said in words', () => {
    expect(sentence(cluster(four))).deep.equal([
      'well',
      'All four members are well; every slot has two copies.',
    ])
    expect(sentence(cluster([member('n1')], { copies: 1 }))).deep.equal([
      'well',
      'The one member is well; every slot has one copy.',
    ])
    expect(sentence(cluster(three.slice(1)))[1]).equal('Both members are well; every slot has two copies.')
    const many = Array.from({ length: 20 }, (_, index) => member(`n${index}`))
    expect(sentence(cluster(many, { copies: 3 }))[1]).equal(
      'All 20 members are well; every slot has three copies.',
    )
  })
})

describe('page: health, members that are not here', () => {
  it('gone, with what that means and how long it will', () => {
    expect(sentence(cluster(short(8112)), { missing: [gone('n4')], wholeInSeconds: 11.4 })).deep.equal([
      'trouble',
      'One of four members is gone; 8,112 slots have one copy; whole again in about 12 s.',
    ])
  })

  it('gone, and made good', () => {
    expect(sentence(cluster(three), { missing: [gone('n4')] })).deep.equal([
      'notice',
      'One of four members is gone; every slot has two copies again.',
    ])
    expect(sentence(cluster(three.slice(1)), { missing: [gone('n1'), gone('n4')] })[1]).equal(
      'Two of four members are gone; every slot has two copies again.',
    )
  })

  it('left in good order, beside one that is gone', () => {
    expect(sentence(cluster(three), { missing: [gone('n4', true)] })[1]).equal(
      'One of four members has left; every slot has two copies again.',
    )
    expect(sentence(cluster(three), { missing: [gone('n4', true), gone('n5')] })[1]).match(
      /^One of five members is gone; one of five members has left;/,
    )
  })

  it('all of them', () => {
    expect(sentence(cluster([]))).deep.equal(['trouble', 'Nobody is a member.'])
  })

  it('fewer than copies are to be', () => {
    expect(sentence(cluster([member('n1', { status: told('n1', { slots_short: 16381 }) })]))).deep.equal([
      'notice',
      'Every slot has one copy, as there are too few members for two.',
    ])
  })

  it('some that do not answer, or do not say how they are', () => {
    const absent = [...three, member('n4', { absent: true })]
    expect(sentence(cluster(absent))).deep.equal(['trouble', 'n4 does not answer.'])
    const { status: _, ...untold } = member('n4')
    expect(sentence(cluster([...three, untold]))).deep.equal(['notice', 'n4 does not say how it is.'])
  })

  it('some that are leaving, joining, and taking their slots over', () => {
    expect(sentence(cluster([...three, member('n4', { leaving: true })]))).deep.equal([
      'notice',
      'n4 is leaving.',
    ])
    const slots = { owned: 0, replicated: 0, arriving: 2030 }
    const joining = member('n4', { status: told('n4', {}, { slots }) })
    expect(sentence(cluster([...three, joining]), { wholeInSeconds: 200 })[1]).equal(
      '2,030 slots are arriving; whole again in about 3 min; n4 is joining.',
    )
  })
})

describe('page: health, slots', () => {
  it('short of copies, one and many, of two and of more', () => {
    expect(sentence(cluster(short(1)))).deep.equal(['trouble', '1 slot has one copy.'])
    expect(sentence(cluster(short(7), { copies: 3 }))[1]).equal('7 slots have fewer than three copies.')
  })

  it('arriving, and for how long they have been', () => {
    const overdue = [{ slots: 3, seconds: 40, reason: 'they wait for n4, which held them last' }]
    const late = { ...arriving(3), overdue }
    expect(sentence(cluster([member('n1', { status: late }), ...three.slice(1)]))).deep.equal([
      'trouble',
      '3 slots are arriving; some have been on their way for more than thirty seconds: they wait for n4, which held them last.',
    ])
    expect(sentence(cluster([member('n1', { status: arriving(1) }), ...three.slice(1)]))).deep.equal([
      'notice',
      '1 slot is arriving.',
    ])
  })

  it('that wait for those who held them last', () => {
    expect(sentence(cluster(three, { waiting_for: ['n4', 'n5'] }))).deep.equal([
      'trouble',
      'Slots wait for n4 and n5, which held them last.',
    ])
  })

  it('that began empty', () => {
    expect(sentence(cluster(three), { lately: lately('n1', { lostSlots: 2 }) })[1]).equal(
      '2 slots began empty, as nobody was left who had them.',
    )
  })
})

describe('page: health, what members say of each other', () => {
  const knows = (id: string, ...peers: ReturnType<typeof record>[]) =>
    member(id, { status: told(id, {}, { peers }) })

  it('out of reach of some', () => {
    const away = record('n3', { reachable: false, reason: 'it refuses connections' })
    expect(sentence(cluster([knows('n1', away), knows('n2', away), member('n3')]))).deep.equal([
      'trouble',
      'n3 is not reached by n1 and n2.',
    ])
    const { since: _, ...untried } = away
    expect(sentence(cluster([knows('n1', untried), member('n2'), member('n3')]))[0]).equal('well')
  })

  it('not understood, said once of both', () => {
    const strange = (id: string) => record(id, { understood: false })
    expect(sentence(cluster([knows('n1', strange('n2')), knows('n2', strange('n1'))]))).deep.equal([
      'trouble',
      'n1 and n2 do not understand each other.',
    ])
  })

  it('kept out', () => {
    const out = {
      id: 'n9',
      url: 'http://n9:1',
      reason: 'most do not reach n9',
      since_seconds: 3,
      again_in_seconds: 1,
    }
    expect(sentence(cluster(three, { kept_out: [out] }))[1]).equal('n9 is kept out: most do not reach n9.')
  })

  it('clocks that are apart, of two and of several', () => {
    const ahead = (id: string, seconds: number) => record(id, { clock_ahead_seconds: seconds })
    const two = [knows('n1', ahead('n2', 4.2)), knows('n2', ahead('n1', -4.2))]
    expect(sentence(cluster(two))).deep.equal(['notice', 'The clocks of n1 and n2 are 4.2 s apart.'])
    const one = [
      knows('n1', ahead('n2', 0), ahead('n3', -5)),
      knows('n2', ahead('n1', 0), ahead('n3', -5)),
      knows('n3', ahead('n1', 5), ahead('n2', 0.1)),
    ]
    expect(sentence(cluster(one))[1]).equal('The clock of n3 is 5 s behind.')
  })

  it('of several versions', () => {
    const other = member('n4', { version: '0.1.0' })
    expect(sentence(cluster([...three, other]))).deep.equal([
      'notice',
      'Members are of two versions, 0.1.0 and 0.2.0.',
    ])
  })
})

describe('page: health, memory, disks, Kafka, requests and the registry', () => {
  const with1 = (measures: object) =>
    cluster([member('n1', { status: told('n1', measures) }), ...three.slice(1)])

  it('memory that refuses, or evicts', () => {
    expect(sentence(cluster(three), { lately: lately('n1', { memoryFull: 3 }) })).deep.equal([
      'trouble',
      'n1 refuses writes, as memory is full of what is never evicted.',
    ])
    expect(sentence(with1({ bytes: 990 }), { lately: lately('n1', { evictions: 3 }) })).deep.equal([
      'notice',
      'Memory is full at n1, and values are evicted.',
    ])
    expect(sentence(with1({ bytes: 990 }))[0], 'full alone is what a cache is').equal('well')
  })

  it('disks', () => {
    expect(sentence(with1({ disk_failing: 1, disk_behind_seconds: 99 }))).deep.equal([
      'trouble',
      'The disk of n1 cannot be written.',
    ])
    expect(sentence(with1({ disk_behind_seconds: 40 }))).deep.equal([
      'notice',
      'The disk of n1 is 40 s behind.',
    ])
    expect(sentence(with1({ disk_behind_seconds: 6 }))[0]).equal('well')
    expect(sentence(with1({ disk_aside_rows: 2 }))[1]).equal('The disk of n1 does not take some rows.')
  })

  it('Kafka', () => {
    expect(sentence(with1({ kafka_lag: 5000 }))).deep.equal(['notice', 'n1 is 5,000 messages behind Kafka.'])
    expect(sentence(with1({ kafka_lag: 999 }))[0]).equal('well')
  })

  it('requests that fail', () => {
    expect(sentence(cluster(three), { failing: 0.034 })).deep.equal(['trouble', '3.4% of requests fail.'])
  })

  it('a registry that cannot change', () => {
    expect(sentence(cluster(three, { trouble: 'Redis does not answer' }))).deep.equal([
      'trouble',
      'The registry cannot change: Redis does not answer.',
    ])
  })
})

describe('page: health, much at once', () => {
  it('the worst comes first, and what is beyond four clauses below', () => {
    const status = cluster([...short(5), member('n4', { leaving: true, version: '0.1.0' })], {
      trouble: 'Redis does not answer',
      waiting_for: ['n7'],
    })
    const { level, sentence, more } = healthOf({ status, missing: [gone('n9')], wholeInSeconds: 3 })
    expect(level).equal('trouble')
    expect(sentence).equal(
      'The registry cannot change: Redis does not answer; slots wait for n7, which held them last; one of five members is gone; 5 slots have one copy.',
    )
    expect(more).deep.equal([
      'Whole again in about 3 s.',
      'n4 is leaving.',
      'Members are of two versions, 0.1.0 and 0.2.0.',
    ])
  })

  it('whatever is told, it is a sentence', () => {
    const number = fc.option(fc.nat(), { nil: undefined })
    const measures = fc.record({
      slots_short: number,
      bytes: number,
      disk_failing: number,
      kafka_lag: number,
    })
    const slots = fc.record({ owned: fc.nat(16381), replicated: fc.nat(16381), arriving: fc.nat(16381) })
    const anyMember = fc
      .record({
        id: fc.stringMatching(/^[a-z]{1,5}$/),
        measures,
        slots,
        isTold: fc.boolean(),
        leaving: fc.boolean(),
      })
      .map(({ id, measures, slots, isTold, leaving }) => {
        const { status: _, ...untold } = member(id, leaving ? { leaving: true as const } : {})
        const clean = Object.fromEntries(Object.entries(measures).filter(([, value]) => value !== undefined))
        return isTold ? { ...untold, status: told(id, clean, { slots }) } : untold
      })
    const members = fc.uniqueArray(anyMember, { selector: ({ id }) => id, maxLength: 20 })
    fc.assert(
      fc.property(members, fc.integer({ min: 1, max: 5 }), fc.nat(3), (members, copies, missing) => {
        const lost = Array.from({ length: missing }, (_, index) => gone(`${index}`))
        const { level, sentence, more } = healthOf({ status: cluster(members, { copies }), missing: lost })
        expect(sentence)
          .match(/^[A-Za-z\d].*\.$/)
          .and.not.match(/undefined|NaN|Infinity|null/)
        if (level === 'well') expect([more.length, missing]).deep.equal([0, 0])
      }),
    )
  })
})
