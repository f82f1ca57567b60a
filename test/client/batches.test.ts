/** When the calls of a client are sent, and with which others. */
import { expect } from 'chai'
import { Batches } from '../../client/batches.ts'
import type { Exchange, Outcome } from '../../client/exchange.ts'
import { Node } from '../../client/nodes.ts'
import { until } from '../support/until.ts'

/** A node that answers when it is told to. */
class Stage {
  readonly sent: {
    readonly keys: readonly string[]
    readonly headers: Exchange['headers']
    answer(): void
  }[] = []
  readonly #node = new Node('http://127.0.0.1:1')
  readonly #batches: Batches

  constructor(longMs: number) {
    this.#batches = new Batches({
      ask: (_, request) => this.#ask(request),
      headers: {},
      waitingMax: 1e5,
      longMs,
    })
  }

  call(key: number | string): Promise<Outcome> {
    const operation = { text: JSON.stringify({ key }), isRead: true, isPatient: false }
    const time = { withinMs: 1e4, leftMs: 1e4, untilMs: Infinity }
    return new Promise((settle) => this.#batches.send(this.#node, operation, time, settle))
  }

  get sizes(): number[] {
    return this.sent.map(({ keys }) => keys.length)
  }

  #ask({ body, headers }: Exchange): Promise<Outcome> {
    const { ops } = JSON.parse(String(body))
    const answered = {
      type: 'answered',
      status: 200,
      headers: new Headers(),
      body: { results: ops.map(() => ({ status: 200 })) },
    } as const
    return new Promise((resolve) => {
      this.sent.push({
        keys: ops.map(({ key }: { key: string }) => key),
        headers,
        answer: () => resolve(answered),
      })
    })
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
/** No test lasts as long. */
const NEVER_MS = 1e6

describe('client: what comes while a batch is under way', () => {
  it('is the next one, with what those call who are answered', async () => {
    const stage = new Stage(NEVER_MS)
    const first = stage.call('a').then(() => stage.call('d'))
    await turn()
    const others = [stage.call('b')]
    await turn()
    others.push(stage.call('c'))
    await turn()
    expect(stage.sizes).deep.equal([1])
    stage.sent[0]?.answer()
    await until(
      async () => stage.sent.length,
      (count) => count > 1,
    )
    stage.sent[1]?.answer()
    await Promise.all([first, ...others])
    expect(stage.sent.map(({ keys }) => keys)).deep.equal([['a'], ['b', 'c', 'd']])
  })

  it('goes beside it where it fills a batch, up to some', async () => {
    const stage = new Stage(NEVER_MS)
    const all = Array.from({ length: 5500 }, (_, index) => stage.call(index))
    await turn()
    expect(stage.sizes).deep.equal([1000, 1000, 1000, 1000])
    for (const index of [0, 1, 2, 3, 4, 5]) {
      await until(
        async () => stage.sent[index],
        (sent) => sent !== undefined,
      )
      stage.sent[index]?.answer()
    }
    await Promise.all(all)
    expect(stage.sizes).deep.equal([1000, 1000, 1000, 1000, 1000, 500])
  })

  it('goes beside one that takes long', async () => {
    const stage = new Stage(1)
    const calls = [stage.call('waits for something')]
    await turn()
    calls.push(stage.call('needs nothing'))
    await until(
      async () => stage.sizes,
      (sizes) => sizes.length === 2,
    )
    for (const { answer } of stage.sent) answer()
    await Promise.all(calls)
  })

  it('is asked for as it is: to code it would cost more', async () => {
    const stage = new Stage(NEVER_MS)
    const call = stage.call('a')
    await turn()
    expect(stage.sent[0]?.headers).include({ 'accept-encoding': 'identity' })
    stage.sent[0]?.answer()
    await call
  })
})
