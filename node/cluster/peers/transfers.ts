/**
 * Frames that come in parts, until they are whole, and answers that are taken in parts, until they were. What nobody goes on
 * with is let go after a while.
 */
import type { Clock, Timer } from '../../../shared/clock.ts'
import { LarderError } from '../../../shared/errors.ts'
import {
  CURRENT,
  decodePart,
  encodeFirstPart,
  FRAME_BYTES_MAX,
  formatOf,
  nowBy,
  PART_BYTES,
  PARTS_PATH,
  type QuestionPart,
  WHOLE_BYTES_MAX,
} from '../wire/calls.ts'
import type { FrameRow } from './channel.ts'

/**
 * What may be under way to this member, and from it, in all: what is beyond has to come again. It is more than clients may
 * have in flight, with whom it counts: a copy that is refused makes a replica fall behind.
 */
const UNDER_WAY_BYTES_MAX = 2 * WHOLE_BYTES_MAX
/** No part is waited for longer. */
const IDLE_MAX_MS = 15_000

interface Transfer {
  readonly bytes: Buffer
  /** How much of it has come, or was taken. */
  done: number
  timer: Timer
}

export interface TransfersOptions {
  readonly clock: Clock
  /** @throws LarderError NOT_UNDERSTOOD where this member does not speak that format. */
  heard(format: number, from: string | undefined): void
  /** Called when a part has come of what that life of a member sends. */
  onPart(incarnation: string): void
}

export class Transfers {
  readonly #clock: Clock
  readonly #options: TransfersOptions
  readonly #underWay = new Map<string, Transfer>()
  #bytes = 0
  #count = 0

  constructor(options: TransfersOptions) {
    this.#clock = options.clock
    this.#options = options
  }

  /** What is under way, each as what it will be or was as a whole. */
  get bytes(): number {
    return this.#bytes
  }

  /** The same calls, and the one by which they travel in parts. */
  rows(rows: readonly FrameRow[]): FrameRow[] {
    const split = rows.map(
      (row): FrameRow => ({ ...row, answer: (frame, from) => this.#answer(row, frame, from) }),
    )
    return [
      ...split,
      {
        path: PARTS_PATH,
        summary: 'Take or give a part of what is too large to travel as one. Not for clients.',
        answer: (frame, from) => this.#take(split, frame, from),
      },
    ]
  }

  async #answer(row: FrameRow, frame: Buffer, from: string | undefined): Promise<Buffer> {
    const answer = await row.answer(frame, from)
    // Who speaks an older format asks for no parts.
    if (answer.length <= FRAME_BYTES_MAX || formatOf(frame) !== CURRENT) return answer
    const transfer = `answer ${++this.#count}`
    const bytes = answer.subarray(0, PART_BYTES)
    this.#begin(transfer, answer).done = bytes.length
    return encodeFirstPart({ transfer, total: answer.length, bytes }, nowBy(this.#clock))
  }

  /** @throws LarderError NOT_UNDERSTOOD, BAD_REQUEST, TOO_LARGE or OVERLOADED, and what the call throws for which it was the last part. */
  async #take(rows: readonly FrameRow[], frame: Buffer, from: string | undefined): Promise<Buffer> {
    const format = formatOf(frame)
    if (format !== undefined) this.#options.heard(format, from)
    const part = partOf(frame, this.#clock)
    if (part.type === 'answer') return this.#next(part.transfer, part.offset)
    const row = rows.find(({ path }) => path === part.path)
    if (row === undefined) throw new LarderError('NO_SUCH_PATH', `${part.path} takes nothing in parts.`)
    this.#options.onPart(part.from)
    const whole = this.#add(part)
    return whole === undefined ? Buffer.alloc(0) : await row.answer(whole, from)
  }

  /** @returns the whole once this was the last part. */
  #add({ transfer: name, total, offset, bytes }: QuestionPart): Buffer | undefined {
    if (total > WHOLE_BYTES_MAX)
      throw new LarderError('TOO_LARGE', `Parts may make ${WHOLE_BYTES_MAX} bytes at most.`)
    const transfer =
      offset === 0 ? this.#begin(name, Buffer.allocUnsafeSlow(total)) : this.#find(name, offset)
    if (bytes.length === 0 || offset + bytes.length > transfer.bytes.length)
      throw new LarderError('BAD_REQUEST', 'A part does not fit.')
    transfer.bytes.set(bytes, offset)
    transfer.done += bytes.length
    if (transfer.done < transfer.bytes.length) return undefined
    this.#end(name, transfer)
    return transfer.bytes
  }

  #next(name: string, offset: number): Buffer {
    const transfer = this.#find(name, offset)
    const bytes = transfer.bytes.subarray(offset, offset + PART_BYTES)
    transfer.done += bytes.length
    if (transfer.done === transfer.bytes.length) this.#end(name, transfer)
    return bytes
  }

  #begin(name: string, bytes: Buffer): Transfer {
    const former = this.#underWay.get(name)
    if (former !== undefined) this.#end(name, former)
    if (this.#bytes + bytes.length > UNDER_WAY_BYTES_MAX)
      throw new LarderError('OVERLOADED', `${this.#bytes} bytes are under way in parts already.`)
    const transfer = { bytes, done: 0, timer: this.#idle(name) }
    this.#underWay.set(name, transfer)
    this.#bytes += bytes.length
    return transfer
  }

  /** Parts come one after the other. */
  #find(name: string, offset: number): Transfer {
    const transfer = this.#underWay.get(name)
    if (transfer?.done !== offset)
      throw new LarderError('BAD_REQUEST', 'That part is not the next of anything that is under way.')
    transfer.timer.cancel()
    transfer.timer = this.#idle(name)
    return transfer
  }

  #idle(name: string): Timer {
    return this.#clock.after(IDLE_MAX_MS, () => {
      const transfer = this.#underWay.get(name)
      if (transfer !== undefined) this.#end(name, transfer)
    })
  }

  #end(name: string, { bytes, timer }: Transfer): void {
    timer.cancel()
    this.#underWay.delete(name)
    this.#bytes -= bytes.length
  }

  /** Lets go of all. */
  stop(): void {
    for (const [name, transfer] of this.#underWay) this.#end(name, transfer)
  }
}

function partOf(frame: Buffer, clock: Clock) {
  try {
    return decodePart(frame, nowBy(clock))
  } catch (cause) {
    throw new LarderError('BAD_REQUEST', 'The body is no part that members speak of.', { cause })
  }
}
