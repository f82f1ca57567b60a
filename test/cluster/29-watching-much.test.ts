/** Watching where there is very much, all of which is written meanwhile: all of it is told, and nobody else waits for that. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect } from 'chai'
import { Book } from '../support/book.ts'
import { post } from '../support/cluster.ts'
import { ProcessCluster } from '../support/processes.ts'
import { until } from '../support/until.ts'

const KEYS = 200_000
const AT_ONCE = 1000
const WRITERS = 2
const MIB = 2 ** 20
const STATE = '/api/v1/watch?prefix=stock:&snapshot=1'

const keyOf = (index: number) => `stock:${index}`

/** A stock of many keys, all of which are written again and again: what was acknowledged last is known. */
class Stock {
  readonly data: number[] = []
  readonly #url: string
  #isOver = false
  #running: Promise<unknown> = Promise.resolve()

  constructor(url: string) {
    this.#url = url
  }

  async fill(): Promise<void> {
    await this.#eachWriter(async (first) => {
      for (let index = first; index < first + KEYS / WRITERS; index += AT_ONCE) await this.#write(index, 1, 1)
    })
  }

  begin(): void {
    this.#running = this.#eachWriter(async (first) => {
      const apart = KEYS / WRITERS / AT_ONCE
      for (let round = 0; !this.#isOver; round++) await this.#write(first + (round % apart), apart, 2 + round)
    })
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#running
  }

  /** Each has keys of his own. */
  async #eachWriter(write: (first: number) => Promise<void>): Promise<void> {
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write((writer * KEYS) / WRITERS)))
  }

  async #write(first: number, apart: number, data: number): Promise<void> {
    let left = Array.from({ length: AT_ONCE }, (_, place) => first + place * apart)
    while (left.length > 0) {
      const ops = left.map((index) => ({ op: 'set', key: keyOf(index), data }))
      const { body } = await post(`${this.#url}/api/v1/batch`, { ops })
      const results = body['results'] as { status: number }[]
      const isDone = (place: number) => (results[place]?.status ?? 503) < 300
      for (const [place, index] of left.entries()) if (isDone(place)) this.data[index] = data
      left = left.filter((_, place) => !isDone(place))
    }
  }
}

/** Asks for a value again and again, until all is over. */
async function askUntil(over: Promise<unknown>, url: string): Promise<number> {
  let isOver = false
  void over.finally(() => {
    isOver = true
  })
  let count = 0
  for (; !isOver; count++) expect((await fetch(url)).status).to.equal(200)
  return count
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith(`${name} `))
  return Number(line?.split(' ').at(-1))
}

describe('a state of 200,000 keys', () => {
  it('is told while all of them are written, what changes follows without a hole, and nobody waits for it', async function () {
    this.timeout(180_000)
    await using cluster = await ProcessCluster.start(['a', 'b'], { node: { LOG_LEVEL: 'warn' } })
    const [near, far] = [cluster.member('a').url, cluster.member('b').url]
    const stock = new Stock(far)
    await stock.fill()
    stock.begin()
    // Who reads nothing of it is not kept in memory, and keeps nobody waiting.
    const idle = Array.from({ length: 2 }, () => connect(Number(new URL(near).port), '127.0.0.1'))
    for (const socket of idle) socket.write(`GET ${STATE} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
    await using book = await Book.open({ urls: [near], query: new URL(STATE, near).search })
    const isEnd = ({ event }: { event: string }) => event === 'snapshot-end' || event === 'gap'
    const ended = until(
      async () => book.heard.find(isEnd),
      (end) => end !== undefined,
      90_000,
    )
    expect(await askUntil(ended, `${near}/api?key=${keyOf(0)}`)).to.be.above(20)
    expect((await ended)?.event).to.equal('snapshot-end')
    expect(await metric(near, 'larder_inflight_bytes')).to.be.below(idle.length * MIB)
    const closed = idle.map((socket) => once(socket, 'close'))
    for (const socket of idle) socket.destroy()
    await Promise.all(closed)
    await stock.stop()
    const isWrong = (data: number, index: number) => book.now.get(keyOf(index))?.['data'] !== data
    await until(
      async () => stock.data.filter(isWrong).length,
      (wrong) => wrong === 0,
      30_000,
    )
    expect(book.gaps).to.equal(0)
  })
})
