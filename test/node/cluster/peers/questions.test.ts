/** Questions that are under way side by side: whose answer it is, and when none is waited for any more. */
import { expect } from 'chai'
import { Questions } from '../../../../node/cluster/peers/questions.ts'
import { FakeClock } from '../../../support/clock.ts'

describe('questions under way', () => {
  let clock: FakeClock
  let silences: string[]
  let questions: Questions
  let told: string[]
  beforeEach(() => {
    clock = new FakeClock()
    silences = []
    told = []
    questions = new Questions(clock, ({ message }) => silences.push(message))
  })
  const ask = (name: string, timeoutMs: number) =>
    questions.begin(timeoutMs, {
      resolve: ({ status }) => told.push(`${name}: ${status}`),
      reject: (error) => told.push(`${name}: ${error instanceof Error ? error.message : error}`),
    })
  const answer = (number: number, status = 200) => questions.answer(number, { status, body: Buffer.of() })

  it('have the answer of their number, in whatever order', () => {
    const [first, second] = [ask('first', 100), ask('second', 100)]
    answer(second, 201)
    answer(first, 202)
    expect(told).to.deep.equal(['second: 201', 'first: 202'])
    expect(questions.size).to.equal(0)
  })

  it('are given up each at its deadline, and nobody has a later answer', async () => {
    const first = ask('first', 100)
    await clock.advance(50)
    const others = [ask('second', 100), ask('third', 20)]
    answer(others[0] ?? 0)
    await clock.advance(20)
    expect(told.slice(1)).to.deep.equal(['third: no answer within 20 ms'])
    await clock.advance(29)
    expect(told.length).to.equal(2)
    await clock.advance(1)
    expect(told.slice(2)).to.deep.equal(['first: no answer within 100 ms'])
    answer(first)
    expect(told.length).to.equal(3)
  })

  it('tell of silence where one is given up and nothing was heard for long', async () => {
    answer(ask('before', 100))
    await clock.advance(1)
    ask('in vain', 1500)
    ask('with it', 2000)
    await clock.advance(1500)
    expect(silences).to.deep.equal(['no answer within 1500 ms'])
  })

  it('tell of none where one had little time', async () => {
    ask('in a hurry', 20)
    await clock.advance(20)
    expect([told, silences]).to.deep.equal([['in a hurry: no answer within 20 ms'], []])
    await clock.advance(1000)
    ask('in a hurry again', 20)
    await clock.advance(20)
    expect(silences).to.deep.equal(['no answer within 20 ms'])
  })

  it('tell of none where something else was heard', async () => {
    ask('slow', 1500)
    await clock.advance(1499)
    questions.heard()
    await clock.advance(1)
    expect([told, silences]).to.deep.equal([['slow: no answer within 1500 ms'], []])
  })

  it('fail together, and no timer is left', async () => {
    ask('first', 100)
    ask('second', 200)
    questions.fail('cut')
    expect(told).to.deep.equal(['first: cut', 'second: cut'])
    await clock.advance(1000)
    expect([told.length, silences]).to.deep.equal([2, []])
    ask('third', 10)
    await clock.advance(10)
    expect(told.length).to.equal(3)
  })
})
