/** What several sets have in common, have together, or one has beyond the others: told, counted, or stored. */
import { type CommandOf, type SingleCommand, tagOf } from '../../shared/command.ts'
import { MEMBERSHIP } from '../../shared/reaction-command.ts'
import type { Steps } from '../../shared/steps.ts'
import { integerAt, keyAt, keysAt, optionAt } from './arguments.ts'
import { ReplyError, SYNTAX, WRONG_TYPE } from './errors.ts'
import { allMembersOf, change } from './members.ts'
import { keysOf, portionsOf } from './portions.ts'
import type { Words } from './reader.ts'
import { type Call, placesIn, type Row } from './row.ts'
import { checkSlots } from './slots.ts'
import { describe, remove, together, untilUndisturbed } from './values.ts'
import { type Reply, SetReply } from './writer.ts'

type Combine = (sets: readonly (readonly string[])[]) => Steps<readonly string[]>

const KINDS: Readonly<Record<'sinter' | 'sunion' | 'sdiff', Combine>> = {
  *sinter([first = [], ...others]) {
    const rest: Set<string>[] = []
    for (const set of others) rest.push(yield* allOf([set]))
    return yield* those(first, (member) => rest.every((set) => set.has(member)))
  },
  *sunion(sets) {
    return [...(yield* allOf(sets))]
  },
  *sdiff([first = [], ...others]) {
    const rest = yield* allOf(others)
    return yield* those(first, (member) => !rest.has(member))
  },
}

/** Gone through in one step: a fraction of a millisecond. */
const STEP = 500

function* allOf(sets: readonly (readonly string[])[]): Steps<Set<string>> {
  const all = new Set<string>()
  for (const set of sets)
    for (const some of portionsOf(set, STEP)) {
      for (const member of some) all.add(member)
      yield
    }
  return all
}

function* those(members: readonly string[], isMeant: (member: string) => boolean): Steps<string[]> {
  const meant: string[] = []
  for (const some of portionsOf(members, STEP)) {
    meant.push(...some.filter(isMeant))
    yield
  }
  return meant
}

export const SET_ALGEBRA_ROWS: readonly Row[] = [
  ...Object.entries(KINDS).flatMap(([name, combine]): Row[] => [
    { name, group: 'set', arity: -2, does: 'steps', keys: [1, -1, 1], run: (call) => told(call, combine) },
    {
      name: `${name}store`,
      group: 'set',
      arity: -3,
      does: 'steps',
      isWrite: true,
      keys: [1, -1, 1],
      run: (call) => stored(call, combine),
    },
  ]),
  { name: 'sintercard', group: 'set', arity: -3, does: 'steps', keys: countedKeys, run: counted },
]

async function told(call: Call, combine: Combine): Promise<Reply> {
  return new SetReply(await combined(call, combine, await keysOf(call)))
}

async function combined(call: Call, combine: Combine, keys: readonly string[]): Promise<readonly string[]> {
  const sets = await Promise.all(keys.map((key) => allMembersOf(call, key)))
  return await call.execution.turns.take('commands', combine(sets))
}

/** In one turn, of what the sets are in that turn: where any of them has changed since it was read, all are read again. */
async function stored(call: Call, combine: Combine): Promise<Reply> {
  const { words } = call
  const to = keyAt(words, 1)
  const keys = keysAt(words, placesIn(words, [2, -1, 1]))
  checkSlots(call, [to, ...keys])
  return await untilUndisturbed(async () => {
    const unchanged = await Promise.all([...new Set(keys)].map((key) => unchangedOf(call, key)))
    const come = await combined(call, combine, keys)
    const replace = come.length === 0 ? remove(to) : ({ ...change(to, { come }), isReplaced: true } as const)
    const { isDone } = await together(call, [...unchanged.flat(), replace])
    return isDone ? come.length : undefined
  })
}

/** What holds as long as the key is what it is now. */
async function unchangedOf(call: Call, key: string): Promise<SingleCommand[]> {
  const found = await call.send(describe(key))
  if (found.type !== 'description') return [absent(key)]
  if (found.members === undefined) throw new ReplyError(WRONG_TYPE)
  return [{ ...describe(key), condition: { ifMatch: [tagOf(found.stamp)] } }]
}

/** Nobody comes, and nobody goes, unless somebody is there. */
function absent(key: string): CommandOf<'reaction.change'> {
  return { type: 'reaction.change', key, reaction: MEMBERSHIP, come: [], go: [], isNew: true, isSole: true }
}

/** Behind the number of keys. */
function countedKeys(words: Words): readonly [number, number, number] {
  const count = Number(words[1]?.toString('latin1'))
  return [2, Number.isSafeInteger(count) && count > 0 ? count + 1 : 1, 1]
}

async function counted(call: Call): Promise<Reply> {
  const { words } = call
  const count = integerAt(words, 1, { min: 1, error: 'ERR numkeys should be greater than 0' })
  if (count > words.length - 2)
    throw new ReplyError("ERR Number of keys can't be greater than number of args")
  const limit = limitFrom(words, count + 2)
  const keys = keysAt(words, placesIn(words, [2, count + 1, 1]))
  const { length } = await combined(call, KINDS.sinter, keys)
  return limit === 0 ? length : Math.min(length, limit)
}

/** 0 is no limit. @throws ReplyError. */
function limitFrom(words: Words, from: number): number {
  if (words.length === from) return 0
  if (words.length !== from + 2 || optionAt(words, from) !== 'LIMIT') throw new ReplyError(SYNTAX)
  return integerAt(words, from + 1, { min: 0, error: "ERR LIMIT can't be negative" })
}
