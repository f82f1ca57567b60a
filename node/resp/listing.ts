/** All keys of the cluster, or those that a pattern takes: told a page at a time, counted, or gone. */
import { randomInt } from 'node:crypto'
import { andThen, type Eventual } from '../../shared/eventual.ts'
import type { KeyPlace, ListedKey } from '../../shared/many-keys.ts'
import { SLOTS } from '../../shared/placement.ts'
import { integerAt, integerText, keyAt, optionAt, optionsFrom, textAt, wordAt } from './arguments.ts'
import { ReplyError, SYNTAX } from './errors.ts'
import { globOf, type Matches, prefixOf } from './glob.ts'
import { HASHES, hashOf } from './member-hash.ts'
import { memberPagesOf, sizeOf } from './members.ts'
import type { Call, Row } from './row.ts'
import { OK, type Reply } from './writer.ts'

const generic = { group: 'generic', does: 'all' } as const
const server = { group: 'server', does: 'all' } as const

export const LISTING_ROWS: readonly Row[] = [
  { ...generic, name: 'scan', arity: -2, run: scan },
  { ...generic, name: 'keys', arity: 2, run: keys },
  { ...generic, name: 'randomkey', arity: 1, run: randomKey },
  { ...server, name: 'dbsize', arity: 1, run: size },
  { ...server, name: 'flushdb', arity: -1, isWrite: true, run: flush },
  { ...server, name: 'flushall', arity: -1, isWrite: true, run: flush },
  { group: 'set', name: 'sscan', arity: -3, does: 'steps', keys: [1, 1, 1], run: scanSet },
]

const COUNT = { fallback: 10, max: 1000 } as const
/** However many there are: a million take some seconds. */
const ALL_MAX_MS = 600_000

interface Page {
  readonly keys: readonly ListedKey[]
  readonly next: KeyPlace | undefined
}

async function pageOf(call: Call, prefix: string, limit: number, after: KeyPlace | undefined): Promise<Page> {
  const list = { type: 'keys.list', prefix, limit, hasSets: true, ...(after && { after }) } as const
  const answer = await call.send(list, ALL_MAX_MS)
  if (answer.type !== 'keys') throw new TypeError('keys were asked for')
  return { keys: answer.keys, next: answer.next }
}

/** All of them, a page after the other. */
async function* pagesOf(call: Call, prefix: string): AsyncGenerator<readonly ListedKey[]> {
  let after: KeyPlace | undefined
  do {
    const { keys, next } = await pageOf(call, prefix, COUNT.max, after)
    yield keys
    after = next
  } while (after !== undefined)
}

interface Filter {
  readonly prefix: string
  readonly matches: Matches
}

function filterOf(pattern: string): Filter {
  return { prefix: prefixOf(pattern), matches: globOf(pattern) }
}

const EVERYTHING: Filter = { prefix: '', matches: () => true }

async function scan(call: Call): Promise<Reply> {
  const { words } = call
  const options = optionsFrom(words, 2, { MATCH: 1, COUNT: 1, TYPE: 1 })
  const match = options.get('MATCH')
  const { prefix, matches } = match === undefined ? EVERYTHING : filterOf(wordAt(words, match).toString())
  const type = options.get('TYPE')
  const isWanted = type === undefined ? () => true : ofType(textAt(words, type))
  const page = await wholePage(call, prefix, countFrom(words, options), placeOf(textAt(words, 1)))
  const keys = page.keys.filter((one) => isWanted(one) && matches(one.key)).map(({ key }) => key)
  return [page.next === undefined ? '0' : cursorOf(page.next), keys]
}

/** @throws ReplyError. */
function countFrom(words: Call['words'], options: ReadonlyMap<string, number>): number {
  const place = options.get('COUNT')
  if (place === undefined) return COUNT.fallback
  return Math.min(integerAt(words, place, { min: 1, error: SYNTAX }), COUNT.max)
}

function ofType(type: string): (one: ListedKey) => boolean {
  const name = type.toLowerCase()
  return ({ members }) => name === (members === undefined ? 'string' : 'set')
}

