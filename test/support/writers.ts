/** Those who write as long as it takes, and what a book of one who watches has of that. */
import type { Book } from './book.ts'
import { post } from './cluster.ts'
import { until } from './until.ts'

/** Each key has one writer, who counts up. */
export class Writers {
  readonly #last = new Map<string, number>()
  readonly #done: Promise<unknown>
  #isOver = false

  constructor(url: string, keys: readonly string[]) {
    this.#done = Promise.all(keys.map((key) => this.#write(url, key)))
  }

  async #write(url: string, key: string): Promise<void> {
    for (let data = 1; !this.#isOver; ) {
      const { status } = await post(`${url}/api`, { key, data }).catch(() => ({ status: 0 }))
      if (status !== 200) continue
      this.#last.set(key, data)
      data++
    }
  }

  get least(): number {
    return Math.min(...this.#last.values())
  }

  /** Until each has written so many more. */
  async more(count: number): Promise<void> {
    const enough = this.least + count
    await until(
      async () => this.least,
      (least) => least >= enough,
      60_000,
    )
  }

  /** What was acknowledged last. */
  async stop(): Promise<ReadonlyMap<string, number>> {
    this.#isOver = true
    await this.#done
    return this.#last
  }
}

export function valuesIn(book: Book): Map<string, unknown> {
  return new Map([...book.now].map(([key, { data }]) => [key, data]))
}

/** Nobody is told of what came earlier after what came later; the same may be told again. */
export function disorderIn(book: Book): string[] {
  const last = new Map<unknown, number>()
  return book.heard.flatMap(({ event, data: { key, data } }) => {
    if (event !== 'change' || typeof data !== 'number') return []
    const before = last.get(key) ?? 0
    last.set(key, data)
    return data < before ? `${key}: ${data} after ${before}` : []
  })
}
