/** Whoever hands commands on, speaking HTTP or not: what goes with them, and how long all of them may take. */
import { expect } from 'chai'
import { type Caller, createDispatch } from '../../node/dispatch.ts'
import type { Engine, ExecuteOptions } from '../../node/engine.ts'
import type { Command, Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import type { Eventual } from '../../shared/eventual.ts'
import { EVERYTHING, type Rights } from '../../shared/rights.ts'
import { FakeClock } from '../support/clock.ts'

const TIMEOUT_MS = 2000
const GET: Command = { type: 'value.get', key: 'k' }
const MISSING: Reply = { type: 'missing', owner: 'a' }

/** A clock that counts how often it is looked at. */
class CountingClock extends FakeClock {
  looks = 0

  override now(): number {
    this.looks++
    return super.now()
  }
}

class Bench implements Engine {
  readonly clock = new CountingClock()
  readonly dispatch = createDispatch(this, this.clock, TIMEOUT_MS)
  readonly seen: ExecuteOptions[] = []
  answer: () => Eventual<Reply> = () => MISSING

  execute(_command: Command, options: ExecuteOptions): Eventual<Reply> {
    this.seen.push(options)
    return this.answer()
  }
}

/** What speaks another protocol has no more than this of a request. */
class Line implements Caller {
  readonly traced = true
  readonly rights: Rights = EVERYTHING
  deadlineAtMs?: number
  names = 0

  get id(): string {
    this.names++
    return 'line-1'
  }
}

describe('a caller that is no HTTP request', () => {
  it('is answered in the same turn where the engine does so, and neither named nor timed for it', () => {
    const [bench, line] = [new Bench(), new Line()]
    expect(bench.dispatch(line, GET)).to.equal(MISSING)
    expect(bench.clock.looks).to.equal(0)
    expect(line.names).to.equal(0)
    expect(line.deadlineAtMs).to.equal(undefined)
  })

  it('is followed by its name to whoever carries out its commands', () => {
    const [bench, line] = [new Bench(), new Line()]
    void bench.dispatch(line, GET)
    expect(bench.seen[0]).to.include({ requestId: 'line-1', traced: true })
  })

  it('has one deadline, however many commands it takes, from the first that it has to wait for', async () => {
    const [bench, line] = [new Bench(), new Line()]
    const startMs = bench.clock.now()
    void bench.dispatch(line, GET)
    await bench.clock.advance(300)
    bench.answer = async () => MISSING
    await bench.dispatch(line, GET)
    await bench.clock.advance(500)
    await bench.dispatch(line, GET)
    expect(line.deadlineAtMs).to.equal(startMs + 300 + TIMEOUT_MS)
    expect(bench.seen.map(({ deadlineAtMs }) => deadlineAtMs)).to.deep.equal(
      Array(3).fill(startMs + 300 + TIMEOUT_MS),
    )
  })

  it('may wait longer for what takes longer', () => {
    const [bench, line] = [new Bench(), new Line()]
    void bench.dispatch(line, GET, 10 * TIMEOUT_MS)
    expect(bench.seen[0]?.deadlineAtMs).to.equal(bench.clock.now() + 10 * TIMEOUT_MS)
  })

  it('gets what the engine throws, now or later', async () => {
    const [bench, line] = [new Bench(), new Line()]
    const refused = new LarderError('REFUSED', 'scripted')
    bench.answer = () => {
      throw refused
    }
    expect(() => bench.dispatch(line, GET)).to.throw(refused.message)
    bench.answer = () => Promise.reject(refused)
    const outcome = await Promise.try(() => bench.dispatch(line, GET)).then(
      () => undefined,
      (error) => error,
    )
    expect(outcome).to.equal(refused)
  })
})
