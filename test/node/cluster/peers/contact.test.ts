/** What follows from what was seen of another member: the judgements, and in which direction news may change them. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  answered,
  failed,
  hasStoppedGiving,
  heard,
  isAbsent,
  isUnreached,
  misheard,
  newContact,
  type RollCall,
  rollCallOf,
} from '../../../../node/cluster/peers/contact.ts'

const PATIENCE_MS = 3000
const times = fc.oneof(fc.constantFrom(-Infinity, 0, 1), fc.integer({ min: -20_000, max: 20_000 }))
const now = fc.integer({ min: -20_000, max: 20_000 })
const delays = fc.nat(20_000)
const roll = fc.record<RollCall>({ askedAtMs: times, answeredAtMs: times, refusals: fc.nat(3) })

describe('whether a member is absent', () => {
  const silentFor = (ms: number) => isAbsent(rollAt(0), ms, PATIENCE_MS)
  const rollAt = (answeredAtMs: number, refusals = 0) => ({ askedAtMs: answeredAtMs, answeredAtMs, refusals })

  it('is decided by the second refusal in a row, however long ago it last answered', () => {
    expect([0, 1, 2, 3].map((refusals) => isAbsent(rollAt(0, refusals), 0, PATIENCE_MS))).to.deep.equal([
      false,
      false,
      true,
      true,
    ])
  })

  it('is decided by silence that is longer than patience', () => {
    expect([0, PATIENCE_MS, PATIENCE_MS + 1].map(silentFor)).to.deep.equal([false, false, true])
  })

  it('is never made more likely by an answer, a refusal less, or more patience', () => {
    fc.assert(
      fc.property(roll, now, delays, delays, (seen, nowMs, patienceMs, ms) => {
        const answered = { ...seen, answeredAtMs: seen.answeredAtMs + ms }
        const unrefused = { ...seen, refusals: Math.max(0, seen.refusals - 1) }
        if (isAbsent(seen, nowMs, patienceMs)) return
        expect(isAbsent(answered, nowMs, patienceMs), 'answers later').to.equal(false)
        expect(isAbsent(unrefused, nowMs, patienceMs), 'refuses less').to.equal(false)
        expect(isAbsent(seen, nowMs, patienceMs + ms), 'is waited for').to.equal(false)
      }),
    )
  })

  it('does not change back with time alone', () => {
    fc.assert(
      fc.property(roll, now, delays, delays, (seen, nowMs, patienceMs, ms) => {
        if (isAbsent(seen, nowMs, patienceMs)) expect(isAbsent(seen, nowMs + ms, patienceMs)).to.equal(true)
      }),
    )
  })
})

describe('a roll call', () => {
  it('gives who was there the time from now on, and none to who was absent', () => {
    const there = rollCallOf(newContact(), 500, { wasAbsent: false })
    const absent = rollCallOf(newContact(), 500, { wasAbsent: true })
    expect([there, absent].map((one) => isAbsent(one, 500, PATIENCE_MS))).to.deep.equal([false, true])
    expect(there.askedAtMs, 'to be asked at once').to.equal(-Infinity)
  })

  it('is begun once, and goes on with the same contact', () => {
    const contact = newContact()
    const begun = rollCallOf(contact, 500, { wasAbsent: false })
    expect(rollCallOf(contact, 9000, { wasAbsent: true })).to.equal(begun)
    expect(begun.answeredAtMs).to.equal(500)
    contact.roll = undefined
    expect(rollCallOf(contact, 9000, { wasAbsent: false }).answeredAtMs).to.equal(9000)
  })
})

describe('whether a member has stopped giving', () => {
  it('is asked of the time since the question, or since it last gave', () => {
    const silent = newContact()
    expect([1000, 1001].map((nowMs) => hasStoppedGiving(silent, 0, nowMs))).to.deep.equal([false, true])
    const giving = { ...newContact(), gaveAtMs: 700 }
    expect([1700, 1701].map((nowMs) => hasStoppedGiving(giving, 0, nowMs))).to.deep.equal([false, true])
    const earlier = { ...newContact(), gaveAtMs: -5000 }
    expect(hasStoppedGiving(earlier, 0, 900), 'to another question').to.equal(false)
  })

  it('is never made more likely by a later gift, nor by a later question', () => {
    fc.assert(
      fc.property(times, now, delays, delays, (gaveAtMs, askedAtMs, passedMs, ms) => {
        const nowMs = askedAtMs + passedMs
        const contact = { ...newContact(), gaveAtMs }
        if (hasStoppedGiving(contact, askedAtMs, nowMs)) return
        expect(hasStoppedGiving({ ...contact, gaveAtMs: gaveAtMs + ms }, askedAtMs, nowMs)).to.equal(false)
        expect(hasStoppedGiving(contact, askedAtMs + ms, nowMs)).to.equal(false)
      }),
    )
  })
})

describe('what is known of a member', () => {
  it('is since when it answers, and since when it does not', () => {
    const contact = newContact()
    heard(contact, 10)
    heard(contact, 20)
    expect(contact).to.deep.include({ heardAtMs: 20, sinceMs: 10, failure: undefined })
    failed(contact, 30, 'one')
    failed(contact, 40, 'two')
    expect(contact).to.deep.include({ heardAtMs: 20, sinceMs: 30 })
    expect(contact.failure).to.deep.equal({ reason: 'two', lastAtMs: 40, count: 2 })
    heard(contact, 50)
    expect(contact).to.deep.include({ heardAtMs: 50, sinceMs: 50, failure: undefined })
  })

  it('is that it is there, where it is not understood, and for how long', () => {
    const contact = newContact()
    misheard(contact, 10, 'one')
    misheard(contact, 20, 'two')
    expect(contact).to.deep.include({ heardAtMs: 20, misunderstood: { reason: 'two', sinceMs: 10 } })
    answered(contact, 30)
    expect(contact.misunderstood).not.to.equal(undefined)
    heard(contact, 40)
    expect(contact.misunderstood).to.equal(undefined)
  })
})

describe('whether a member is reached', () => {
  const after = (...failures: number[]) => {
    const contact = newContact()
    heard(contact, 0)
    for (const atMs of failures) failed(contact, atMs, 'no answer')
    return isUnreached(contact, PATIENCE_MS)
  }

  it('is not said after one failure, nor after several at once', () => {
    expect([after(), after(9000), after(1000, 1000, 1001)]).to.deep.equal([false, false, false])
  })

  it('is said once it has failed for so long', () => {
    expect([after(1000, 3999), after(1000, 4000)]).to.deep.equal([false, true])
  })

  it('is never denied by a further failure, and always by an answer', () => {
    fc.assert(
      fc.property(fc.array(delays, { maxLength: 9 }), delays, (pauses, ms) => {
        const contact = newContact()
        let nowMs = 0
        for (const pauseMs of pauses) {
          nowMs += pauseMs
          failed(contact, nowMs, 'no answer')
        }
        const isOut = isUnreached(contact, PATIENCE_MS)
        failed(contact, nowMs + ms, 'no answer')
        if (isOut) expect(isUnreached(contact, PATIENCE_MS)).to.equal(true)
        answered(contact, nowMs + ms)
        expect(isUnreached(contact, 0)).to.equal(false)
      }),
    )
  })
})
