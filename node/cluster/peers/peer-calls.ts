/**
 * What every call to another member has in common: it shows the view that this member goes by and learns the other's
 * where that is later, and it says what a failure means.
 */
import type { Clock } from '../../../shared/clock.ts'
import { isErrorCode, LarderError } from '../../../shared/errors.ts'
import type { Log } from '../../../shared/log.ts'
import { Trouble } from '../../../shared/trouble.ts'
import type { Member, View } from '../../../shared/view.ts'
import type { StampClock } from '../../entries/stamp.ts'
import type { ClusterMetrics } from '../metrics.ts'
import type { Preamble } from '../wire/calls.ts'
import type { Connection, Lane } from './connection.ts'
import { isNotConnected } from './not-connected.ts'

export interface PeerCallsOptions {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: ClusterMetrics
  /** The view that this member goes by. */
  view(): View | undefined
  /** Called with a later view that the member has shown. */
  learn(view: View): void
  readonly stamps: StampClock
  /** Called when the member refused a connection. */
  onRefused(member: Member): void
}

export interface PeerCall<Answer> {
  readonly lane: Lane
  readonly path: string
  readonly timeoutMs: number
  encode(preamble: Preamble): Buffer
  decode(answer: Buffer): Answer
  /** For the log, when it fails. */
  readonly requestIds?: readonly string[]
}

export class PeerCalls {
  readonly #member: Member
  readonly #connection: Connection
  readonly #options: PeerCallsOptions
  readonly #failing: Trouble
  /** What the member has last shown; until then it is believed to know everything. */
  #epoch = Infinity

  constructor(member: Member, connection: Connection, options: PeerCallsOptions) {
    this.#member = member
    this.#connection = connection
    this.#options = options
    this.#failing = new Trouble(options.log, { begins: 'a peer fails', ends: 'a peer answers again' })
  }

  /** @throws LarderError REFUSED where nothing can have come of it, UNREACHABLE where that is open. */
  async call<Answer extends Preamble>(call: PeerCall<Answer>): Promise<Answer> {
    try {
      const answer = await this.#post(call)
      this.#failing.end({ peer: this.#member.id })
      return answer
    } catch (error) {
      throw this.#explain(error, call.requestIds)
    }
  }

  close(): void {
    this.#connection.close()
  }

  async #post<Answer extends Preamble>(call: PeerCall<Answer>): Promise<Answer> {
    const view = this.#options.view()
    const epoch = view?.epoch ?? 0
    const { time } = this.#options.stamps
    const body = call.encode({ epoch, time, view: this.#epoch < epoch ? view : undefined })
    const { status, body: bytes } = await this.#connection.post({ ...call, body })
    if (status !== 200) throw this.#problem(status, bytes)
    const answer = call.decode(bytes)
    this.#epoch = answer.epoch
    this.#options.stamps.witness(answer)
    if (answer.view !== undefined) this.#options.learn(answer.view)
    return answer
  }

  #problem(status: number, bytes: Buffer): LarderError {
    const problem: unknown = JSON.parse(bytes.toString())
    const code =
      problem !== null && typeof problem === 'object' && 'code' in problem ? problem.code : undefined
    return new LarderError(isErrorCode(code) ? code : 'UNREACHABLE', `${this.#member.id} answered ${status}.`)
  }

  /** Every failure counts. */
  #explain(error: unknown, requestIds: readonly string[] = []): LarderError {
    const { id } = this.#member
    const { metrics, onRefused } = this.#options
    const explained = error instanceof LarderError ? error : unanswered(id, error)
    metrics.forwardFailures.inc({ peer: id, code: explained.code })
    this.#failing.begin({ peer: id, code: explained.code, requestIds, error })
    if (explained.code === 'REFUSED') onRefused(this.#member)
    return explained
  }
}

/** Without a connection nothing was carried out; without an answer on one, that is open. */
function unanswered(id: string, cause: unknown): LarderError {
  if (isNotConnected(cause)) return new LarderError('REFUSED', `${id} cannot be connected to.`, { cause })
  return new LarderError('UNREACHABLE', `${id} did not answer; whether it did as asked is open.`, { cause })
}
