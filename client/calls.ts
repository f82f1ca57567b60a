/** What the nouns of the client speak through: an operation of a batch, or a request of its own. */
import { type Answer, Attempts, type CallOptions } from './attempts.ts'
import { Batches } from './batches.ts'
import { errorOf, isObject, LarderError, notUnderstood } from './errors.ts'
import { Exchanges } from './exchange.ts'
import { Nodes } from './nodes.ts'
import { type LarderOptions, settingsOf } from './options.ts'
import type { Repeat } from './retries.ts'
import { Stream } from './stream.ts'

const LONG_MS = 50

/** An operation as the batch has it. */
export interface Op extends CallOptions {
  readonly op: string
  readonly key: string
  readonly fields?: Fields
  /** A field that is JSON already. */
  readonly data?: string | undefined
  readonly isRead?: boolean
  readonly repeat?: Repeat
  /** Statuses, beside 200, that are answers and not errors. */
  readonly answers?: readonly number[]
}

export interface Request extends CallOptions {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly isPatient?: boolean
  readonly repeat?: Repeat
  readonly answers?: readonly number[]
}

/** What is told as it comes. */
export interface Streamed {
  /** With its query. */
  readonly path: string
  readonly key?: string
  readonly headers: Readonly<Record<string, string>>
  /** Ends it, and rejects with its reason what is tried until then. */
  readonly until: AbortSignal
  /** For a node to be found. */
  readonly timeoutMs?: number
}

/** A node may have to ask others first, which it does not wait for any longer. */
const OPEN_MAX_MS = 5000

/** Of an answer that is JSON. */
export type Fields = Readonly<Record<string, unknown>>

export class Calls {
  readonly #headers: Readonly<Record<string, string>>
  readonly #nodes: Nodes
  readonly #batches: Batches
  readonly #attempts: Attempts
  readonly #exchanges = new Exchanges()
  /** By which what this client sends is told from what others send. */
  readonly #mark = markOfItsOwn()
  #serial = 0

  /** @throws TypeError for options that are none. */
  constructor(options: LarderOptions) {
    const { urls, headers, direct, timeoutMs, waitingMax } = settingsOf(options)
    const exchanges = this.#exchanges
    this.#headers = headers
    this.#nodes = new Nodes({ urls, headers, direct, exchanges })
    const ask = this.#nodes.ask.bind(this.#nodes)
    this.#batches = new Batches({ ask, headers, waitingMax, longMs: LONG_MS })
    this.#attempts = new Attempts(this.#nodes, timeoutMs)
  }

  /** A name that no call has had, of this client or another. */
  nextName(): string {
    return `${this.#mark}-${this.#serial++}`
  }

  /** @throws LarderError for an error that is none of `answers`. */
  async operate(op: Op): Promise<Fields> {
    const { key, isRead = false, repeat = 'freely', signal, timeoutMs } = op
    const isPatient = repeat === 'once'
    const operation = { text: textOf(op), isRead, isPatient }
    let askedId: unknown
    const answer = await this.#attempts.persist(
      { key, repeat, isPatient, signal, timeoutMs },
      (node, time, settle) => {
        askedId = node.id
        this.#batches.send(node, operation, time, settle)
      },
    )
    const result = fieldsIn(answer, op.answers)
    // Each result of a batch has one: without, it is the answer of somebody else.
    if (typeof result['status'] !== 'number') throw notUnderstood(result)
    const { node: ownerId } = result
    if (ownerId !== askedId && typeof ownerId === 'string') this.#nodes.heardOwner(key, ownerId)
    return result
  }

  /** @throws LarderError for an error that is none of `answers`. */
  async request({
    method,
    path,
    headers,
    body,
    repeat = 'freely',
    answers,
    ...call
  }: Request): Promise<Answer> {
    const answer = await this.#attempts.persist(
      { ...call, repeat, answers },
      (node, { withinMs }, settle) => {
        const asked = this.#nodes.ask(node, {
          method,
          url: `${node.url}${path}`,
          headers: { ...this.#headers, ...headers },
          withinMs,
          ...(body !== undefined && { body }),
        })
        void asked.then(settle)
      },
    )
    if (answer.status >= 400 && !answers?.includes(answer.status)) throw errorOf(answer.status, answer.body)
    return answer
  }

  /** @returns what is told, and what to call where it is so no more, so that another node is asked. @throws LarderError. */
  async stream({ path, headers, until, ...call }: Streamed): Promise<{ stream: Stream; lost: () => void }> {
    let lost = () => {}
    const { status, body } = await this.#attempts.persist(
      { ...call, repeat: 'freely', signal: until },
      (node, { leftMs }, settle) => {
        lost = () => this.#nodes.lost(node)
        const asked = this.#nodes.ask(node, {
          method: 'GET',
          url: `${node.url}${path}`,
          headers: { ...this.#headers, ...headers },
          withinMs: Math.min(leftMs, OPEN_MAX_MS),
          streamsUntil: until,
        })
        void asked.then(settle)
      },
    )
    if (body instanceof Stream) return { stream: body, lost }
    throw status >= 400 ? errorOf(status, body) : notUnderstood(body)
  }

  /** Of a call that says nothing else. */
  get timeoutMs(): number {
    return this.#attempts.timeoutMs
  }

  async pause(ms: number, options: CallOptions): Promise<void> {
    await this.#attempts.pause(ms, options)
  }

  close(): void {
    this.#attempts.close()
    this.#exchanges.close(new LarderError('this client was closed', { code: 'CLOSED' }))
  }
}

/** As the batch has it. */
function textOf({ op, key, fields, data }: Op): string {
  const named = JSON.stringify(fields === undefined ? { op, key } : { op, key, ...fields })
  return data === undefined ? named : `${named.slice(0, -1)},"data":${data}}`
}

/** @throws LarderError for an error, and for what is no JSON object. */
export function fieldsIn(
  { status, body }: Pick<Answer, 'status' | 'body'>,
  answers: readonly number[] = [],
): Fields {
  if (status >= 400 && !answers.includes(status)) throw errorOf(status, body)
  if (!isObject(body) || body instanceof Uint8Array) throw notUnderstood(body)
  return body
}

/** 128 bits; `randomUUID` is not there in pages that came without TLS. */
function markOfItsOwn(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join('')
}
