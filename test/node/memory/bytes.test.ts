/** What values weigh, as what they take differs with where they lie. */
import { expect } from 'chai'
import type { Register } from '../../../node/entries/register.ts'
import { bytesOfEntry } from '../../../node/memory/bytes.ts'
import { Values } from '../../../node/memory/packed/values.ts'

describe('the weight of a value', () => {
  const weightOf = (contentType: string, body = 'x') => {
    const stamp = { time: 1, origin: 'a' }
    const register = { kind: 'register', stamp, value: { contentType, body }, endsAtMs: Infinity } as const
    const before = bytesOfEntry('vkey', register satisfies Register)
    new Values().put(1, 'vkey', register)
    expect(bytesOfEntry('vkey', register), 'once it is there').to.equal(before)
    return before
  }

  it('is more where its content type is one of too many to have a number', () => {
    for (let type = 100; type < 400; type++) weightOf(`a/${type}`)
    expect(weightOf('a/400')).to.be.above(300)
    expect(weightOf('text/plain')).to.be.below(100)
  })

  it('is more where it is too large for a record', () => {
    expect(weightOf('text/plain', 'x'.repeat(1025)) - weightOf('text/plain', 'x'.repeat(1024))).to.be.above(
      200,
    )
  })
})
