/**
 * Answers that go on for as long as somebody takes them. What is not taken is held for him; so who takes nothing is cut off
 * after a while, and of all together, where that is too much, whoever has left most. He may come again, and go on.
 */
import type { Clock, Timer } from '../clock.ts'
import type { Holder } from '../in-flight.ts'
import type { Log } from '../log.ts'
import { Portions } from '../portions.ts'
import { TAKING_BYTES_MIN, TAKING_MAX_MS } from './takers.ts'

const LOOK_EVERY_MS = 1000

/** Where it is written to. */
export interface Taken {
  readonly bytesWritten: number
  readonly writableLength: number
  readonly remoteAddress?: string | undefined
  destroy(): unknown
  once(event: 'close', listener: () => void): unknown
}

interface Stream {
  sinceMs: number
  /** What had been taken by then. */
  takenBytes: number
}

export interface StreamsOptions {
  readonly clock: Clock
  readonly log: Log
  /** What all of them may leave together. */
  readonly bytesMax: number
}

export class Streams implements Holder {
  readonly #options: StreamsOptions
  readonly #all = new Map<Taken, Stream>()
  readonly #left: Portions<Taken>
  #timer: Timer | undefined
  #cutOff = 0

  constructor(options: StreamsOptions) {
    this.#options = options
    this.#left = new Portions({ most: options.bytesMax, lose: (socket) => this.#cut(socket) })
  }

  /** How many were cut off. */
  get cutOff(): number {
    return this.#cutOff
  }

  /** What is not taken, as it was found last. */
  get bytes(): number {
    return this.#left.total
  }

  /** Looks after it until it is closed. */
  follow(socket: Taken): void {
    const { clock } = this.#options
    this.#all.set(socket, { sinceMs: clock.now(), takenBytes: takenOf(socket) })
    this.#timer ??= clock.every(LOOK_EVERY_MS, () => this.#look())
    socket.once('close', () => this.#forget(socket))
  }

  #look(): void {
    const nowMs = this.#options.clock.now()
    for (const [socket, stream] of this.#all) {
      const takenBytes = takenOf(socket)
      const isEnough = socket.writableLength === 0 || takenBytes - stream.takenBytes >= TAKING_BYTES_MIN
      if (isEnough) Object.assign(stream, { sinceMs: nowMs, takenBytes })
      if (nowMs - stream.sinceMs >= TAKING_MAX_MS) this.#cut(socket)
      else this.#left.set(socket, socket.writableLength)
    }
  }

  #cut(socket: Taken): void {
    const { remoteAddress, writableLength: leftBytes } = socket
    this.#cutOff++
    this.#options.log.info(
      { remoteAddress, leftBytes },
      'a client does not take what it is told and is cut off',
    )
    this.#forget(socket)
    socket.destroy()
  }

  #forget(socket: Taken): void {
    this.#all.delete(socket)
    this.#left.set(socket, 0)
    if (this.#all.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }
}

function takenOf({ bytesWritten, writableLength }: Taken): number {
  return bytesWritten - writableLength
}
