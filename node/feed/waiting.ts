/** What waits for one who is being told something else: of each thing the last, and only so much. */
import type { FeedItem } from '../../shared/watching.ts'
import type { WatchEvent } from '../watching.ts'
import { nameOfTold } from './recent.ts'
import { bytesOfTold } from './state.ts'

/** An event, and of what it is. */
export interface Happening {
  readonly event: WatchEvent
  readonly life: string
  readonly item: FeedItem
}

export class Waiting {
  readonly #all = new Map<string, Happening>()
  #bytes = 0

  /** What it takes, about. */
  get bytes(): number {
    return this.#bytes
  }

  add(happening: Happening): void {
    const name = nameOfTold(happening.item.told)
    this.#drop(name)
    this.#all.set(name, happening)
    this.#bytes += bytesOf(happening)
  }

  /** What was to be told of the same thing. */
  drop({ item }: Happening): void {
    this.#drop(nameOfTold(item.told))
  }

  /** All of it, in the order in which it came; nothing waits any more. */
  take(): Happening[] {
    const all = [...this.#all.values()]
    this.clear()
    return all
  }

  clear(): void {
    this.#all.clear()
    this.#bytes = 0
  }

  #drop(name: string): void {
    const former = this.#all.get(name)
    if (former === undefined) return
    this.#all.delete(name)
    this.#bytes -= bytesOf(former)
  }
}

function bytesOf({ item }: Happening): number {
  return bytesOfTold(item.told)
}
