/** Whoever answers on a channel what it was asked, and who asks. */
import type { Duplex } from 'node:stream'
import { pino } from 'pino'
import type { Channel, FrameRow } from '../../../../node/cluster/peers/channel.ts'
import { channelRoute } from '../../../../node/cluster/peers/channel-route.ts'
import { HttpConnection } from '../../../../node/cluster/peers/connection.ts'
import { EXECUTE_PATH } from '../../../../node/cluster/wire/execute.ts'
import { systemClock } from '../../../../shared/clock.ts'
import { LarderError } from '../../../../shared/errors.ts'
import { createHttpMetrics } from '../../../../shared/http/metrics.ts'
import { empty } from '../../../../shared/http/response.ts'
import type { Route } from '../../../../shared/http/route.ts'
import { HttpService } from '../../../../shared/http/service.ts'
import { testMeans } from '../../../support/means.ts'

export const BYTES_MAX = 100_000

/** A service that answers on a channel, and over HTTP, what it was asked. */
export class Echo implements AsyncDisposable {
  readonly metrics = createHttpMetrics()
  readonly asked: string[] = []
  /** What the answer waits for. */
  waitsFor: Promise<unknown> = Promise.resolve()
  channels = 0
  /** Of these: those that are not closed. */
  open = 0
  /** By the life that has opened them. */
  readonly taken = new Map<string, Channel>()
  readonly #sockets = new Set<Duplex>()
  #http: HttpService | undefined

  static async start(memberSecrets: readonly string[] = []): Promise<Echo> {
    const echo = new Echo()
    const log = pino({ level: 'silent' })
    echo.#http = await HttpService.listen({ host: '127.0.0.1', port: 0, log, metrics: echo.metrics })
    echo.#http.serve([echo.#channel, echo.#held], { memberSecrets })
    return echo
  }

  get http(): HttpService {
    if (this.#http === undefined) throw new Error('it does not listen yet')
    return this.#http
  }

  get row(): FrameRow {
    const answer = async (frame: Buffer) => {
      this.asked.push(String(frame))
      await this.waitsFor
      if (String(frame) === 'nonsense') throw new LarderError('BAD_REQUEST', 'That is nonsense.')
      return frame
    }
    return { path: EXECUTE_PATH, summary: '', answer }
  }

  get #channel(): Route {
    const { taken } = this
    const self = { id: 'b', incarnation: 'b-1' }
    const route = channelRoute({
      self,
      taken,
      clock: systemClock,
      rows: [this.row],
      questionBytesMax: BYTES_MAX,
    })
    const upgrade: Route['upgrade'] = route.upgrade && {
      ...route.upgrade,
      take: (socket, ...others) => {
        this.channels++
        this.open++
        this.#sockets.add(socket)
        socket.once('close', () => this.open--)
        return route.upgrade?.take?.(socket, ...others) ?? { bytes: 0, close() {} }
      },
    }
    return { ...route, ...(upgrade && { upgrade }) }
  }

  /** Without a word. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Over HTTP, what waits for the same. */
  get #held(): Route {
    return {
      ...{ method: 'GET', path: '/held', summary: '', access: 'open', answers: {} },
      handle: async () => {
        await this.waitsFor
        return empty(200)
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.http.close(0)
  }
}

/** From `a` to whoever is said to be `b`. */
export function connectionTo(port: number, clock = systemClock, secrets: readonly string[] = []) {
  const member = { id: 'b', url: `http://127.0.0.1:${port}`, incarnation: 'b-1', since: 1 }
  const connection = new HttpConnection(member, {
    clock,
    self: { id: 'a', incarnation: 'a-1' },
    clusterSecrets: secrets,
    connectionsMax: 100,
    inFlight: testMeans().inFlight,
    told() {},
    listening: { taken: undefined, opened: new Set(), answering: { rows: [], questionBytesMax: BYTES_MAX } },
  })
  const ask = (text: string, timeoutMs = 5000) =>
    connection.post({ lane: 'commands', path: EXECUTE_PATH, body: Buffer.from(text), timeoutMs })
  return { ask, open: () => connection.open(), [Symbol.dispose]: () => connection.close() }
}

export async function failureOf(asking: Promise<unknown>): Promise<Error & { code?: string }> {
  const failed = await asking.then(
    (answer) => new Error(`it was answered: ${JSON.stringify(answer)}`),
    (error) => error,
  )
  return failed
}
