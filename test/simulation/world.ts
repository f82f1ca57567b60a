/**
 * Virtual time: events in a heap, one after the other, and between two of them everything that only waits for promises
 * goes on until nothing is left to run.
 *
 * The product puts off some work by setImmediate. While a world runs, these are counted, so that one knows when all
 * are done; a round of the event loop then costs some microseconds, and nothing has to be guessed.
 */
import { Random } from '../durability/random.ts'

export interface Handle {
  cancel(): void
}

interface Event {
  readonly atMs: number
  /** Of two at the same moment, the one that was asked for first. */
  readonly order: number
  run: (() => void) | undefined
}

const real = { set: setImmediate, clear: clearImmediate }
const pending = new Set<NodeJS.Immediate>()

/** Lets every setImmediate be counted, until it is called off. */
function countImmediates(): () => void {
  function counted<Args extends unknown[]>(run: (...args: Args) => void, ...args: Args): NodeJS.Immediate {
    const immediate: NodeJS.Immediate = real.set(() => {
      pending.delete(immediate)
      run(...args)
    })
    pending.add(immediate)
    return immediate
  }
  Reflect.set(globalThis, 'setImmediate', counted)
  globalThis.clearImmediate = (immediate) => {
    if (typeof immediate === 'object') pending.delete(immediate)
    real.clear(immediate)
  }
  return () => {
    globalThis.setImmediate = real.set
    globalThis.clearImmediate = real.clear
  }
}

/** Resolves once nothing is left to run at this moment. */
async function drained(): Promise<void> {
  do await new Promise<void>((resolve) => void real.set(() => resolve()))
  while (pending.size > 0)
}

export class World {
  readonly random: Random
  readonly #tell: ((line: string) => void) | undefined
  readonly #heap: Event[] = []
  #order = 0
  nowMs = 0
  /** How many events there were: what a schedule costs. */
  steps = 0

  /** `tell` gets the trace, where somebody wants to read it. */
  constructor(seed: number, tell?: (line: string) => void) {
    this.random = new Random(seed)
    this.#tell = tell
  }

  get isTold(): boolean {
    return this.#tell !== undefined
  }

  tell(what: string): void {
    this.#tell?.(`${this.nowMs.toFixed(1).padStart(9)}  ${what}`)
  }

  after(delayMs: number, run: () => void): Handle {
    const event: Event = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, run }
    this.#push(event)
    return {
      cancel() {
        event.run = undefined
      },
    }
  }

  pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve))
  }

  /** Lets time pass until this is settled. */
  async until<T>(awaited: Promise<T>): Promise<T> {
    let isOver = false
    const over = awaited.finally(() => {
      isOver = true
    })
    over.catch(() => {})
    const stopCounting = countImmediates()
    try {
      await drained()
      while (!isOver) {
        const event = this.#pop()
        if (event === undefined) throw new Error('nothing is left to happen')
        if (event.run === undefined) continue
        this.nowMs = event.atMs
        this.steps++
        event.run()
        await drained()
      }
    } finally {
      stopCounting()
    }
    return await over
  }

  #push(event: Event): void {
    const heap = this.#heap
    let place = heap.length
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || !isBefore(event, parent)) break
      heap[place] = parent
      place = above
    }
    heap[place] = event
  }

  #pop(): Event | undefined {
    const heap = this.#heap
    const [first] = heap
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let place = 0
    for (;;) {
      const left = heap[2 * place + 1]
      if (left === undefined) break
      const right = heap[2 * place + 2]
      const isRight = right !== undefined && isBefore(right, left)
      const next = isRight ? right : left
      if (!isBefore(next, last)) break
      heap[place] = next
      place = 2 * place + (isRight ? 2 : 1)
    }
    heap[place] = last
    return first
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.atMs === other.atMs ? one.order < other.order : one.atMs < other.atMs
}
