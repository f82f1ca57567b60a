/**
 * What every call to another member has in common: it is made once the two have met, it shows the view that this member
 * goes by and learns the other's where that is later, and it says what a failure means.
 */
import { type Clock, inTime } from '../../../shared/clock.ts'
import { LarderError, messageOf } from '../../../shared/errors.ts'
import type { Log } from '../../../shared/log.ts'
import { Trouble } from '../../../shared/trouble.ts'
import type { Member, View } from '../../../shared/view.ts'
import type { StampClock } from '../../entries/stamp.ts'
import type { ClusterMetrics } from '../metrics.ts'
import { type Heard, type Preamble, UNKNOWN } from '../wire/calls.ts'
import type { Connection, Lane } from './connection.ts'
import { answered, type Contact, failed, heard, misheard } from './contact.ts'
import { Meeting } from './meeting.ts'
import { isNotConnected } from './not-connected.ts'
import { PeerClock } from './peer-clock.ts'
import {
  AnotherLifeError,
  isPassing,
  NotUnderstoodError,
  refusalOf,
  SecretRefusedError,
  understood,
} from './refusal.ts'
import type { Strangers } from './strangers.ts'

export interface PeerCallsOptions {
  /** This member. */
  readonly self: Member
  readonly connection: Connection
  /** Where it is noted what comes of calls. */
  readonly contact: Contact
  readonly clock: Clock
  readonly log: Log
  readonly metrics: ClusterMetrics
  /** Where it is noted who is not understood. */
  readonly strangers: Strangers
  /** The view that this member goes by. */
  view(): View | undefined
  /** Called with a later view that the member has shown. */
  learn(view: View): void
  readonly stamps: StampClock
  /** Whether it is no trouble if that member does not answer: one of the two leaves, or has left. */
  isParting(member: Member): boolean
  /** Called when the member refused a connection. */
  onRefused(member: Member): void
}

export interface PeerCall<Answer> {
  readonly lane: Lane
  readonly path: string
  readonly deadlineAtMs: number
  /** Fires when nobody wants the answer any more. */
  readonly signal?: AbortSignal | undefined
  encode(preamble: Preamble): Buffer
  decode(answer: Buffer): Answer
  /** For the log, when it fails. */
  readonly requestIds?: readonly string[]
}

const PARTING = {
  begins: 'a peer does not answer any more, as one of the two leaves',
  level: 'info',
} as const

export class PeerCalls {
  readonly #member: Member
  readonly #peerClock: PeerClock
  readonly #options: PeerCallsOptions
  readonly #meeting: Meeting
  readonly #failing: Trouble
  #isClosed = false
  /** What the member has last shown; until then it is believed to know everything. */
  #epoch = Infinity

  constructor(member: Member, options: PeerCallsOptions) {
    this.#member = member
    this.#options = options
    this.#meeting = new Meeting({ ...options, member })
    this.#peerClock = new PeerClock(member.id, options.contact, options.log)
    this.#failing = new Trouble(options.log, { begins: 'a peer fails', ends: 'a peer answers again' })
  }

  /** Agrees on a format, and opens the ways that are kept open, where that is not done yet. @throws LarderError as `call`. */
  async open(): Promise<void> {
    if (this.#meeting.format === undefined) await this.#told(() => this.#meeting.begin())
    if (this.#isClosed) return
    try {
      await this.#options.connection.open()
    } catch (error) {
      throw this.#isClosed ? error : this.#explain(error)
    }
  }

  /** @throws LarderError REFUSED where nothing can have come of it, UNREACHABLE where that is open. */
  call<Answer extends Heard>(call: PeerCall<Answer>): Promise<Answer> {
    return this.#told(async () => {
      const format = this.#meeting.format ?? (await this.#agree(call.deadlineAtMs))
      return await this.#post(call, format)
    }, call.requestIds)
  }

  close(): void {
    this.#isClosed = true
    this.#options.connection.close()
  }

