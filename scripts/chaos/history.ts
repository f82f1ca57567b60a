/**
 * What the clients of a chaos run did, for judges from outside: a line of JSON for each request, once it has ended.
 *
 *     {"client":3,"kind":"counter","key":"keyed 2","op":"add","value":"7","once":"once 3 12","outcome":"ok","found":"41","begunAtMs":1042.113,"endedAtMs":1044.871}
 *
 * `op` is `read`, `write` or `remove` of a `value`, a `reaction` or a `response`; `read` or `add` of a `counter`;
 * `acquire` or `release` of a `lock`. `found` is what a read found, empty for nothing, or the total after an increment. The `outcome`
 * is `ok`; `held`, where somebody else has the lock, or has it by now; `failed`, where nothing has come of it; or `unknown`, where it may
 * have happened or may happen yet. Times are milliseconds of one steady clock.
 */
import { createWriteStream, openSync, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { systemClock } from '../../shared/clock.ts'
import { type Answer, NOBODY, REFUSED } from './requests.ts'

/** What a request is about. */
export interface Op {
  readonly kind: 'value' | 'reaction' | 'response' | 'counter' | 'lock'
  readonly key: string
  readonly op: 'read' | 'write' | 'remove' | 'add' | 'acquire' | 'release'
  readonly value?: string
  /** The idempotency key of an increment. */
  readonly once?: string | undefined
}

/** What came of it. */
interface End {
  readonly answer: Answer
  /** What the answer says, where it is one to the question. */
  readonly found?: string | undefined
}

/** With these it is sure that nothing was done. */
const UNDONE = new Set([
  REFUSED,
  NOBODY.problem,
  ...['REFUSED', 'OVERLOADED', 'WRONG_OWNER', 'NOT_READY'].map((code) => `503 ${code}`),
  '507 MEMORY_FULL',
])
/** A condition was not met, or there is nothing to give back. */
const HELD = [404, 412]

export class History implements AsyncDisposable {
  #file: WriteStream | undefined
  readonly #startedAtMs = systemClock.now()

  /** Without a path nothing is written. @throws when it cannot be. */
  constructor(path?: string) {
    this.#file = path === undefined ? undefined : createWriteStream(path, { fd: openSync(path, 'w') })
  }

  /** To be called when the request is sent; the result, once it has ended. */
  begin(client: number, op: Op): (end: End) => void {
    if (this.#file === undefined) return () => {}
    const begunAtMs = this.#nowMs()
    return ({ answer, found }) => {
      const ended = { outcome: outcomeOf(op, answer, found), found, begunAtMs, endedAtMs: this.#nowMs() }
      this.#file?.write(`${JSON.stringify({ client, ...op, ...ended })}\n`)
    }
  }

  /** Resolves once all is written; what ends after that is not. */
  async [Symbol.asyncDispose](): Promise<void> {
    const file = this.#file
    this.#file = undefined
    if (file !== undefined) await finished(file.end())
  }

  #nowMs(): number {
    return Math.round((systemClock.now() - this.#startedAtMs) * 1000) / 1000
  }
}

function outcomeOf({ op }: Op, { status, problem }: Answer, found: string | undefined): string {
  if (op !== 'read' && HELD.includes(status)) return 'held'
  if (problem === '' || (op === 'read' && found !== undefined)) return 'ok'
  return op === 'read' || UNDONE.has(problem) ? 'failed' : 'unknown'
}
