/** A call, tried until it is answered: at the right node, at another one, after a pause, within one deadline. */
import { errorOf, LarderError } from './errors.ts'
import type { Outcome } from './exchange.ts'
import type { Node, Nodes } from './nodes.ts'
import { judge, pauseMs, type Repeat } from './retries.ts'

/** What may be said of any call. */
export interface CallOptions {
  /** Ends the call: it rejects with the signal's reason, and may have been carried out all the same. */
  readonly signal?: AbortSignal
  /** Milliseconds that it may take in all, whatever is tried meanwhile; those of the client if absent. */
  readonly timeoutMs?: number
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
}

export type Answer = Extract<Outcome, { type: 'answered' }>

/** No other try takes longer: a node that stands still is not waited for. */
const TRY_MAX_MS = 2500

export class Attempts {
  /** Of a call that says nothing else. */
  readonly timeoutMs: number
  readonly #nodes: Nodes
  /** What ends the pauses of calls that wait to be tried again. */
  readonly #pauses = new Set<() => void>()
  #isClosed = false

  constructor(nodes: Nodes, timeoutMs: number) {
    this.#nodes = nodes
    this.timeoutMs = timeoutMs
  }

  /** No call is tried again. */
  close(): void {
    this.#isClosed = true
    for (const end of this.#pauses) end()
  }

  /** @returns the answer, be it an error. @throws LarderError where there is none, or the reason of the signal. */
  async persist(call: Call, attempt: (node: Node, time: Time) => Promise<Outcome>): Promise<Answer> {
    const deadlineMs = performance.now() + (call.timeoutMs ?? this.timeoutMs)
    const tried = new Set<Node>()
    let last: Outcome | undefined
    for (let tries = 0; ; tries++) {
      this.#throwIfOver(call)
      const leftMs = deadlineMs - performance.now()
      if (leftMs <= 0) throw timedOut(last)
      if (this.#nodes.areAll(tried)) tried.clear()
      const node = this.#nodes.pick(call.key, tried)
      tried.add(node)
      const withinMs = call.isPatient ? leftMs : Math.min(leftMs, TRY_MAX_MS)
      const outcome = await this.#inTime(attempt(node, { withinMs, leftMs }), leftMs, call)
      const verdict = judge(outcome, call)
      if (verdict === 'done' && outcome.type === 'answered') return outcome
      if (verdict === 'unknown') throw notKnown(outcome)
      last = outcome
      // The node is there; whom it passes the call on to may not be.
      this.#nodes.look()
      const isAtOnce = verdict === 'elsewhere' && !this.#nodes.areAll(tried)
      if (!isAtOnce) await this.pause(Math.min(pauseMs(tries), deadlineMs - performance.now()), call)
    }
  }

  /** The outcome, or that none came in time. */
  #inTime(outcome: Promise<Outcome>, leftMs: number, { signal }: Call): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(() => resolve({ type: 'lost', cause: undefined })), leftMs)
      const onAbort = () => settle(() => reject(signal?.reason))
      const settle = (act: () => void) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        act()
      }
      signal?.addEventListener('abort', onAbort)
      outcome.then(
        (outcome) => settle(() => resolve(outcome)),
        (error) => settle(() => reject(error)),
      )
    })
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
