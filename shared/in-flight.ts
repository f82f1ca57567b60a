/**
 * What is in flight: bodies that arrive, and answers that are not yet taken, of all connections together.
 *
 * Neither is known beforehand, and both are held by others: who sends half of a body, who reads nothing of an answer. So
 * there is one limit for all of it, which each of them asks for room; beyond it the answer is 503, and nothing is kept.
 * What is small gets a little more, so that a node which is full of the large still answers. What is fetched can wait, as
 * its length is announced: it leaves half of the room to those who cannot.
 */
import { Counter, type Registry } from 'prom-client'
import { LarderError } from './errors.ts'
import { Line } from './line.ts'
import type { Log } from './log.ts'
import { tellGauge } from './metrics.ts'
import { Trouble } from './trouble.ts'

/** What a request or an answer may have to count as small. */
const SMALL_BYTES_MAX = 16 * 2 ** 10
/** What all that is small may take beyond the limit together: this part of it, and no less than so much. */
const SMALL_PART = 1 / 8
const SMALL_BYTES_MIN = 2 ** 20
/** Small bodies that are let in by one look at the holders, as a part of these. */
const LOOKED_PART = 1 / 16
/** What may be in flight when somebody who has waited gets room. */
const WAITED_PART = 1 / 2

export interface InFlightOptions {
  readonly bytesMax: number
  readonly log: Log
}

/** Whoever keeps count of something that is in flight. */
export interface Holder {
  readonly bytes: number
}

type Refused = 'body' | 'answer'

export class InFlight {
  readonly bytesMax: number
  readonly #refused: Record<Refused, number> = { body: 0, answer: 0 }
  readonly #refusing: Trouble
  /** Channels between members: what they hold counts, though it is never refused. */
  readonly holders = new Set<Holder>()
  /** Those who wait for room. */
  readonly line = new Line({
    hasRoomFor: (bytes) => {
      const part = this.bytesMax * WAITED_PART
      return this.#bytes === 0 || this.bytes + bytes <= (bytes > part ? this.bytesMax : part)
    },
    take: (bytes) => this.add(bytes),
  })
  #bytes = 0
  /** What the holders had when they were looked at last, and for how many that is small it is good enough. */
  #held = 0
  #goodFor = 0

  constructor({ bytesMax, log }: InFlightOptions) {
    this.bytesMax = bytesMax
    this.#refusing = new Trouble(log, {
      begins: 'more is in flight than MAX_INFLIGHT_BYTES allows; large bodies and answers are refused',
      ends: 'there is room for bodies and answers again',
    })
  }

  get bytes(): number {
    let bytes = this.#bytes
    for (const holder of this.holders) bytes += holder.bytes
    return bytes
  }

  get refused(): Readonly<Record<Refused, number>> {
    return this.#refused
  }

  /**
   * For so much more. Where nothing else is in flight there is room for anything that comes as one. Of very many holders not
   * each is asked for each small body: so a kilobyte more may be let in for each of them.
   */
  hasRoomFor(bytes: number, isSmall: boolean): boolean {
    if (this.#bytes === 0) return true
    const more = isSmall ? Math.max(this.bytesMax * SMALL_PART, SMALL_BYTES_MIN) : 0
    const most = this.bytesMax + more - bytes
    if (isSmall && this.#goodFor-- > 0 && this.#bytes + this.#held <= most) return true
    this.#held = this.bytes - this.#bytes
    this.#goodFor = Math.floor(this.holders.size * LOOKED_PART)
    return this.#bytes + this.#held <= most
  }

  add(bytes: number): void {
    this.#bytes += bytes
  }

  remove(bytes: number): void {
    this.#bytes -= bytes
    this.line.look()
    if (this.#bytes < this.bytesMax / 2) this.#refusing.end({ refused: { ...this.#refused } })
  }

  /** @returns the error that says so. */
  refuse(what: Refused): LarderError {
    this.#refused[what]++
    this.#refusing.begin({ inFlightBytes: this.bytes, bytesMax: this.bytesMax })
    const named = { body: 'bodies that arrive', answer: 'answers that are not taken yet' }[what]
    return new LarderError('OVERLOADED', `Too much is in flight, of ${named} and others: nothing was kept.`)
  }
}

/** What one request has of it, from the first byte of its body until its answer is taken. */
export class Share {
  /** What members say to each other is counted, and so are probes; but neither is ever refused. */
  mayExceed = false
  readonly #inFlight: InFlight
  #bytes = 0
  /** Of these, what is still to arrive. */
  #ahead = 0
  #leaveLine = () => {}

  constructor(inFlight: InFlight) {
    this.#inFlight = inFlight
  }

  get bytes(): number {
    return this.#bytes
  }

  /** For so much of a body. @throws LarderError OVERLOADED. */
  arrive(bytes: number): void {
    const known = Math.min(bytes, this.#ahead)
    this.#ahead -= known
    if (known === bytes) return
    this.expect(bytes - known)
    this.#add(bytes - known)
  }

  /** Waits for room for what is announced, and will arrive; until all is released, if that comes first. */
  async await(bytes: number): Promise<void> {
    if (bytes <= SMALL_BYTES_MAX || this.mayExceed) return
    await new Promise<void>((resolve) => {
      const leave = this.#inFlight.line.join(bytes, () => {
        this.#bytes += bytes
        this.#ahead += bytes
        resolve()
      })
      this.#leaveLine = () => {
        leave()
        resolve()
      }
    })
  }

  /** Whether there would be room for so much of a body. @throws LarderError OVERLOADED. */
  expect(bytes: number): void {
    if (!this.#hasRoomFor(bytes, this.#bytes + bytes <= SMALL_BYTES_MAX)) throw this.#inFlight.refuse('body')
  }

  /** For an answer that takes so much with all that is held for it. @throws LarderError OVERLOADED. */
  answer(bytes: number): void {
    const more = bytes - this.#bytes
    if (more > SMALL_BYTES_MAX && !this.#hasRoomFor(more, false)) throw this.#inFlight.refuse('answer')
    this.cover(bytes)
  }

  /** The same for what has to be told, room or not. */
  cover(bytes: number): void {
    if (bytes > this.#bytes) this.#add(bytes - this.#bytes)
  }

  release(): void {
    this.#leaveLine()
    if (this.#bytes === 0) return
    this.#inFlight.remove(this.#bytes)
    this.#bytes = 0
    this.#ahead = 0
  }

  #hasRoomFor(bytes: number, isSmall: boolean): boolean {
    return this.mayExceed || this.#inFlight.hasRoomFor(bytes, isSmall)
  }

  #add(bytes: number): void {
    this.#bytes += bytes
    this.#inFlight.add(bytes)
  }
}

export function registerInFlightMetrics(registry: Registry, inFlight: InFlight): void {
  tellGauge(registry, {
    name: 'larder_inflight_bytes',
    help: 'Bodies that arrive, and answers that are not yet taken.',
    read: () => inFlight.bytes,
  })
  tellGauge(registry, {
    name: 'larder_inflight_bytes_max',
    help: 'How much of it there may be; beyond it large bodies and answers are refused.',
    read: () => inFlight.bytesMax,
  })
  new Counter({
    name: 'larder_inflight_refused_total',
    help: 'Refused as too much was in flight already, by what it was: body or answer.',
    labelNames: ['what'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [what, count] of Object.entries(inFlight.refused)) this.inc({ what }, count)
    },
  })
}