/** A cursor has no room for what tells those apart that are in one place: a page does not end between them. */
async function wholePage(
  call: Call,
  prefix: string,
  limit: number,
  after: KeyPlace | undefined,
): Promise<Page> {
  let page = await pageOf(call, prefix, limit, after)
  while (page.next?.tie !== undefined) {
    const { keys, next } = await pageOf(call, prefix, 1, page.next)
    page = { keys: [...page.keys, ...keys], next }
  }
  return page
}

/** A cursor is a number: the slot, and behind it the place in it. */
const PLACES = 2 ** 33

function cursorOf({ slot, at }: KeyPlace): string {
  return String(slot * PLACES + at + 2)
}

/** @throws ReplyError. */
function placeOf(cursor: string): KeyPlace | undefined {
  if (cursor === '0') return undefined
  const value = Number(integerText(cursor) ?? Number.NaN)
  const [slot, at] = [Math.floor(value / PLACES), (value % PLACES) - 2]
  if (!(value > 0 && slot < SLOTS && at < 2 ** 32)) throw new ReplyError('ERR invalid cursor')
  return { slot, at }
}

async function keys(call: Call): Promise<Reply> {
  const { prefix, matches } = filterOf(wordAt(call.words, 1).toString())
  const found: string[] = []
  for await (const page of pagesOf(call, prefix))
    for (const { key } of page)
      if (matches(key)) {
        call.execution.takeIn(key.length)
        found.push(key)
      }
  return found
}

/** The first one behind a place that chance has chosen: keys behind long gaps are told more often than others. */
async function randomKey(call: Call): Promise<Reply> {
  const from = { slot: randomInt(SLOTS), at: randomInt(2 ** 28) }
  for (let after: KeyPlace | undefined = from; ; ) {
    const { keys, next }: Page = await pageOf(call, '', 1, after)
    if (keys[0] !== undefined) return keys[0].key
    if (next === undefined) break
    after = next
  }
  for await (const [first] of pagesOf(call, '')) if (first !== undefined) return first.key
  return null
}

async function size(call: Call): Promise<Reply> {
  let count = 0
  for await (const page of pagesOf(call, '')) count += page.length
  return count
}

function flush(call: Call): Eventual<Reply> {
  const { words } = call
  const isKnown = words.length === 1 || (words.length === 2 && /^(?:A?SYNC)$/.test(optionAt(words, 1)))
  if (!isKnown) throw new ReplyError(SYNTAX)
  return andThen(call.send({ type: 'keys.clear', prefix: '', hasSets: true }, ALL_MAX_MS), (reply) => {
    if (reply.type !== 'cleared') throw new TypeError('something was to be cleared')
    call.execution.audit(call, { what: 'keys were forgotten', prefix: '', deleted: reply.count })
    return OK
  })
}

/** A set that is not larger is told at once, as Redis does it. */
const WHOLE_MAX = 128
/** Who is in a set is looked for from the beginning every time: no more often than so. */
const SCANS_MAX = 100

/** In the order of their hashes, so that the cursor is a number: those whose hashes lie in a span that is as wide as is asked for. */
async function scanSet(call: Call): Promise<Reply> {
  const { words } = call
  const options = optionsFrom(words, 3, { MATCH: 1, COUNT: 1 })
  const match = options.get('MATCH')
  const { matches } = match === undefined ? EVERYTHING : filterOf(wordAt(words, match).toString())
  const from = Number(integerText(textAt(words, 2)) ?? Number.NaN)
  if (!(from >= 0)) throw new ReplyError('ERR invalid cursor')
  const key = keyAt(words, 1)
  const size = await sizeOf(call, key)
  const scans = Math.min(SCANS_MAX, size / countFrom(words, options))
  const isWhole = (from === 0 && size <= WHOLE_MAX) || scans <= 1
  const to = isWhole ? Infinity : from + Math.ceil(HASHES / scans)
  const told: string[] = []
  for await (const page of memberPagesOf(call, key))
    for (const member of page) {
      const hash = hashOf(member)
      if (hash >= from && hash < to && matches(member)) told.push(member)
    }
  return [to > HASHES ? '0' : String(to), told]
}
