/** How what a process may have open is divided. */
import { expect } from 'chai'
import { assert as hold, integer, property } from 'fast-check'
import { descriptorsMax, divide } from '../../shared/descriptors.ts'

describe('descriptors', () => {
  it('are never promised twice, where there are enough to run at all', () => {
    hold(
      property(integer({ min: 64, max: 2_000_000 }), (max) => {
        const { clients, kept, outgoing } = divide(max)
        expect(clients + kept + outgoing).to.be.at.most(max - 44)
      }),
    )
  })

  it('leave something for everybody, however few there are', () => {
    expect(divide(96)).to.deep.equal({ clients: 26, kept: 13, outgoing: 13 })
    expect(divide(3)).to.deep.equal({ clients: 2, kept: 1, outgoing: 1 })
    expect(divide(Infinity)).to.deep.equal({ clients: 10_000, kept: 4000, outgoing: Infinity })
  })

  it('are as many as the system says', () => {
    expect(descriptorsMax()).to.be.above(0)
  })
})
