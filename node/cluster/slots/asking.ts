/**
 * Members that are asked for slots, each one batch after the other; what cannot wait is asked for beside that.
 */
import type { Clock, Timer } from '../../../shared/clock.ts'
import type { Turns } from '../../../shared/turns.ts'
import type { Member } from '../../../shared/view.ts'

/** Slots in one request. */
const BATCH_SLOTS = 128
/** Before those who did not answer are asked again. */
const RETRY_MS = 200

export interface AskingOptions<Item> {
  readonly clock: Clock
  readonly turns: Turns
  /** It is time to ask for this anew. */
  retry(item: Item): void
  /** Whether it is still to be asked of this member. */
  isDue(item: Item, member: Member): boolean
  /** Whether the member has answered. */
  ask(member: Member, batch: readonly Item[]): Promise<boolean>
  /** The member does not answer, and is not asked for this. */
  passOver(item: Item, member: Member): void
}

interface Queue<Item> {
  readonly name: string
  readonly member: Member
  waiting: Item[]
  isServed: boolean
}

export class Asking<Item> {
  readonly #options: AskingOptions<Item>
  #queues = new Map<string, Queue<Item>>()
  readonly #later: Item[] = []
  #timer: Timer | undefined
  #isStopped = false

  constructor(options: AskingOptions<Item>) {
    this.#options = options
  }

  /** Only what is asked in the same manner goes together. */
  add(member: Member, item: Item, manner: string): void {
    const name = `${manner} ${member.incarnation}`
    const queue = this.#queues.get(name) ?? { name, member, waiting: [], isServed: false }
    this.#queues.set(name, queue)
    queue.waiting.push(item)
    if (!queue.isServed) void this.#serve(queue)
  }

  /** Asks for it anew in a while. */
  addLater(item: Item): void {
    if (this.#isStopped || this.#later.push(item) > 1) return
    const { clock, turns } = this.#options
    this.#timer = clock.after(RETRY_MS, () => void turns.take('arrivals', this.#retryAll()))
  }

  *#retryAll(): Generator<void, void> {
    for (const later of this.#later.splice(0)) {
      this.#options.retry(later)
      yield
    }
  }

  /** Nobody is asked any more for what waits. */
  clear(): void {
    this.#queues = new Map()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  async #serve(queue: Queue<Item>): Promise<void> {
    const { isDue, ask, passOver } = this.#options
    const { member } = queue
    queue.isServed = true
    await Promise.resolve() // Whatever is queued in this turn goes together.
    while (queue.waiting.length > 0 && this.#queues.get(queue.name) === queue) {
      const batch = queue.waiting.splice(0, BATCH_SLOTS).filter((item) => isDue(item, member))
      if (batch.length === 0) continue
      const hasAnswered = await ask(member, batch)
      if (!hasAnswered) for (const item of queue.waiting.splice(0)) passOver(item, member)
    }
    queue.isServed = false
  }
}
