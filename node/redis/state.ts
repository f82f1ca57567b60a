/** The state as of now of what somebody watches: slot by slot, some at a time. */
import type { Clock } from '../../shared/clock.ts'
import type { KeyPlace } from '../../shared/many-keys.ts'
import { SLOTS } from '../../shared/placement.ts'
import type { PageEnd } from '../../shared/reaction-command.ts'
import type { Interest, There } from '../../shared/watching.ts'
import { covers, FEED_MAX_MS, toldTo } from '../feed/feed.ts'
import { listOf, type Parts, textOf } from './answer.ts'
import { someOf } from './listing.ts'
import { type Looking, reactionThere, thereUnder } from './marks.ts'
import type { Means } from './means.ts'
import { placeIn } from './places.ts'
import type { Primary } from './primary.ts'
import { readShown } from './reactions.ts'

const KEYS_AT_ONCE = 50
const EMPTY_AT_ONCE = 1024
const REACTIONS_AT_ONCE = 500

export interface StateOptions {
  readonly clock: Clock
  means(): Means
  primaries(): readonly Primary[]
}

/** What there is. @throws LarderError where a part of it cannot be had. */
export async function* stateOf(interest: Interest, options: StateOptions): AsyncGenerator<There[]> {
  const isMeant = (there: There) => toldTo(interest, there) !== undefined
  const { key, kinds, prefix } = interest
  const slots = key === undefined ? await filledSlots(options) : []
  if (kinds.some((kind) => kind !== 'reaction')) {
    const keys = key === undefined ? keysOf(prefix, slots, options) : [[key]]
    for await (const some of keys) {
      const there = await Promise.all(some.map((one) => thereUnder(one, lookingOf(options))))
      yield there.filter((one) => one !== undefined).filter(isMeant)
    }
  }
  if (!kinds.includes('reaction')) return
  const contents = key === undefined ? contentsOf(prefix, slots, options) : [[key]]
  for await (const some of contents)
    for (const content of some)
      if (covers(interest, content)) for await (const there of reactionsTo(content, options)) yield there
}

function lookingOf({ clock, means }: StateOptions): Looking {
  return { means: means(), deadlineAtMs: clock.now() + FEED_MAX_MS }
}

/** All but those of which a primary that has them knows that they are empty: what comes there from now on is told. */
async function filledSlots({ primaries }: StateOptions): Promise<number[]> {
  const filled = new Set(Array(SLOTS).keys())
  const looks = primaries().map(async (primary) => {
    for (let from = 0; from < SLOTS; from += EMPTY_AT_ONCE)
      for (const slot of await primary.empty(from, Math.min(SLOTS, from + EMPTY_AT_ONCE) - 1))
        filled.delete(slot)
  })
  await Promise.allSettled(looks)
  return [...filled]
}

async function* keysOf(
  prefix: string,
  slots: readonly number[],
  options: StateOptions,
): AsyncGenerator<string[]> {
  let after: KeyPlace | undefined
  for (let at = 0; at < slots.length; ) {
    const { means, deadlineAtMs } = lookingOf(options)
    const some = slots.slice(at, at + means.connection.slotsAtOnce)
    const wanted = { prefix, limit: KEYS_AT_ONCE, after, hasSets: undefined, deadlineAtMs }
    const parts = await someOf(means, some, wanted)
    for (const slot of some) {
      const part = parts.get(slot)
      if (part === undefined) break
      for (let from = 0; from < part.found.length; from += KEYS_AT_ONCE)
        yield part.found.slice(from, from + KEYS_AT_ONCE).map(({ key }) => key)
      after = part.next
      if (after !== undefined) break
      at++
    }
  }
}

async function* contentsOf(
  prefix: string,
  slots: readonly number[],
  options: StateOptions,
): AsyncGenerator<string[]> {
  const { slotsAtOnce } = options.means().connection
  for (let from = 0; from < slots.length; from += slotsAtOnce) {
    let left = slots.slice(from, from + slotsAtOnce).map((slot) => ({ slot, cursor: '0' }))
    while (left.length > 0) {
      const scanned = await scan(left, prefix, options)
      for (const { contents } of scanned) if (contents.length > 0) yield contents
      left = scanned.filter(({ cursor }) => cursor !== '0')
    }
  }
}

interface Scan {
  readonly slot: number
  readonly cursor: string
}

async function scan(
  all: readonly Scan[],
  prefix: string,
  options: StateOptions,
): Promise<(Scan & { readonly contents: string[] })[]> {
  const { means, deadlineAtMs } = lookingOf(options)
  const { connection } = means
  const groups = [...Map.groupBy(all, ({ cursor }) => cursor)].flatMap(([cursor, some]) =>
    connection.together(some.map(({ slot }) => slot)).map((slots) => ({ cursor, slots })),
  )
  const answers = groups.map(async ({ cursor, slots }) => {
    const places = slots.map((slot) => placeIn(slot, 'activity'))
    const told = await connection.run('contents', [places.length, ...places, prefix, cursor], deadlineAtMs)
    return (told as Parts).map(listOf).map(([next, found], at) => ({
      slot: slots[at] ?? 0,
      cursor: textOf(next),
      contents: listOf(found).map(textOf),
    }))
  })
  return (await Promise.all(answers)).flat()
}

/** Who reacts to it, some at a time. */
async function* reactionsTo(content: string, options: StateOptions): AsyncGenerator<There[]> {
  let after: PageEnd | undefined
  do {
    const { means, deadlineAtMs } = lookingOf(options)
    const { shown, counts } = await readShown(means, {
      content,
      after,
      most: REACTIONS_AT_ONCE,
      deadlineAtMs,
    })
    yield shown.map((one) => reactionThere(content, one, counts[one.reaction] ?? 0))
    after = shown.length === REACTIONS_AT_ONCE ? shown.at(-1) : undefined
  } while (after !== undefined)
}
