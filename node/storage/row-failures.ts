/** Tells in the log of rows that the disk does not take: of each once, until there are none. */
import type { Log } from '../../shared/log.ts'
import { nameOf, type Row } from './rows.ts'

/** How many rows a message names. */
const NAMED_MAX = 10

/** What a message says of rows that are lost. */
export function lostRows(names: readonly string[], reason = 'these rows cannot be written'): string {
  const named = names.slice(0, NAMED_MAX).join(', ') + (names.length > NAMED_MAX ? ', ...' : '')
  return `${names.length} rows are lost, as ${reason}: ${named}`
}

export class RowFailures {
  readonly #log: Log
  readonly #told = new Set<string>()

  constructor(log: Log) {
    this.#log = log
  }

  /** `aside` is how many there are by now. */
  tell(failed: ReadonlyMap<Row, string>, aside: number): void {
    if (aside === 0) this.#told.clear()
    const reasons = [...failed].map(([row, reason]) => [nameOf(row), reason] as const)
    const news = reasons.filter(([name]) => !this.#told.has(name))
    if (news.length === 0) return
    for (const [name] of news) this.#told.add(name)
    const rows = news.slice(0, NAMED_MAX).map(([name, reason]) => `${name}: ${reason}`)
    this.#log.error({ count: news.length, rows }, 'rows are set aside: the disk does not take them')
  }
}
