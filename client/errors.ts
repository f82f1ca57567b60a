/** The one error of the client: what a node answered, or what came of a call that none answered. */

/** What the client itself says; all other codes are those of the nodes. */
export type ClientErrorCode =
  /** The deadline of the call has passed. */
  | 'TIMED_OUT'
  /** A conditional write was sent, and no answer came: it may have been carried out, or not. */
  | 'NOT_KNOWN'
  /** `close` was called. */
  | 'CLOSED'
  /** More calls wait than `waitingMax` allows. */
  | 'TOO_MANY_CALLS'
  /** What was answered is none of a node's answers. */
  | 'NOT_UNDERSTOOD'

export interface LarderErrorOptions extends ErrorOptions {
  readonly code: ClientErrorCode | (string & {})
  /** Of HTTP; 0 where nothing was answered. */
  readonly status?: number
  readonly retryable?: boolean
  readonly problem?: Readonly<Record<string, unknown>> | undefined
}

export class LarderError extends Error {
  override readonly name = 'LarderError'
  /** A stable name, for programs: that of the node's answer, or a `ClientErrorCode`. */
  readonly code: string
  /** The HTTP status of the answer; 0 where there was none. */
  readonly status: number
  /** Whether the same call may succeed later. Never true of a write that may have been carried out and must not be twice. */
  readonly retryable: boolean
  /** All that the node said (RFC 9457), such as `value`, the total of a counter that stays as it is. */
  readonly problem: Readonly<Record<string, unknown>> | undefined

  constructor(message: string, options: LarderErrorOptions) {
    super(message, options)
    this.code = options.code
    this.status = options.status ?? 0
    this.retryable = options.retryable ?? false
    this.problem = options.problem
  }
}

/** Reads the body of a problem (RFC 9457), or of whatever else stands where one is due. */
export function errorOf(status: number, body: unknown): LarderError {
  const { code, detail, title } = isObject(body) ? body : {}
  const text = [detail, title].find((text) => typeof text === 'string') ?? `the answer was ${status}`
  return new LarderError(text, {
    code: typeof code === 'string' ? code : 'NOT_UNDERSTOOD',
    status,
    retryable: isPassing(status),
    problem: isObject(body) && typeof code === 'string' ? body : undefined,
  })
}

/** Whether the client that was asked is closed. */
export function isClosed(error: unknown): boolean {
  return error instanceof LarderError && error.code === 'CLOSED'
}

/** Of what passes by itself, be it said by a node or by a balancer before it. */
export function isPassing(status: number): boolean {
  return status === 408 || status === 502 || status === 503 || status === 504
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/** Of what is no answer of a node: a page of a balancer, say. */
export function notUnderstood(answer: unknown): LarderError {
  const names = answer instanceof Uint8Array ? ['no JSON'] : isObject(answer) && Object.keys(answer)
  const shown = names ? names.join(', ') : typeof answer
  return new LarderError(`no answer of a node, with ${shown || 'nothing in it'}`, { code: 'NOT_UNDERSTOOD' })
}
