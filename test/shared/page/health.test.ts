/** How the cluster is, in one sentence, for whatever may be wrong with it. */
import { expect } from 'chai'
import fc from 'fast-check'
import { healthOf } from '../../../shared/page/app/health.js'
import { cluster, four, gone, lately, member, sentence, three, told } from './situations.ts'

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