  /** What comes of it is told: to the log, the metrics and whoever asks. */
  async #told<T>(run: () => Promise<T>, requestIds?: readonly string[]): Promise<T> {
    try {
      const outcome = await run()
      heard(this.#options.contact, this.#options.clock.now())
      this.#failing.end({ peer: this.#member.id })
      this.#options.strangers.understood(this.#member)
      return outcome
    } catch (error) {
      throw this.#explain(error, requestIds)
    }
  }

  /** Whatever else waits for the meeting waits for itself. */
  #agree(deadlineAtMs: number): Promise<number> {
    const { clock } = this.#options
    const late = new LarderError('UNREACHABLE', `${this.#member.id} did not answer when it was to be met.`)
    return inTime(this.#meeting.begin(), { clock, timeoutMs: deadlineAtMs - clock.now(), late })
  }

  async #post<Answer extends Heard>(call: PeerCall<Answer>, format: number): Promise<Answer> {
    const { clock, stamps, learn, connection } = this.#options
    const { lane, path, deadlineAtMs, signal } = call
    const view = this.#options.view()
    const epoch = view?.epoch ?? 0
    const { time } = stamps
    const body = call.encode({ format, epoch, time, view: this.#epoch < epoch ? view : undefined })
    const [askedAtMs, askedWallMs] = [clock.now(), clock.wall()]
    const timeoutMs = deadlineAtMs - askedAtMs
    const response = await connection.post({ lane, path, body, signal, timeoutMs })
    if (response.status !== 200) throw refusalOf(this.#member.id, response)
    const answer = understood(call.decode, response)
    if (answer.wallMs !== undefined)
      this.#peerClock.note({ askedWallMs, tookMs: clock.now() - askedAtMs, answeredWallMs: answer.wallMs })
    this.#epoch = answer.epoch
    stamps.witness(answer)
    if (answer.view !== undefined) learn(answer.view)
    return answer
  }

  /** Every failure counts. */
  #explain(error: unknown, requestIds: readonly string[] = []): LarderError {
    const { id } = this.#member
    const { metrics, clock, contact, onRefused } = this.#options
    const explained = error instanceof LarderError ? error : unanswered(id, error)
    metrics.forwardFailures.inc({ peer: id, code: explained.code })
    if (explained.cause instanceof SecretRefusedError) metrics.secretRefused.inc({ by: id })
    if (error instanceof NotUnderstoodError) this.#isStrange(error)
    else {
      if (isPassing(explained)) answered(contact, clock.now())
      else failed(contact, clock.now(), reasonOf(explained))
      // Who leaves is no riddle: why is enough.
      if (this.#isClosed || this.#options.isParting(this.#member))
        this.#failing.begin({ peer: id, reason: reasonOf(explained) }, PARTING)
      else this.#failing.begin({ peer: id, code: explained.code, requestIds, error })
    }
    if (error instanceof AnotherLifeError) this.#meeting.forget()
    if (explained.code === 'REFUSED') onRefused(this.#member)
    return explained
  }

  #isStrange({ message: reason, isOfClock }: NotUnderstoodError): void {
    const { id, incarnation } = this.#member
    const { strangers, contact, clock } = this.#options
    const { version = UNKNOWN, formats = [] } = contact.met ?? {}
    misheard(contact, clock.now(), reason)
    strangers.note({
      id,
      incarnation,
      version,
      formats,
      reason,
      ...(isOfClock && { isOfClock }),
    })
    // Where a format was agreed on it may be somebody else who answers there by now.
    if (this.#meeting.format !== undefined) this.#meeting.forget()
  }
}

/** In words, what came instead of an answer. */
function reasonOf({ message, cause }: LarderError): string {
  return cause === undefined ? message.replace(/\.$/, '') : messageOf(cause)
}

/** Without a connection nothing was carried out; without an answer on one, that is open. */
function unanswered(id: string, cause: unknown): LarderError {
  if (cause instanceof NotUnderstoodError)
    return new LarderError('UNREACHABLE', `${id} is not understood: ${cause.message}.`, { cause })
  if (isNotConnected(cause)) return new LarderError('REFUSED', `${id} cannot be connected to.`, { cause })
  return new LarderError('UNREACHABLE', `${id} did not answer; whether it did as asked is open.`, { cause })
}
