/** Who looks after the others while no uplink does: when it begins and ends, and whom it takes for absent. */
import { expect } from 'chai'
import { alone, LEASE_MS, LOOK_MS, Lookout, QUESTION_MS } from './lookout.ts'

describe('a survey of the others', () => {
  it('asks nobody while uplink answers', async () => {
    const lookout = new Lookout()
    lookout.manners.set('c', 'refuses')
    await lookout.uplinkAnswers(10 * LEASE_MS)
    expect([lookout.questions, lookout.changes]).to.deep.equal([[], 0])
  })

  it('asks nobody before it is told how long a lease is', async () => {
    const lookout = new Lookout()
    lookout.leaseMs = Infinity
    await lookout.uplinkIsSilent(60_000)
    expect(lookout.questions).to.deep.equal([])
  })

  it('begins to ask when uplink has been silent for half a lease, and judges after all of it', async () => {
    const lookout = new Lookout()
    lookout.manners.set('c', 'refuses')
    await lookout.uplinkIsSilent(LEASE_MS / 2)
    expect(lookout.questions).to.deep.equal([])
    await lookout.clock.advance(LOOK_MS)
    expect(lookout.questions.map(({ id }) => id)).to.deep.equal(['b', 'c'])
    await lookout.clock.advance(LEASE_MS / 2 - LOOK_MS)
    expect(lookout.absent, 'a lease').to.deep.equal([])
    await lookout.clock.advance(LOOK_MS)
    expect(lookout.absent, 'more than that').to.deep.equal(['c-1'])
  })

  it('asks everyone six times in a lease, and where they are many each one less often', async () => {
    const few = await alone()
    await few.clock.advance(LEASE_MS)
    const first = LEASE_MS / 2 + LOOK_MS
    expect(few.askedAt('b').slice(0, 4)).to.deep.equal([0, 1, 2, 3].map((nth) => first + nth * QUESTION_MS))
    const many = await alone(...Array.from({ length: 300 }, (_, index) => `m${index}`))
    await many.clock.advance(LEASE_MS)
    expect(many.askedAt('m7')).to.deep.equal([0, 1, 2, 3].map((nth) => first + nth * 300 * 5))
  })

  it('is over when it is stopped', async () => {
    const lookout = await alone()
    lookout.survey.stop()
    const before = lookout.questions.length
    await lookout.clock.advance(LEASE_MS)
    expect(lookout.questions).to.have.lengthOf(before)
  })
})

describe('whom a survey takes for absent', () => {
  it('is who refuses twice in a row, at once', async () => {
    const lookout = await alone()
    lookout.manners.set('c', 'refuses')
    await lookout.clock.advance(QUESTION_MS)
    expect(lookout.absent, 'once').to.deep.equal([])
    await lookout.clock.advance(QUESTION_MS + LOOK_MS)
    expect([lookout.absent, lookout.silent]).to.deep.equal([['c-1'], []])
  })

  it('is at once, and for good, who lives another life by now', async () => {
    const lookout = await alone()
    lookout.manners.set('c', 'is replaced')
    await lookout.clock.advance(2 * QUESTION_MS + LOOK_MS)
    expect([lookout.absent, lookout.silent]).to.deep.equal([['c-1'], []])
  })

  it('is after a lease where another member answers, and nobody knows that it is gone', async () => {
    const lookout = await alone()
    lookout.manners.set('c', 'is mistaken')
    await lookout.clock.advance(2 * QUESTION_MS + LOOK_MS)
    expect(lookout.absent).to.deep.equal([])
    await lookout.clock.advance(LEASE_MS)
    expect([lookout.absent, lookout.silent]).to.deep.equal([['c-1'], ['c-1']])
  })

  it('is not who refuses now and then', async () => {
    const lookout = await alone()
    for (let round = 0; round < 20; round++) {
      lookout.manners.set('c', round % 2 === 0 ? 'refuses' : 'answers')
      await lookout.clock.advance(QUESTION_MS)
    }
    expect(lookout.changes).to.equal(0)
  })

  it('is not, as one that is gone, whose name is not found', async () => {
    const lookout = await alone()
    lookout.manners.set('c', 'has no name')
    await lookout.clock.advance(2 * QUESTION_MS + LOOK_MS)
    expect(lookout.absent).to.deep.equal([])
    await lookout.clock.advance(LEASE_MS)
    expect([lookout.absent, lookout.silent]).to.deep.equal([['c-1'], ['c-1']])
  })

  it('is who has said nothing for a lease', async () => {
    const lookout = await alone()
    await lookout.clock.advance(2 * LEASE_MS)
    const answeredAtMs = lookout.askedAt('c').at(-1) ?? 0
    lookout.manners.set('c', 'is silent')
    const passedMs = 3 * LEASE_MS + LOOK_MS - answeredAtMs
    await lookout.clock.advance(LEASE_MS - passedMs)
    expect(lookout.absent).to.deep.equal([])
    await lookout.clock.advance(LOOK_MS)
    expect([lookout.absent, lookout.silent]).to.deep.equal([['c-1'], ['c-1']])
  })

  it('is, of many, who has left three questions without an answer', async () => {
    const lookout = await alone(...Array.from({ length: 300 }, (_, index) => `m${index}`))
    lookout.manners.set('m7', 'is silent')
    await lookout.clock.advance(LEASE_MS + 2 * LOOK_MS)
    expect(lookout.absent, 'a lease').to.deep.equal([])
    await lookout.clock.advance(3 * 1500 - LEASE_MS)
    expect(lookout.absent).to.deep.equal(['m7-1'])
  })

  it('is known to be gone once nobody listens there, who was merely silent before', async () => {
    const lookout = await alone()
    lookout.manners.set('c', 'is silent')
    await lookout.clock.advance(2 * LEASE_MS)
    expect([lookout.absent, lookout.silent]).to.deep.equal([['c-1'], ['c-1']])
    lookout.manners.set('c', 'refuses')
    await lookout.clock.advance(4 * QUESTION_MS)
    expect([lookout.absent, lookout.silent, lookout.changes]).to.deep.equal([['c-1'], [], 2])
  })

  it('is nobody who answers again', async () => {
    const lookout = await alone()
    lookout.manners.set('b', 'refuses').set('c', 'is silent')
    await lookout.clock.advance(2 * LEASE_MS)
    expect(lookout.absent).to.deep.equal(['b-1', 'c-1'])
    lookout.manners.clear()
    await lookout.clock.advance(QUESTION_MS + LOOK_MS)
    expect([lookout.absent, lookout.changes]).to.deep.equal([[], 3])
  })
})

