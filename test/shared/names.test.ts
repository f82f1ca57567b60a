/** Names that are found, not found, or looked up for ever: what whoever connects gets to know of them, and when. */
import { expect } from 'chai'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import type { Address } from '../../shared/lookups.ts'
import { Names, registerNameMetrics } from '../../shared/names.ts'
import { FakeClock, settled } from '../support/clock.ts'

const [ONE, TWO] = [
  { address: '10.0.0.1', family: 4 },
  { address: 'fd00::2', family: 6 },
]

/** A resolver that says what a test has it say, once it has it say so. */
class Bench {
  readonly clock = new FakeClock()
  readonly asked: string[] = []
  readonly told: Record<string, unknown>[] = []
  readonly names: Names
  readonly #open = new Map<string, PromiseWithResolvers<readonly Address[]>>()

  constructor() {
    const log = pino({ level: 'info' }, { write: (line: string) => this.told.push(JSON.parse(line)) })
    this.names = new Names({ clock: this.clock, log, resolve: (name) => this.#resolve(name) })
  }

  #resolve(name: string): Promise<readonly Address[]> {
    this.asked.push(name)
    const open = Promise.withResolvers<readonly Address[]>()
    this.#open.set(name, open)
    return open.promise
  }

  async finds(name: string, ...addresses: readonly Address[]): Promise<void> {
    this.#open.get(name)?.resolve(addresses)
    await settled()
  }

  async findsNothing(name: string, code = 'ENOTFOUND'): Promise<void> {
    this.#open.get(name)?.reject(Object.assign(new Error(code), { code }))
    await settled()
  }

  /** What it comes to; nothing as long as that is open. */
  ask(name: string): { said?: readonly string[] } {
    const answer: { said?: readonly string[] } = {}
    this.names.find(name).then(
      (addresses) => {
        answer.said = addresses.map(({ address }) => address)
      },
      ({ code }) => {
        answer.said = [code]
      },
    )
    return answer
  }

  async known(name: string, ...addresses: readonly Address[]): Promise<void> {
    this.ask(name)
    await settled()
    await this.finds(name, ...addresses)
  }
}

describe('names', () => {
  let bench: Bench
  beforeEach(() => {
    bench = new Bench()
  })

  it('are looked up once for all who ask, however they are written, and for those who ask in the next second', async () => {
    const answers = ['soup', 'SOUP', 'soup'].map((name) => bench.ask(name))
    await settled()
    await bench.finds('soup', ONE, TWO)
    await bench.clock.advance(999)
    answers.push(bench.ask('soup'))
    await settled()
    expect(answers.map(({ said }) => said)).to.deep.equal(Array(4).fill(['10.0.0.1', 'fd00::2']))
    expect(bench.asked).to.deep.equal(['soup'])
    await bench.clock.advance(1)
    bench.ask('soup')
    await settled()
    expect(bench.asked).to.deep.equal(['soup', 'soup'])
  })

  it('have the addresses that were good last while a lookup lasts, after a tenth of a second', async () => {
    await bench.known('soup', ONE, TWO)
    await bench.clock.advance(1000)
    const first = bench.ask('soup')
    await bench.clock.advance(99)
    expect(first.said).to.equal(undefined)
    await bench.clock.advance(1)
    expect(first.said).to.deep.equal(['10.0.0.1', 'fd00::2'])
    const second = bench.ask('soup')
    await settled()
    expect(second.said, 'at once, as it lasts').to.deep.equal(['10.0.0.1', 'fd00::2'])
    await bench.finds('soup', TWO)
    const third = bench.ask('soup')
    await settled()
    expect(third.said).to.deep.equal(['fd00::2'])
  })

  it('have them while lookups fail, for a day', async () => {
    await bench.known('soup', ONE)
    const DAY_MS = 86_400_000
    for (const ageMs of [1000, DAY_MS - 1000, DAY_MS + 1000]) {
      await bench.clock.advance(ageMs - (bench.asked.length > 1 ? 1000 : 0))
      const answer = bench.ask('soup')
      await settled()
      await bench.findsNothing('soup')
      expect(answer.said).to.deep.equal(ageMs > DAY_MS ? ['ENOTFOUND'] : ['10.0.0.1'])
    }
  })

  it('that were never found are waited for for ten seconds, and what comes later is there for the next', async () => {
    const answer = bench.ask('soup')
    await bench.clock.advance(9999)
    expect(answer.said).to.equal(undefined)
    await bench.clock.advance(1)
    expect(answer.said).to.deep.equal(['EAI_AGAIN'])
    await bench.finds('soup', ONE)
    const next = bench.ask('soup')
    await settled()
    expect(next.said).to.deep.equal(['10.0.0.1'])
    expect(bench.asked).to.deep.equal(['soup'])
  })

  it('that are not found rest for as long as that took, and are refused at once meanwhile', async () => {
    for (const [tookMs, restsMs] of [
      [0, 100],
      [700, 700],
      [9000, 5000],
    ] as const) {
      bench.ask('gone')
      await bench.clock.advance(tookMs)
      await bench.findsNothing('gone')
      const { length } = bench.asked
      await bench.clock.advance(restsMs - 1)
      const answer = bench.ask('gone')
      await settled()
      expect([answer.said, bench.asked.length]).to.deep.equal([['ENOTFOUND'], length])
      await bench.clock.advance(1)
    }
  })

  it('leave one lookup behind, however many attempts were given up', async () => {
    for (let attempt = 0; attempt < 100; attempt++) {
      bench.ask('gone')
      await bench.clock.advance(250)
    }
    expect([bench.asked, bench.names.counts.waiting]).to.deep.equal([['gone'], 1])
  })

  it('are told of in the log when they begin to fail and are found again, and counted every time', async () => {
    const registry = new Registry()
    registerNameMetrics(registry, bench.names)
    await bench.known('soup', ONE)
    for (let time = 0; time < 2; time++) {
      await bench.clock.advance(1000)
      bench.ask('soup')
      await settled()
      await bench.findsNothing('soup', 'EAI_AGAIN')
    }
    await bench.clock.advance(1000)
    await bench.known('soup', TWO)
    expect(bench.told.map(({ level, name, addresses }) => ({ level, name, addresses }))).to.deep.equal([
      { level: 40, name: 'soup', addresses: ['10.0.0.1'] },
      { level: 30, name: 'soup', addresses: undefined },
    ])
    const metrics = await registry.metrics()
    expect(metrics).to.include('larder_name_lookups_total{outcome="failed"} 2')
    expect(metrics).to.include('larder_name_lookups_total{outcome="found"} 2')
    expect(metrics).to.include('larder_name_lookups_waiting 0')
  })

  it('are forgotten beyond a thousand, those first that were not asked for the longest', async () => {
    await bench.known('soup', ONE)
    for (let index = 0; index < 1000; index++) await bench.known(`dish${index}`, TWO)
    bench.ask('soup')
    await settled()
    expect(bench.asked.filter((name) => name === 'soup')).to.have.length(2)
  })
})
