/** When the client tries again, and how long it waits before. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Outcome } from '../../client/exchange.ts'
import { judge, pauseMs, type Repeat, type Verdict } from '../../client/retries.ts'

const answered = (status: number, code?: string): Outcome => ({
  type: 'answered',
  status,
  headers: new Headers(),
  body: code === undefined ? new Uint8Array() : { code },
})
const UNTOUCHED = ['OVERLOADED', 'REFUSED', 'WRONG_OWNER', 'NOT_READY', 'REQUEST_TIMEOUT']

describe('client: whether a call is tried again', () => {
  const cases: readonly (readonly [string, Outcome, Verdict, Verdict])[] = [
    ['nothing was sent', { type: 'refused', cause: undefined }, 'elsewhere', 'elsewhere'],
    ['no answer came', { type: 'lost', cause: undefined }, 'later', 'unknown'],
    ...UNTOUCHED.map((code) => [code, answered(503, code), 'later', 'later'] as const),
    ['the owner did not answer', answered(503, 'UNREACHABLE'), 'later', 'unknown'],
    ['the disk did not take it', answered(503, 'NOT_SAVED'), 'later', 'unknown'],
    ['a balancer has nobody', answered(503), 'later', 'unknown'],
    ['a balancer broke off', answered(502), 'later', 'unknown'],
    ['a balancer gave up', answered(504), 'later', 'unknown'],
    ...[200, 204, 304, 400, 401, 403, 404, 409, 412, 413, 429, 500, 507].map(
      (status) => [`it is ${status}`, answered(status, 'ANY'), 'done', 'done'] as const,
    ),
  ]
  for (const [what, outcome, freely, once] of cases) {
    it(`${what}: ${freely}, and ${once} where it must not be done twice`, () => {
      const verdict = (repeat: Repeat) => judge(outcome, { repeat })
      expect([verdict('freely'), verdict('once')]).deep.equal([freely, once])
    })
  }

  it("is not where the answer is upstream's, and is where a node is in trouble", () => {
    const repeat = 'freely'
    expect(judge(answered(503), { repeat, answers: [503] })).equal('done')
    expect(judge(answered(502, 'UPSTREAM_UNREACHABLE'), { repeat, answers: [502] })).equal('done')
    for (const code of [...UNTOUCHED, 'UNREACHABLE'])
      expect(judge(answered(503, code), { repeat, answers: [503] }), code).equal('later')
  })
})

describe('client: the pause before', () => {
  it('grows to a second, and is anything up to that', () => {
    expect([0, 1, 2, 5, 6, 1e6].map((tries) => pauseMs(tries, 1))).deep.equal([25, 50, 100, 800, 1000, 1000])
    const within = fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (tries, random) => {
      expect(pauseMs(tries, random)).within(0, pauseMs(tries, 1))
    })
    fc.assert(within)
  })
})
