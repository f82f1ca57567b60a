/**
 * The keys of all slots, a page at a time, and the end of many of them. In a slot they are in the order of their hashes
 * (`keys.lua`, `listing.lua`), and slots follow each other: so a page goes on wherever the one before has ended, whatever was
 * written, moved or failed over meanwhile.
 */
import { hash } from 'node:crypto'
import type { Clock } from '../../shared/clock.ts'
import type { CommandOf, Outcome } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import type { KeyPlace, ListedKey } from '../../shared/many-keys.ts'
import { SLOTS } from '../../shared/placement.ts'
import { answerIn, listOf, numberOf, type Part, type Parts, textOf } from './answer.ts'
import { type Means, withEach } from './means.ts'
import { placeIn } from './places.ts'
import { askAlone, carryOutAlone } from './sole.ts'
import { carryOutOnValue, keysOf } from './values.ts'

/** A page that is not full by then is told as it is. */
const PAGE_MS = 200
/** Keys that are looked at in one step of the engine. */
const LOOKED_MAX = 1000
/** Keys that are forgotten together, so that other commands come in between. */
const FORGOTTEN_AT_ONCE = 500
/** Of the base64 text of a hash. */
const TIE_LENGTH = 16

interface Found {
  readonly key: string
  readonly place: KeyPlace & { readonly tie: string }
}

interface SlotPart {
  readonly found: readonly Found[]
  /** All up to there were told; `undefined` for the end of the slot. */
  readonly next: KeyPlace | undefined
}

export async function listKeys(
  means: Means,
  { prefix, limit, after, hasSets }: CommandOf<'keys.list'>,
  { clock, deadlineAtMs }: { readonly clock: Clock; readonly deadlineAtMs: number },
): Promise<Outcome> {
  const endsAtMs = clock.now() + PAGE_MS
  const keys: ListedKey[] = []
  let last = after
  do {
    const wanted = { prefix, limit: limit - keys.length, after: last, hasSets, deadlineAtMs }
    const { found, next } = await roundOf(means, wanted)
    const told = found.slice(0, wanted.limit)
    keys.push(...(await describeAll(means, told, wanted)))
    last = told.length < found.length ? told.at(-1)?.place : next
  } while (last !== undefined && keys.length < limit && clock.now() < endsAtMs)
  return { type: 'keys', keys, ...(last && { next: last }), time: 0 }
}

/** Which keys of the slots from a place on. */
interface Wanted {
  readonly prefix: string
  readonly limit: number
  readonly after: KeyPlace | undefined
  readonly hasSets: true | undefined
  readonly deadlineAtMs: number
}

/** What is told goes as far as the first slot that was not told to its end. */
async function roundOf(
  means: Means,
  wanted: Wanted,
): Promise<{ found: Found[]; next: KeyPlace | undefined }> {
  const from = wanted.after?.slot ?? 0
  const { slotsAtOnce } = means.connection
  const slots = Array.from({ length: Math.min(slotsAtOnce, SLOTS - from) }, (_, at) => from + at)
  const parts = await someOf(means, slots, wanted)
  const found: Found[] = []
  for (const slot of slots) {
    const part = parts.get(slot)
    if (part === undefined) return { found, next: { slot, at: -1 } }
    found.push(...part.found)
    if (part.next !== undefined) return { found, next: part.next }
  }
  const slot = from + slots.length
  return { found, next: slot < SLOTS ? { slot, at: -1 } : undefined }
}

/** Of each slot that was come to. */
export async function someOf(
  { connection }: Means,
  slots: readonly number[],
  { prefix, limit, after, hasSets, deadlineAtMs }: Wanted,
): Promise<Map<number, SlotPart>> {
  const told = await Promise.all(
    connection.together(slots).map(async (group) => {
      const places = group.flatMap((slot) => [placeIn(slot, 'keys'), placeIn(slot, 'sets')])
      const from =
        group[0] === after?.slot && after !== undefined ? after.at + (after.tie === undefined ? 1 : 0) : 0
      const parts = [places.length, ...places, prefix, from, limit, LOOKED_MAX, hasSets === true ? '1' : '']
      const answer = (await connection.run('listing', parts, deadlineAtMs)) as readonly Part[]
      return answer.map((part, at) => partIn(listOf(part), group[at] ?? 0, after))
    }),
  )
  return new Map(told.flat())
}

function partIn([upTo, flat]: Parts, slot: number, after: KeyPlace | undefined): [number, SlotPart] {
  const { tie: last, at: lastAt = -1 } = after?.slot === slot ? after : {}
  const found = listOf(flat)
    .flatMap((part, index, all): Found[] => {
      if (index % 2 === 1) return []
      const key = textOf(part)
      return [{ key, place: { slot, at: numberOf(all[index + 1]), tie: tieOf(key) } }]
    })
    .filter(({ place }) => last === undefined || place.at > lastAt || place.tie > last)
    .sort((a, b) => a.place.at - b.place.at || (a.place.tie < b.place.tie ? -1 : 1))
  const end = textOf(upTo)
  return [slot, { found, next: end === '' ? undefined : { slot, at: Number(end) } }]
}

function tieOf(key: string): string {
  return hash('sha256', key, 'base64url').slice(0, TIE_LENGTH)
}

/** Those that are still there. */
async function describeAll(
  means: Means,
  found: readonly Found[],
  { hasSets, deadlineAtMs }: Pick<Wanted, 'hasSets' | 'deadlineAtMs'>,
): Promise<ListedKey[]> {
  const described = await Promise.all(
    found.map(async ({ key, place }): Promise<ListedKey[]> => {
      const at = { slot: place.slot, deadlineAtMs }
      const outcome = await (hasSets
        ? carryOutAlone(means, { command: { type: 'value.describe', key, isSole: true }, ...at })
        : carryOutOnValue(means, { command: { type: 'value.describe', key }, ...at }))
      if (outcome.type !== 'description') return []
      const { type: _, stamp: __, ...description } = outcome
      return [{ key, place, ...description }]
    }),
  )
  return described.flat()
}

/** All that was there when it began. @throws LarderError that says how much is gone by then. */
export async function clearKeys(
  means: Means,
  { prefix, hasSets }: CommandOf<'keys.clear'>,
  deadlineAtMs: number,
): Promise<Outcome> {
  let count = 0
  try {
    const upTo = await means.connection.time()
    let after: KeyPlace | undefined
    do {
      const wanted = { prefix, limit: FORGOTTEN_AT_ONCE, after, hasSets, deadlineAtMs }
      const { found, next } = await roundOf(means, wanted)
      await withEach(found, async ({ key, place: { slot } }) => {
        const clear = ['clear', '', upTo]
        const told = hasSets
          ? await askAlone(means, { key, slot, args: ['value', ...clear] }, deadlineAtMs)
          : answerIn(await means.connection.run('value', [...keysOf(slot, key), ...clear], deadlineAtMs))
        if (told.type === 'deleted') count++
      })
      after = next
    } while (after !== undefined)
    return { type: 'cleared', count }
  } catch (error) {
    if (!(error instanceof LarderError)) throw error
    const told = `${error.message} ${count} keys are deleted: ask again for the rest.`
    throw new LarderError(error.code, told, { cause: error })
  }
}
