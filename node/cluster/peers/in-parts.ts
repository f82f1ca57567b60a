/**
 * A connection on which what is large travels in parts, beside everything else, so that it holds up nothing but itself. Of a
 * few at a time: more of them at once would not arrive sooner.
 */
import {
  CURRENT,
  decodeFirstPart,
  encodePart,
  FRAME_BYTES_MAX,
  formatOf,
  isFirstPart,
  nowBy,
  PART_BYTES,
  PARTS_PATH,
  WHOLE_BYTES_MAX,
} from '../wire/calls.ts'
import type { Connection, HttpConnectionOptions, PeerResponse, Posted } from './connection.ts'

/** Questions that are sent in parts at once. */
const AT_ONCE_MAX = 4

export interface InPartsOptions extends Pick<HttpConnectionOptions, 'clock'> {
  /** The life of this member, by which others tell what comes from where. */
  readonly incarnation: string
}

export class InParts implements Connection {
  readonly #connection: Connection
  readonly #options: InPartsOptions
  #count = 0
  #underWay = 0
  #isClosed = false
  readonly #waiting: (() => void)[] = []

  constructor(connection: Connection, options: InPartsOptions) {
    this.#connection = connection
    this.#options = options
  }

  open(): Promise<void> {
    return this.#connection.open()
  }

  async post(posted: Posted): Promise<PeerResponse> {
    const patience = new Patience(posted, this.#options.clock)
    const answer = isLarge(posted)
      ? await this.#inTurn(posted, patience)
      : await this.#connection.post(posted)
    return isFirstPart(answer.body) ? await this.#whole(answer, patience) : answer
  }

  close(): void {
    this.#isClosed = true
    this.#connection.close()
  }

  async #inTurn(posted: Posted, patience: Patience): Promise<PeerResponse> {
    if (this.#underWay >= AT_ONCE_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#underWay++
    try {
      return await this.#send(posted, patience)
    } finally {
      this.#underWay--
      this.#waiting.shift()?.()
    }
  }

  /** What is answered to the last part, or before that to one that is not taken. */
  async #send({ path, body }: Posted, patience: Patience): Promise<PeerResponse> {
    const { clock, incarnation: from } = this.#options
    const transfer = `${from} ${++this.#count}`
    for (let offset = 0; ; offset += PART_BYTES) {
      const bytes = body.subarray(offset, offset + PART_BYTES)
      const part = { type: 'question', transfer, from, path, total: body.length, offset, bytes } as const
      const answer = await this.#exchange(encodePart(part, nowBy(clock)), patience)
      if (answer.status !== 200 || offset + PART_BYTES >= body.length) return answer
    }
  }

  /** The answer of which this is the first part. @throws when the others do not fit. */
  async #whole(first: PeerResponse, patience: Patience): Promise<PeerResponse> {
    const now = nowBy(this.#options.clock)
    const { transfer, total, bytes } = decodeFirstPart(first.body, now)
    if (total > WHOLE_BYTES_MAX) throw new RangeError(`an answer of ${total} bytes`)
    const body = Buffer.allocUnsafe(total)
    body.set(bytes)
    for (let offset = bytes.length; offset < total; ) {
      const answer = await this.#exchange(encodePart({ type: 'answer', transfer, offset }, now), patience)
      if (answer.status !== 200) return answer
      if (answer.body.length === 0) throw new RangeError('a part of an answer is empty')
      body.set(answer.body, offset)
      offset += answer.body.length
    }
    return { ...first, body }
  }

  async #exchange(body: Buffer, patience: Patience): Promise<PeerResponse> {
    const { signal, leftMs } = patience
    if (this.#isClosed) throw new Error('the connection was closed')
    return await this.#connection.post({ lane: 'parts', path: PARTS_PATH, body, signal, timeoutMs: leftMs })
  }
}

/** Batches are not: they are closed before they are large. */
function isLarge({ lane, body }: Posted): boolean {
  const isAlone = lane === 'fetches' || lane === 'slots'
  return formatOf(body) === CURRENT && body.length > (isAlone ? PART_BYTES : FRAME_BYTES_MAX)
}

/** What concerns slots may take as long as parts get through, each in its time; a client waits for no more than the whole. */
class Patience {
  /** Calls it off. */
  readonly signal: AbortSignal | undefined
  readonly #timeoutMs: number
  readonly #clock: InPartsOptions['clock']
  readonly #deadlineAtMs: number

  constructor({ lane, timeoutMs, signal }: Posted, clock: InPartsOptions['clock']) {
    this.#timeoutMs = timeoutMs
    this.#clock = clock
    this.signal = signal
    this.#deadlineAtMs = lane === 'slots' ? Infinity : clock.now() + timeoutMs
  }

  get leftMs(): number {
    return Math.min(this.#timeoutMs, Math.max(0, this.#deadlineAtMs - this.#clock.now()))
  }
}
