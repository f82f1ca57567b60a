/**
 * Every error that a caller or a peer can see, in one table. A code is stable; scripts may match on it.
 *
 * `retryAfterSeconds` marks what passes by itself: the answer carries it as Retry-After.
 */
interface ErrorKind {
  readonly status: number
  readonly title: string
  readonly retryAfterSeconds?: number
}

const kinds = {
  BAD_REQUEST: { status: 400, title: 'The request cannot be understood' },
  UNKNOWN_FIELD: { status: 400, title: 'The call has no such field or parameter' },
  UNAUTHORIZED: { status: 401, title: 'Credentials are missing or wrong' },
  FORBIDDEN: { status: 403, title: 'This caller may not do that' },
  KEY_NULL: { status: 403, title: 'A key is needed' },
  NO_SUCH_PATH: { status: 404, title: 'There is nothing at this path' },
  NO_SUCH_KEY: { status: 404, title: 'There is no value for this key' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This path does not take this method' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request did not arrive whole in time' },
  NOT_JSON: { status: 409, title: 'The value of this key is not JSON' },
  OUT_OF_RANGE: { status: 409, title: 'The total would leave the signed 64-bit range' },
  OUT_OF_BOUNDS: { status: 409, title: 'The total would leave the bounds that were given' },
  WRONG_TYPE: { status: 409, title: 'What is under this key is of another type' },
  ID_TAKEN: { status: 409, title: 'Another live member has this id' },
  VIEW_WANTED: { status: 409, title: 'The registry does not know this epoch; send its members' },
  NOT_UNDERSTOOD: { status: 409, title: 'The members do not understand each other' },
  IMPOSSIBLE: { status: 409, title: 'It speaks of a time that cannot be' },
  NOT_REACHED: { status: 409, title: 'Others do not reach this member at its address' },
  PRECONDITION_FAILED: { status: 412, title: 'The entity tag does not match' },
  TOO_LARGE: { status: 413, title: 'The request is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The body is of a media type not taken here' },
  RANGE_NOT_SATISFIABLE: { status: 416, title: 'There is nothing in this range' },
  ANOTHER_LIFE: { status: 421, title: 'Another life of a member is meant' },
  MISDIRECTED: { status: 421, title: 'This process is not called so' },
  UNPROCESSABLE: { status: 422, title: 'A field is missing or wrong' },
  TOO_MANY_GUESSES: {
    status: 429,
    title: 'Too many wrong credentials come from this address',
    retryAfterSeconds: 5,
  },
  HEADERS_TOO_LARGE: { status: 431, title: 'The request line and headers are too large' },
  INTERNAL: { status: 500, title: 'Something went wrong here' },
  UPSTREAM_UNREACHABLE: { status: 502, title: 'The upstream API cannot be reached' },
  UPSTREAM_REFUSED: { status: 502, title: 'The answer of the upstream API cannot be used' },
  UPSTREAM_TIMEOUT: { status: 504, title: 'The upstream API did not answer in time' },
  OVERLOADED: { status: 503, title: 'Too much is waiting already', retryAfterSeconds: 1 },
  UNREACHABLE: { status: 503, title: 'The owner of this key is out of reach', retryAfterSeconds: 1 },
  REFUSED: { status: 503, title: 'The owner of this key refuses connections', retryAfterSeconds: 1 },
  DEFERRED: { status: 503, title: 'The answers to this batch are full', retryAfterSeconds: 1 },
  WRONG_OWNER: { status: 503, title: 'Another member owns this key', retryAfterSeconds: 1 },
  NOT_SAVED: { status: 503, title: 'The disk does not take it', retryAfterSeconds: 1 },
  MEMORY_FULL: { status: 507, title: 'The memory for this is full' },
  NOT_READY: { status: 503, title: 'This process is not serving', retryAfterSeconds: 1 },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof kinds

export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(kinds, text)
}

/** The body of an error answer, `application/problem+json` (RFC 9457). */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: ErrorCode
  /** Where Smache gave a `message`, its clients still find it. */
  message?: string
  /** The total of a counter that stays as it is. */
  value?: string
}

interface LarderErrorOptions extends ErrorOptions {
  /** What the problem tells besides. */
  readonly fields?: Pick<Problem, 'value'>
}

/** An error with an answer. What it says is meant for the caller; `cause` is for the log. */
export class LarderError extends Error {
  override readonly name = 'LarderError'
  readonly code: ErrorCode
  readonly #fields: Pick<Problem, 'value'>

  constructor(code: ErrorCode, detail: string, { fields = {}, ...options }: LarderErrorOptions = {}) {
    super(detail, options)
    this.code = code
    this.#fields = fields
  }

  get status(): number {
    return kinds[this.code].status
  }

  get retryAfterSeconds(): number | undefined {
    const kind: ErrorKind = kinds[this.code]
    return kind.retryAfterSeconds
  }

  toProblem(): Problem {
    const { code, status, message: detail } = this
    return {
      type: `urn:larder:error:${code.toLowerCase().replaceAll('_', '-')}`,
      title: kinds[code].title,
      status,
      detail,
      code,
      ...(code === 'KEY_NULL' && { message: 'key cannot be null' }),
      ...this.#fields,
    }
  }
}

/** Whatever was thrown, as an error with an answer; what was not foreseen says nothing of its inside. */
export function toLarderError(thrown: unknown): LarderError {
  if (thrown instanceof LarderError) return thrown
  return new LarderError('INTERNAL', 'The details are in the log.', { cause: thrown })
}

/** What whatever was thrown says of itself. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** For the end of an exhaustive switch: a case that the compiler knows cannot happen. */
export function assertNever(value: never): never {
  throw new TypeError(`not foreseen: ${JSON.stringify(value)}`)
}
