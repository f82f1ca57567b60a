/**
 * Which changes there were, each at a position, as far as they are remembered: not what was written, but what it was about. So
 * what is told of it is what stands there by then, and of several changes to one thing only the last is kept.
 *
 * Positions grow with every change. Of what came at or before the `floor`, or was not noted, nothing is known: whoever goes on
 * from before it has missed something.
 */
import type { Reason } from '../../shared/watching.ts'

export interface About {
  readonly slot: number
  readonly id: string
  /** Of a content, whose reaction. */
  readonly reaction?: string
  readonly user?: string
  /** If there is nothing by then, this is why. */
  readonly reason: Reason
  /** It was a counter by then: what is left of one is forgotten sooner than this may be. */
  readonly wasCounter?: boolean
}

export interface Mark extends About {
  readonly at: number
}

export interface RingOptions {
  readonly marksMax: number
  readonly bytesMax: number
}

const MARKS_MAX = 65_536
/**
 * What marks take is a part of the budget, and whoever goes on finds at least the last 10,000 changes, if their names are not long;
 * but where the budget is small these must not be most of it.
 */
const RING_PART = 1 / 8
const [RING_BYTES_MIN, RING_BYTES_MAX] = [4 * 2 ** 20, 48 * 2 ** 20]
const RING_PART_MAX = 1 / 4
/** What a mark takes besides its names, about. */
const MARK_BYTES = 250
/** Marks that are over are let go once there are more of them than of others, and than this. */
const OVER_MIN = 1024

/** One that is over has a later one about the same. */
interface Noted {
  readonly mark: Mark
  isOver: boolean
}

export class Ring {
  readonly #options: RingOptions
  /** In the order of their positions. */
  #noted: Noted[] = []
  /** Those before this place are let go. */
  #first = 0
  readonly #latest = new Map<string, Noted>()
  #head = 0
  #floor = 0
  #bytes = 0

  constructor(options: RingOptions) {
    this.#options = options
  }

  /** The position of the last change. */
  get head(): number {
    return this.#head
  }

  /** Of what came after it all is known. */
  get floor(): number {
    return this.#floor
  }

  get size(): number {
    return this.#latest.size
  }

  get bytes(): number {
    return this.#bytes
  }

  note(about: About): void {
    this.#head++
    const noted = { mark: { ...about, at: this.#head }, isOver: false }
    const name = nameOf(about)
    const former = this.#latest.get(name)
    if (former === undefined) this.#bytes += bytesOf(name)
    else former.isOver = true
    this.#latest.set(name, noted)
    this.#noted.push(noted)
    const { marksMax, bytesMax } = this.#options
    while (this.#latest.size > marksMax || (this.#bytes > bytesMax && this.#latest.size > 1)) this.#trim()
    if (this.#noted.length > 2 * this.#latest.size + OVER_MIN) this.#compact()
  }

  /** Something has changed that was not noted. */
  skip(): void {
    this.#head++
    this.clear()
  }

  /** Forgets what there was. */
  clear(): void {
    this.#floor = this.#head
    this.#noted = []
    this.#first = 0
    this.#latest.clear()
    this.#bytes = 0
  }

  /** Whether all is known that came after this position. */
  knows(position: number): boolean {
    return position >= this.#floor && position <= this.#head
  }

  /** Those after this position, in their order; nothing may be noted meanwhile. */
  *after(position: number): Generator<Mark> {
    for (let place = this.#placeAfter(position); place < this.#noted.length; place++) {
      const noted = this.#noted[place]
      if (noted?.isOver === false) yield noted.mark
    }
  }

  #placeAfter(position: number): number {
    let [low, high] = [this.#first, this.#noted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#noted[middle]?.mark.at ?? 0) <= position) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Lets go of the oldest. What is over is known by what came later. */
  #trim(): void {
    const oldest = this.#noted[this.#first++]
    if (oldest === undefined || oldest.isOver) return
    this.#floor = oldest.mark.at
    const name = nameOf(oldest.mark)
    this.#bytes -= bytesOf(name)
    this.#latest.delete(name)
  }

  #compact(): void {
    this.#noted = this.#noted.slice(this.#first).filter(({ isOver }) => !isOver)
    this.#first = 0
  }
}

function nameOf({ id, reaction = '', user }: About): string {
  return user === undefined ? id : `${id}\0${reaction.length}:${reaction}${user}`
}

function bytesOf(name: string): number {
  return MARK_BYTES + 2 * name.length
}

/** How much is remembered where so much may be stored in all. */
export function sizeOf(budgetBytes: number): RingOptions {
  const least = Math.min(RING_BYTES_MIN, budgetBytes * RING_PART_MAX)
  return {
    marksMax: MARKS_MAX,
    bytesMax: Math.min(RING_BYTES_MAX, Math.max(least, budgetBytes * RING_PART)),
  }
}
