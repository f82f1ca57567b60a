/** A call, tried until it is answered: at the right node, at another one, after a pause, within one deadline. */
import { deadline } from './deadline.ts'
import { errorOf, LarderError } from './errors.ts'
import type { Outcome } from './exchange.ts'
import type { Node, Nodes } from './nodes.ts'
import { judge, pauseMs, type Repeat } from './retries.ts'

/** What may be said of any call. */
export interface CallOptions {
  /** Ends the call: it rejects with the signal's reason, and may have been carried out all the same. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds that it may take in all, whatever is tried meanwhile; those of the client if absent. */
  readonly timeoutMs?: number | undefined
}

export interface Call extends CallOptions {
  /** By which the node is chosen. */
  readonly key?: string
  readonly repeat: Repeat
  /** A try may take all of its time: much is to be done, or nothing can be tried again. */
  readonly isPatient?: boolean | undefined
  /** Statuses that are answers, and not errors. */
  readonly answers?: readonly number[] | undefined
}

export interface Time {
  /** How long an answer is waited for, once it is asked for. */
  readonly withinMs: number
  /** How long all of it may take. */
  readonly leftMs: number
  /** When that will be over. */
  readonly untilMs: number
}

/** Calls `settle` once, later, and not at all where it throws. */
export type Attempt = (node: Node, time: Time, settle: (outcome: Outcome) => void) => void

export type Answer = Extract<Outcome, { type: 'answered' }>

/** No other try takes longer: a node that stands still is not waited for. */
const TRY_MAX_MS = 2500

const NOBODY: ReadonlySet<Node> = new Set()

export class Attempts {
  /** Of a call that says nothing else. */
  readonly timeoutMs: number
  readonly #nodes: Nodes
  /** What ends the pauses of calls that wait to be tried again. */
  readonly #pauses = new Set<() => void>()
  #isClosed = false

  constructor(nodes: Nodes, timeoutMs: number) {
    this.#nodes = nodes
    this.timeoutMs = withinTimers(timeoutMs)
  }

  /** No call is tried again. */
  close(): void {
    this.#isClosed = true
    for (const end of this.#pauses) end()
  }

  /** @returns the answer, be it an error. @throws LarderError where there is none, or the reason of the signal. */
  async persist(call: Call, attempt: Attempt): Promise<Answer> {
    let nowMs = performance.now()
    const untilMs = nowMs + withinTimers(call.timeoutMs ?? this.timeoutMs)
    let tried = NOBODY
    let last: Outcome | undefined
    for (let tries = 0; ; tries++) {
      this.#throwIfOver(call)
      const leftMs = untilMs - nowMs
      if (leftMs <= 0) throw timedOut(last)
      if (this.#nodes.areAll(tried)) tried = NOBODY
      const node = this.#nodes.pick(call.key, tried, nowMs)
      const withinMs = call.isPatient ? leftMs : Math.min(leftMs, TRY_MAX_MS)
      const outcome = await outcomeOf(attempt, node, { withinMs, leftMs, untilMs }, call.signal)
      const verdict = judge(outcome, call)
      if (verdict === 'done' && outcome.type === 'answered') return outcome
      if (verdict === 'unknown') throw notKnown(outcome)
      last = outcome
      tried = new Set(tried).add(node)
      // The node is there; whom it passes the call on to may not be.
      this.#nodes.look()
      const isAtOnce = verdict === 'elsewhere' && !this.#nodes.areAll(tried)
      if (!isAtOnce) await this.pause(Math.min(pauseMs(tries), untilMs - performance.now()), call)
      nowMs = performance.now()
    }
  }

  /** Is over at once where the client is closed, or the signal ends it. */
  async pause(ms: number, { signal }: CallOptions): Promise<void> {
    if (ms <= 0 || this.#isClosed || signal?.aborted) return
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer)
        this.#pauses.delete(end)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      this.#pauses.add(end)
      signal?.addEventListener('abort', end)
    })
  }

  #throwIfOver({ signal }: Call): void {
    if (this.#isClosed) throw new LarderError('this client is closed', { code: 'CLOSED' })
    signal?.throwIfAborted()
  }
}

/** Timers take what is longer for no time at all. @throws TypeError for what is no time. */
function withinTimers(timeoutMs: number): number {
  if (typeof timeoutMs !== 'number' || Number.isNaN(timeoutMs))
    throw new TypeError(`timeoutMs: a number of milliseconds, not ${String(timeoutMs)}`)
  return Math.min(timeoutMs, TIMER_MAX_MS)
}

/** Twelve days; what is left of it may be a fraction more. */
const TIMER_MAX_MS = 2 ** 30

/** What came of it, or that nothing came in time. */
function outcomeOf(
  attempt: Attempt,
  node: Node,
  time: Time,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    attempt(node, time, (outcome) => {
      end()
      resolve(outcome)
    })
    const giveUp = deadline(time.leftMs, () => {
      end()
      resolve(LOST)
    })
    const onAbort = () => {
      end()
      reject(signal?.reason)
    }
    const end = () => {
      giveUp()
      signal?.removeEventListener('abort', onAbort)
    }
    signal?.addEventListener('abort', onAbort)
  })
}

const LOST: Outcome = { type: 'lost', cause: undefined }

function timedOut(last: Outcome | undefined): LarderError {
  const cause = last === undefined ? undefined : causeOf(last)
  return new LarderError('no answer before the deadline of the call', {
    code: 'TIMED_OUT',
    status: last?.type === 'answered' ? last.status : 0,
    retryable: true,
    cause,
  })
}

function notKnown(outcome: Outcome): LarderError {
  return new LarderError('it may have been carried out, or not: no answer says which', {
    code: 'NOT_KNOWN',
    status: outcome.type === 'answered' ? outcome.status : 0,
    cause: causeOf(outcome),
  })
}

function causeOf(outcome: Outcome): unknown {
  return outcome.type === 'answered' ? errorOf(outcome.status, outcome.body) : outcome.cause
}
