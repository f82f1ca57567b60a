/** Those who watch a chaos run, through all members; once all is quiet their books are compared with what is there. */
import { Larder, type WatchOptions } from '../../client/larder.ts'
import { pause, systemClock } from '../../shared/clock.ts'
import type { Item } from './records.ts'
import type { Verdict } from './verdict.ts'
import { type Known, WatchBook } from './watch-book.ts'

/** How they watch: each row of them through all members, some of it or all. */
const WAYS: readonly WatchOptions[] = [
  { snapshot: true },
  {},
  { prefix: 'value ', snapshot: true },
  { kinds: ['counter', 'reaction'] },
  { key: 'value 0 0' },
  { snapshot: true, kinds: ['value', 'reaction'] },
]
/** No member may be there for so long. */
const AWAY_MAX_MS = 120_000
/** What is quiet is told by then. */
const TOLD_MAX_MS = 10_000
const LOOK_MS = 50

/** What may be watched. */
export type Watched = Pick<Item, 'kind' | 'name' | 'key'>

export interface WatchersOptions {
  readonly urls: readonly string[]
  readonly verdict: Pick<Verdict, 'breach' | 'gaps'>
  readonly isWatched: boolean
  readonly signal: AbortSignal
}

export class Watchers {
  readonly #options: WatchersOptions
  readonly #all: readonly Watcher[]
  /** By name, when the last sure change was begun that is acknowledged. */
  readonly #changes = new Map<string, number>()
  #before = new Map<string, { readonly found: string; readonly atMs: number }>()

  constructor(options: WatchersOptions) {
    this.#options = options
    const ways = options.isWatched ? WAYS : []
    this.#all = ways.map((way, index) => new Watcher(way, rotated(options.urls, index), options))
  }

  /** Resolves once all of them are told. */
  async begin(): Promise<void> {
    await Promise.all(this.#all.map((watcher) => watcher.begun))
  }

  /** A change was acknowledged, which is none of nothing. */
  acknowledged({ name }: Watched, begunAtMs: number): void {
    this.#changes.set(name, Math.max(begunAtMs, this.#changes.get(name) ?? -Infinity))
  }

  /** What was acknowledged is gone, so that nobody can be told. */
  lost({ name }: Watched): void {
    this.#changes.delete(name)
  }

  /** To be called while nobody writes, with what is there. */
  async check(states: ReadonlyMap<Watched, string>): Promise<void> {
    const { verdict, signal } = this.#options
    const watched = [...states].filter(([{ kind }]) => kind !== 'response')
    const known = watched.map(([item, found]) => {
      const { name } = item
      const changedAtMs = this.#changes.get(name) ?? -Infinity
      return { item, known: { name, found, changedAtMs, before: this.#before.get(name) } }
    })
    const givesUpAtMs = systemClock.now() + TOLD_MAX_MS
    const wrong = () => this.#all.flatMap((watcher) => watcher.judge(known))
    while (wrong().length > 0 && systemClock.now() < givesUpAtMs && !signal.aborted)
      await pause(systemClock, LOOK_MS)
    for (const what of signal.aborted ? [] : wrong()) verdict.breach('not told', what)
    for (const { book } of this.#all) verdict.gaps(book.takeGaps())
    const atMs = systemClock.now()
    this.#before = new Map(known.map(({ known: { name, found } }) => [name, { found, atMs }]))
  }
}

class Watcher {
  readonly book = new WatchBook()
  readonly #way: WatchOptions
  readonly #larder: Larder
  readonly #begun = Promise.withResolvers<void>()

  constructor(way: WatchOptions, urls: readonly string[], options: WatchersOptions) {
    this.#way = way
    this.#larder = new Larder({ urls, direct: false })
    void this.#run(options)
  }

  get begun(): Promise<void> {
    return this.#begun.promise
  }

  judge(all: readonly { readonly item: Watched; readonly known: Known }[]): string[] {
    return all.flatMap(({ item, known }) => {
      const wrong = isMeant(this.#way, item) ? this.book.judge(known) : undefined
      return wrong === undefined
        ? []
        : `${item.name}: whoever watches ${JSON.stringify(this.#way)} was ${wrong}`
    })
  }

  async #run({ signal, verdict }: WatchersOptions): Promise<void> {
    const onOpen = () => {
      this.book.begin(systemClock.now())
      this.#begun.resolve()
    }
    const watching = { ...this.#way, signal, onOpen, timeoutMs: AWAY_MAX_MS }
    try {
      for await (const change of this.#larder.watch(watching)) this.book.hear(change, systemClock.now())
    } catch (error) {
      if (!signal.aborted) verdict.breach('not told', `a watcher was given up: ${error}`)
    }
    this.#begun.resolve()
    this.#larder.close()
  }
}

function isMeant({ prefix = '', key, kinds }: WatchOptions, { kind, key: itsKey }: Watched): boolean {
  if (kinds?.some((one) => one === kind) === false) return false
  return itsKey.startsWith(prefix) && (key === undefined || itsKey === key)
}

function rotated<T>(all: readonly T[], by: number): T[] {
  return all.map((_, index) => all[(index + by) % all.length] as T)
}
