/** What names very many keys or members is done some at a time, so that others are served in between. */
import { type Eventual, mapAll } from '../../shared/eventual.ts'
import type { Turns } from '../../shared/turns.ts'
import { keyAt } from './arguments.ts'
import { type Call, placesIn } from './row.ts'

interface Portioned {
  deadlineAtMs?: number | undefined
  readonly execution: { readonly turns: Pick<Turns, 'pass'> }
}

/** Half a millisecond, or one. */
const PORTION = 250

/**
 * What `use` makes of each, in their order. Each portion of many has a deadline of its own, and after one in which something fails
 * nothing more is done.
 */
export function mapInPortions<T, U>(
  call: Portioned,
  items: readonly T[],
  use: (item: T) => Eventual<U>,
  portion = PORTION,
): Eventual<readonly U[]> {
  return items.length <= portion ? mapAll(items, use) : mapPortions(call, items, use, portion)
}

async function mapPortions<T, U>(
  call: Portioned,
  items: readonly T[],
  use: (item: T) => Eventual<U>,
  portion: number,
): Promise<readonly U[]> {
  const made: U[] = []
  for (const some of portionsOf(items, portion)) {
    await call.execution.turns.pass()
    call.deadlineAtMs = undefined
    made.push(...(await mapAll(some, use)))
  }
  return made
}

/** In their order, so many at a time. */
export function* portionsOf<T>(items: readonly T[], size: number): Generator<readonly T[], void> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}

/** All that it names behind its own name. @throws ReplyError, now or later. */
export function keysOf(call: Call): Eventual<readonly string[]> {
  const { words } = call
  return mapInPortions(call, placesIn(words, [1, -1, 1]), (place) => keyAt(words, place))
}
