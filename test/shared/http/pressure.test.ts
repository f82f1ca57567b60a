/** Who is refused when more arrives than can be answered, and who never is. */
import { expect } from 'chai'
import { pino } from 'pino'
import { Pressure } from '../../../shared/http/pressure.ts'

class Loop {
  nowMs = 0
  readonly said: string[] = []
  readonly #ends: (() => void)[] = []
  readonly #pressure = new Pressure({
    log: pino({ level: 'info' }, { write: (line: string) => void this.said.push(JSON.parse(line).msg) }),
    now: () => this.nowMs,
    afterTurn: (run) => void this.#ends.push(run),
  })

  /** A turn with so many requests of a length each. @returns how many of them were refused. */
  turn(requests: number, eachMs: number): number {
    let refused = 0
    for (let index = 0; index < requests; index++) {
      if (this.#pressure.isTooMuch(this.nowMs)) refused++
      else this.nowMs += eachMs
    }
    for (const end of this.#ends.splice(0)) end()
    return refused
  }
}

describe('the pressure on a service', () => {
  it('refuses nobody in one turn, however long', () => {
    const loop = new Loop()
    expect(loop.turn(1, 60_000)).equal(0)
    expect(loop.turn(100, 1)).equal(0)
    expect(loop.turn(500, 1)).equal(0)
  })

  it('refuses nobody while turns are short, however many there are', () => {
    const loop = new Loop()
    for (let turn = 0; turn < 1000; turn++) expect(loop.turn(99, 1)).equal(0)
    expect(loop.said).deep.equal([])
  })

  it('refuses who is late once turns stay long, and answers the others as long as a turn may last', () => {
    const loop = new Loop()
    const refused = Array.from({ length: 10 }, () => loop.turn(300, 1))
    expect(refused).deep.equal([0, 0, 0, 199, 199, 199, 199, 199, 199, 199])
    expect(loop.said).deep.equal(['more arrives than can be answered; some is refused'])
  })

  it('refuses nobody any more as soon as a turn was short', () => {
    const loop = new Loop()
    for (let turn = 0; turn < 10; turn++) loop.turn(300, 1)
    expect(loop.turn(50, 1)).equal(0)
    expect(loop.turn(300, 1)).equal(0)
    expect(loop.said.at(-1)).equal('everything that arrives is answered again')
  })
})
