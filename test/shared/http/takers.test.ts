/** Clients that do not take their answers, by a clock of their own. */
import { expect } from 'chai'
import { pino } from 'pino'
import { TAKING_MAX_MS, type Taker, Takers } from '../../../shared/http/takers.ts'
import { FakeClock } from '../../support/clock.ts'

class Client implements Taker {
  destroyed = false
  left = 8 * 2 ** 20
  released = 0

  destroy(): void {
    this.destroyed = true
  }

  /** An answer that is over once nothing of it is left. */
  readonly answer = {
    left: () => this.left,
    isOver: () => this.left === 0,
    release: () => {
      this.released++
    },
  }
}

describe('those who take their answers', () => {
  let clock: FakeClock
  let takers: Takers
  beforeEach(() => {
    clock = new FakeClock()
    takers = new Takers({ clock, log: pino({ level: 'silent' }) })
  })

  it('are cut off once they have taken nothing for too long', async () => {
    const client = new Client()
    takers.follow(client, client.answer)
    await clock.advance(TAKING_MAX_MS - 1000)
    expect(client.destroyed).to.equal(false)
    await clock.advance(2000)
    expect(client).to.include({ destroyed: true, released: 1 })
    expect(takers.cutOff).to.equal(1)
  })

  it('are cut off as well when they take next to nothing at a time', async () => {
    const client = new Client()
    takers.follow(client, client.answer)
    for (let second = 0; second <= TAKING_MAX_MS / 1000; second++) {
      await clock.advance(1000)
      client.left -= 1000
    }
    expect(client).to.include({ destroyed: true, released: 1 })
  })

  it('may be slow, as long as they take something that is worth it', async () => {
    const client = new Client()
    takers.follow(client, client.answer)
    while (client.left > 0) {
      await clock.advance(1000)
      client.left = Math.max(0, client.left - 20_000)
    }
    await clock.advance(1000)
    expect(client).to.include({ destroyed: false, released: 1 })
    expect(takers.cutOff).to.equal(0)
  })

  it('are judged by all that they have asked for, not by what waits behind something else', async () => {
    const client = new Client()
    const behind = { left: () => 1000, isOver: () => client.left === 0, release: () => client.released++ }
    takers.follow(client, client.answer)
    takers.follow(client, behind)
    for (let minute = 0; minute < 3; minute++) {
      await clock.advance(20_000)
      client.left -= 2 ** 20
    }
    expect(client.destroyed).to.equal(false)
    client.left = 0
    await clock.advance(1000)
    expect(client.released).to.equal(2)
  })

  it('have time from when there is something to take', async () => {
    const client = new Client()
    client.left = 0
    takers.follow(client, { ...client.answer, isOver: () => false })
    await clock.advance(10 * TAKING_MAX_MS)
    client.left = 2 ** 20
    await clock.advance(TAKING_MAX_MS - 2000)
    expect(client.destroyed).to.equal(false)
    await clock.advance(4000)
    expect(client.destroyed).to.equal(true)
  })

  it('give everything back when they are gone, or done, and nobody looks any more', async () => {
    const [gone, done] = [new Client(), new Client()]
    takers.follow(gone, gone.answer)
    takers.follow(done, done.answer)
    gone.destroyed = true
    takers.end(done, done.answer)
    expect(done.released).to.equal(1)
    await clock.advance(1000)
    expect([gone.released, done.released]).to.deep.equal([1, 1])
    await clock.advance(10 * TAKING_MAX_MS)
    expect([gone.released, done.released, takers.cutOff]).to.deep.equal([1, 1, 0])
  })
})
