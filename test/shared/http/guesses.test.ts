/** Wrong credentials: told once, counted each time, slowed by the address, and no right one is kept out by them. */
import { expect } from 'chai'
import { pino } from 'pino'
import { Guesses } from '../../../shared/http/guesses.ts'
import { FakeClock } from '../../support/clock.ts'

function guessesWithLog() {
  const clock = new FakeClock()
  const said: { level: number; msg: string; address: string; wrong?: number }[] = []
  const log = pino({}, { write: (line: string) => void said.push(JSON.parse(line)) })
  return { clock, said, guesses: new Guesses({ clock, log }) }
}

describe('wrong keys and secrets', () => {
  it('are told once when they begin, and once when they are over', async () => {
    const { clock, said, guesses } = guessesWithLog()
    for (let count = 0; count < 30; count++) {
      guesses.note('10.0.0.1', 'key')
      await clock.advance(1000)
    }
    expect(said).to.have.length(1)
    expect(said[0]).to.include({ level: 40, address: '10.0.0.1' })
    await clock.advance(12_000)
    expect(said).to.have.length(2)
    expect(said[1]).to.include({ level: 30, address: '10.0.0.1', wrong: 30 })
    guesses.note('10.0.0.1', 'key')
    expect(said).to.have.length(3)
    guesses.stop()
  })

  it('are answered at once at first, then later and later, and at last not looked at by the dozen', async () => {
    const { clock, guesses } = guessesWithLog()
    const waits = Array.from({ length: 100 }, () => guesses.note('10.0.0.1', 'key'))
    expect(waits.slice(0, 20)).to.deep.equal(Array(20).fill(0))
    expect(waits[30]).to.be.above(waits[25] ?? Infinity)
    expect(Math.max(...waits.map((wait) => wait ?? 0))).to.be.at.most(5000)
    expect(waits.at(-1)).to.equal(undefined)
    expect(guesses.note('10.0.0.2', 'key'), 'of another address').to.equal(0)
    await clock.advance(60_000)
    expect(guesses.note('10.0.0.1', 'key'), 'much later').to.equal(0)
    guesses.stop()
  })

  it('never take more than a bounded table, nor more lines', () => {
    const { said, guesses } = guessesWithLog()
    for (let index = 0; index < 5000; index++) guesses.note(`10.0.${index >> 8}.${index & 255}`, 'key')
    expect(said).to.have.length(1001)
    expect(said.at(-1)).to.include({ address: 'further addresses' })
    guesses.stop()
  })

  it('of one network of IPv6 are of one address', () => {
    const { said, guesses } = guessesWithLog()
    for (let index = 1; index < 100; index++) guesses.note(`2001:db8::${index}`, 'secret')
    expect(said).to.have.length(1)
    guesses.stop()
  })
})
