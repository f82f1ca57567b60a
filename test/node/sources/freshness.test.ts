/** What upstream says of how long an answer is good, in all the ways in which it may be said. */
import { expect } from 'chai'
import { ageOf, mayBeKept, saidBy } from '../../../node/sources/freshness.ts'
import { dateOf } from '../../../shared/http-date.ts'

const DATE = 'Thu, 18 Aug 2050 02:01:18 GMT'
const AT = Date.UTC(2050, 7, 18, 2, 1, 18)

describe('freshness', () => {
  for (const [control, seconds] of [
    ['max-age=60', 60],
    ['MaX-aGe=60', 60],
    ['max-age="60"', 60],
    ['max-age=0060', 60],
    ['foo, max-age=60 , bar', 60],
    ['max-age=1, s-maxage=60', 60],
    ['s-maxage=1, max-age=60', 1],
    ['max-age=60, max-age=1', 1],
    ['extension="max-age=3600", max-age=1', 1],
    ['max-age=1, extension="a, max-age=3600"', 1],
    ["max-age='60'", 0],
    ['max-age=-60', 0],
    ['max-age=60.5', 0],
    ['max-age', 0],
    ['public', undefined],
    ['', undefined],
  ] as const) {
    it(`is ${seconds} seconds by Cache-Control: ${control}`, () => {
      const { freshMs } = saidBy({ 'cache-control': control })
      expect(freshMs).to.equal(seconds === undefined ? undefined : seconds * 1000)
    })
  }

  for (const [expires, seconds] of [
    ['Thu, 18 Aug 2050 02:01:28 GMT', 10],
    ['Thursday, 18-Aug-50 02:01:28 GMT', 10],
    ['Thu Aug 18 02:01:28 2050', 10],
    ['thu, 18 aug 2050 02:01:28 gmt', 10],
    ['Thu, 18 Aug 2050 02:01:08 GMT', 0],
    ['Thu, 18 Aug 2050 02:01:28 AEST', 0],
    ['0', 0],
    ['', 0],
  ] as const) {
    it(`is ${seconds} seconds by Expires: ${expires}`, () => {
      expect(saidBy({ expires, date: DATE }).freshMs).to.equal(seconds * 1000)
    })
  }

  it('is by max-age rather than by Expires', () => {
    expect(saidBy({ expires: '0', date: DATE, 'cache-control': 'max-age=5' }).freshMs).to.equal(5000)
  })

  it('is over for what is as old as it may be, or whose age nobody can read', () => {
    expect(ageOf({ age: '30' }, AT)).to.equal(30_000)
    expect(ageOf({ date: DATE }, AT + 5000)).to.equal(5000)
    expect(ageOf({ date: DATE, age: '30' }, AT + 5000)).to.equal(30_000)
    expect(ageOf({ date: DATE }, AT - 5000)).to.equal(0)
    for (const age of ['abc', '-7200', '7200.0', '0, 0', '7200;foo=bar', ''])
      expect(ageOf({ age }, AT), age).to.be.above(10 ** 12)
  })

  it('matters only where nothing forbids to keep it, and something allows it', () => {
    const may = (status: number, control: string) =>
      mayBeKept({ status, headers: { 'cache-control': control } })
    for (const control of ['no-store', 'No-Store, max-age=60', 'private', 'private="x", max-age=60'])
      expect(may(200, control), control).to.equal(false)
    expect(may(599, 'max-age=60, must-understand')).to.equal(false)
    expect([may(200, ''), may(302, ''), may(302, 'max-age=60'), may(599, 'public')]).to.deep.equal([
      true,
      false,
      true,
      true,
    ])
  })

  it('is counted by dates in the forms that HTTP has, and no others', () => {
    expect(dateOf(DATE)).to.equal(AT)
    expect(dateOf('Sunday, 06-Nov-94 08:49:37 GMT')).to.equal(Date.UTC(1994, 10, 6, 8, 49, 37))
    expect(dateOf('Sun Nov  6 08:49:37 1994')).to.equal(Date.UTC(1994, 10, 6, 8, 49, 37))
    for (const text of ['2050-08-18', 'Thu, 18 Aug 50 02:01:18 GMT', 'foo', ''])
      expect(dateOf(text)).to.equal(undefined)
  })
})