describe('a survey after this process stood still', () => {
  it('holds nobody to what was said before, and takes its time again', async () => {
    const lookout = await alone()
    lookout.manners.set('c', 'is silent')
    lookout.clock.standStill(2 * LEASE_MS)
    await lookout.clock.advance(LEASE_MS)
    expect(lookout.absent).to.deep.equal([])
    await lookout.clock.advance(2 * LOOK_MS)
    expect(lookout.absent).to.deep.equal(['c-1'])
  })

  it('does not take the absent for present before they have answered', async () => {
    const lookout = await alone()
    lookout.manners.set('c', 'refuses')
    await lookout.clock.advance(LEASE_MS)
    lookout.manners.set('c', 'is silent')
    lookout.clock.standStill(2 * LEASE_MS)
    await lookout.clock.advance(2 * LOOK_MS)
    expect([lookout.absent, lookout.changes]).to.deep.equal([['c-1'], 2])
    expect(lookout.silent, 'by now nobody knows that it is gone').to.deep.equal(['c-1'])
  })
})

describe('an uplink that answers again', () => {
  it('has the say once it has answered for a lease, whoever is there', async () => {
    const lookout = await alone()
    lookout.manners.set('c', 'refuses')
    await lookout.clock.advance(LEASE_MS)
    await lookout.uplinkAnswers(LEASE_MS)
    expect(lookout.absent).to.deep.equal(['c-1'])
    await lookout.clock.advance(LOOK_MS)
    expect(lookout.absent).to.deep.equal([])
    const before = lookout.questions.length
    await lookout.clock.advance(LEASE_MS)
    expect(lookout.questions).to.have.lengthOf(before)
  })

  it('has no say yet as long as that: members go on to look after each other', async () => {
    const lookout = await alone()
    lookout.manners.set('c', 'refuses')
    await lookout.clock.advance(LEASE_MS)
    lookout.manners.set('b', 'refuses')
    await lookout.uplinkAnswers(LEASE_MS / 2)
    expect(lookout.absent).to.deep.equal(['b-1', 'c-1'])
  })

  it('leaves nothing behind that is held against anybody when it falls silent once more', async () => {
    const lookout = await alone()
    await lookout.uplinkAnswers(LEASE_MS)
    lookout.manners.set('c', 'is silent')
    await lookout.uplinkIsSilent(LEASE_MS + LOOK_MS)
    expect(lookout.absent).to.deep.equal([])
    await lookout.clock.advance(LEASE_MS)
    expect(lookout.absent).to.deep.equal(['c-1'])
  })

  it('has it at once where nobody was absent', async () => {
    const lookout = await alone()
    const before = lookout.questions.length
    lookout.manners.set('c', 'refuses')
    await lookout.uplinkAnswers(LEASE_MS)
    expect([lookout.questions.length, lookout.changes]).to.deep.equal([before, 0])
  })

  it('has to answer for a lease anew when it falls silent in between', async () => {
    const lookout = await alone()
    lookout.manners.set('c', 'refuses')
    await lookout.clock.advance(LEASE_MS)
    await lookout.uplinkAnswers(LEASE_MS / 2)
    await lookout.uplinkIsSilent(LEASE_MS / 4)
    await lookout.uplinkAnswers(LEASE_MS)
    expect(lookout.absent).to.deep.equal(['c-1'])
    await lookout.clock.advance(LOOK_MS)
    expect(lookout.absent).to.deep.equal([])
  })
})
