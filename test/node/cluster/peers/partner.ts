/** Another member at the other end of a connection that a test writes for it, and the peer that speaks to it. */
import { type Logger, pino } from 'pino'
import { Counter, Registry } from 'prom-client'
import { createClusterMetrics } from '../../../../node/cluster/metrics.ts'
import type { PeerResponse, Posted } from '../../../../node/cluster/peers/connection.ts'
import type { Peer } from '../../../../node/cluster/peers/peer.ts'
import { Peers } from '../../../../node/cluster/peers/peers.ts'
import { decodeRequest, EXECUTE_PATH, encodeResponse } from '../../../../node/cluster/wire/execute.ts'
import { MEET_PATH } from '../../../../node/cluster/wire/meet.ts'
import type { Result } from '../../../../node/cluster/wire/reply.ts'
import { decodeSlotRequest, encodeSlotResponse } from '../../../../node/cluster/wire/slots.ts'
import { nowBy } from '../../../../node/cluster/wire/times.ts'
import { StampClock } from '../../../../node/entries/stamp.ts'
import type { Reply } from '../../../../shared/command.ts'
import { FakeClock } from '../../../support/clock.ts'
import { memberOf } from '../../../support/views.ts'

const self = { ...memberOf('a'), version: '1.2.3' }
const b = memberOf('b')
type Answering = (posted: Posted) => PeerResponse | PromiseLike<PeerResponse>

export class Partner {
  readonly clock = new FakeClock()
  readonly peers: Peers
  /** How often it was met, and the formats of the frames that it got. */
  meetings = 0
  /** How often its ways were opened. */
  opened = 0
  readonly heard: number[] = []
  /** Members that have refused a connection. */
  readonly refused: string[] = []
  readonly told: Record<string, unknown>[] = []
  readonly registry = new Registry()
  /** Whether the member that speaks to it leaves. */
  isParting = false
  opens: () => Promise<void> = async () => {}
  meets: Answering = () => introducing([4, 3])
  answers: Answering = (posted) => this.#answer(posted)
  result: Result = { reply: { type: 'missing', owner: 'b' } }

  constructor() {
    this.peers = new Peers({
      self,
      clock: this.clock,
      log: this.#log,
      metrics: createClusterMetrics(this.registry),
      stamps: new StampClock('a-1'),
      connect: () => ({
        open: () => this.#open(),
        post: (posted) => this.#post(posted),
        close() {},
      }),
      view: () => undefined,
      learn() {},
      isParting: () => this.isParting,
      onRefused: ({ id }) => void this.refused.push(id),
    })
  }

  get peer(): Peer {
    return this.peers.of(b)
  }

  /** What becomes of a read there: its reply, or the code and the status of its error. */
  async read(timeoutMs = 1000): Promise<string> {
    const options = { deadlineAtMs: this.clock.now() + timeoutMs, requestId: 'r', traced: false }
    const reading: Promise<Reply> = this.peer.execute({ type: 'value.get', key: 'k' }, options)
    return await reading.then(
      ({ type }) => type,
      ({ code, status }) => `${code} ${status}`,
    )
  }

  /** What the log tells of strangers. */
  get strangers(): Record<string, unknown>[] {
    return this.told.filter(({ msg }) => String(msg).includes('understood'))
  }

  async counted(name: string): Promise<number> {
    const metric = this.registry.getSingleMetric(name)
    if (!(metric instanceof Counter)) throw new Error(`there is no counter ${name}`)
    const { values } = await metric.get()
    return values.reduce((sum, { value }) => sum + value, 0)
  }

  async #open(): Promise<void> {
    this.opened++
    await this.opens()
  }

  async #post(posted: Posted): Promise<PeerResponse> {
    if (posted.path === MEET_PATH) {
      this.meetings++
      return await this.meets(posted)
    }
    this.heard.push(posted.body[0] ?? -1)
    return await this.answers(posted)
  }

  #answer({ path, body }: Posted): PeerResponse {
    if (path === EXECUTE_PATH) {
      const { commands, ...said } = decodeRequest(body, nowBy(this.clock))
      return {
        status: 200,
        body: encodeResponse({ ...said, results: commands.map(() => this.result) }, nowBy(this.clock)),
      }
    }
    return {
      status: 200,
      body: encodeSlotResponse(
        { ...decodeSlotRequest(body, nowBy(this.clock)), answers: [[]] },
        nowBy(this.clock),
      ),
    }
  }

  get #log(): Logger {
    return pino({ level: 'info' }, { write: (line: string) => this.told.push(JSON.parse(line)) })
  }
}

export function introducing(formats: readonly number[], version = '9.0.0'): PeerResponse {
  return answering(200, { id: 'b', incarnation: 'b-1', version, formats })
}

/** An answer of this status: an object as JSON, a text as it is. */
export function answering(status: number, body: object | string): PeerResponse {
  return { status, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }
}

export function failing(code: string): Answering {
  return () => Promise.reject(Object.assign(new Error(code), { code }))
}
