/** For how long a member is waited for that was asked for slots, and what becomes of the question then. */
import { expect } from 'chai'
import { gave, newContact } from '../../../../node/cluster/peers/contact.ts'
import { whileGiving } from '../../../../node/cluster/slots/giving.ts'
import { FakeClock } from '../../../support/clock.ts'
import { memberOf } from '../../../support/views.ts'

describe('a member that is asked for slots', () => {
  const asking = () => {
    const clock = new FakeClock()
    const contact = newContact()
    const answer = Promise.withResolvers<string>()
    const bench: { signal?: AbortSignal; outcome?: unknown } = {}
    const ask = (signal: AbortSignal) => {
      bench.signal = signal
      return answer.promise
    }
    whileGiving({ member: memberOf('b'), contact }, ask, clock).then(
      (outcome) => Object.assign(bench, { outcome }),
      ({ code }) => Object.assign(bench, { outcome: code }),
    )
    return { clock, contact, answer, bench }
  }

  it('is waited for as long as it gives, and what it says is not called off', async () => {
    const { clock, contact, answer, bench } = asking()
    for (let second = 0; second < 60; second++) {
      gave(contact, clock.now())
      await clock.advance(1000)
    }
    answer.resolve('all')
    await clock.advance(0)
    expect([bench.outcome, bench.signal?.aborted]).to.deep.equal(['all', false])
  })

  it('is not once it gives nothing, and what it was asked is called off', async () => {
    const { clock, bench } = asking()
    await clock.advance(1000)
    expect([bench.outcome, bench.signal?.aborted]).to.deep.equal([undefined, false])
    await clock.advance(1000)
    expect([bench.outcome, bench.signal?.aborted]).to.deep.equal(['UNREACHABLE', true])
  })
})
