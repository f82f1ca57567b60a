/** Sets: the users of a content who show `member`, as HTTP sees them. */
import { randomInt } from 'node:crypto'
import { andThen, type Eventual } from '../../shared/eventual.ts'
import { MEMBERSHIP } from '../../shared/reaction-command.ts'
import { integerAt, keyAt, memberAt } from './arguments.ts'
import { ReplyError, WRONG_TYPE } from './errors.ts'
import { allMembersOf, change, sizeOf } from './members.ts'
import { mapInPortions, portionsOf } from './portions.ts'
import { type Call, placesIn, type Row } from './row.ts'
import { checkSlots } from './slots.ts'
import { describe, together, untilUndisturbed } from './values.ts'
import { type Reply, SetReply } from './writer.ts'

const set = { group: 'set', keys: [1, 1, 1] } as const

export const SET_ROWS: readonly Row[] = [
  { ...set, name: 'sadd', arity: -3, does: 'write', run: (call) => changeSome(call, (come) => ({ come })) },
  { ...set, name: 'srem', arity: -3, does: 'write', run: (call) => changeSome(call, (go) => ({ go })) },
  { ...set, name: 'scard', arity: 2, does: 'read', run: (call) => sizeOf(call, keyAt(call.words, 1)) },
  {
    ...set,
    name: 'sismember',
    arity: 3,
    does: 'read',
    run: (call) => isMember(call, keyAt(call.words, 1), memberAt(call.words, 2)),
  },
  { ...set, name: 'smismember', arity: -3, does: 'read', run: areMembers },
  { ...set, name: 'smembers', arity: 2, does: 'steps', run: all },
  { ...set, name: 'spop', arity: -2, does: 'steps', isWrite: true, run: pop },
  { ...set, name: 'srandmember', arity: -2, does: 'steps', run: random },
  { ...set, name: 'smove', arity: 4, does: 'steps', isWrite: true, keys: [1, 2, 1], run: move },
]

/** More of them come or go some at a time, so that others are served in between. */
const CHANGED_AT_ONCE = 1000

function changeSome(
  call: Call,
  as: (some: readonly string[]) => Parameters<typeof change>[1],
): Eventual<Reply> {
  const key = keyAt(call.words, 1)
  const changed = andThen(membersOf(call), (members) => {
    const parts = [...portionsOf(members, CHANGED_AT_ONCE)]
    return mapInPortions(call, parts, (part) => call.send(change(key, as(part))), 1)
  })
  return andThen(changed, (answers) =>
    answers.reduce((sum, one) => sum + (one.type === 'changed' ? one.come + one.gone : 0), 0),
  )
}

/** All that it names behind its key. @throws ReplyError, now or later. */
function membersOf(call: Call): Eventual<readonly string[]> {
  const { words } = call
  return mapInPortions(call, placesIn(words, [2, -1, 1]), (place) => memberAt(words, place))
}

function isMember(call: Call, key: string, user: string): Eventual<number> {
  return andThen(call.send({ type: 'reaction.count', key, user, isSole: true }), (answer) =>
    answer.type === 'counts' && answer.own?.includes(MEMBERSHIP) === true ? 1 : 0,
  )
}

function areMembers(call: Call): Eventual<Reply> {
  const key = keyAt(call.words, 1)
  return andThen(membersOf(call), (members) =>
    mapInPortions(call, members, (member) => isMember(call, key, member)),
  )
}

async function all(call: Call): Promise<Reply> {
  return new SetReply(await allMembersOf(call, keyAt(call.words, 1)))
}

const OUT_OF_RANGE = 'ERR value is out of range'

/** Some of those who are there: who is chosen is so by chance, and told once, or by somebody else. */
async function pop(call: Call): Promise<Reply> {
  const { words } = call
  const key = keyAt(words, 1)
  if (words.length > 3) throw new ReplyError('ERR syntax error')
  const count =
    words.length === 3
      ? integerAt(words, 2, { min: 0, error: `${OUT_OF_RANGE}, must be positive` })
      : undefined
  const popped = await untilUndisturbed(async () => {
    const members = await allMembersOf(call, key)
    const go = some(members, count ?? 1)
    if (go.length === 0) return go
    const { type } = await call.send({ ...change(key, { go }), isStrict: true })
    return type === 'changed' ? go : undefined
  })
  return count === undefined ? (popped[0] ?? null) : new SetReply(popped)
}

async function random(call: Call): Promise<Reply> {
  const { words } = call
  if (words.length > 3) throw new ReplyError('ERR syntax error')
  const most = { min: -(2 ** 31), max: 2 ** 31, error: OUT_OF_RANGE }
  const count = words.length === 3 ? integerAt(words, 2, most) : undefined
  const members = await allMembersOf(call, keyAt(words, 1))
  if (count === undefined) return some(members, 1)[0] ?? null
  return count < 0 ? anyOf(call, members, -count) : some(members, count)
}

/** Each at most once: the first steps of a shuffle (Durstenfeld, 1964). */
function some(members: readonly string[], count: number): string[] {
  const rest = [...members]
  const chosen = Math.min(count, rest.length)
  for (let index = 0; index < chosen; index++) {
    const other = randomInt(index, rest.length)
    const [one = '', two = ''] = [rest[index], rest[other]]
    rest[index] = two
    rest[other] = one
  }
  return rest.slice(0, chosen)
}

/** Just so many, some of them again. */
function anyOf(call: Call, members: readonly string[], count: number): string[] {
  if (members.length === 0) return []
  call.execution.takeIn(count * ANY_BYTES)
  return Array.from({ length: count }, () => members[randomInt(members.length)] ?? '')
}

/** What is kept of one until it is told. */
const ANY_BYTES = 32

function move(call: Call): Eventual<Reply> {
  const { words } = call
  const [from, to, member] = [keyAt(words, 1), keyAt(words, 2), memberAt(words, 3)]
  if (from === to) return isMember(call, from, member)
  checkSlots(call, [from, to])
  const commands = [
    { ...change(from, { go: [member] }), isStrict: true } as const,
    change(to, { come: [member] }),
  ]
  return andThen(together(call, commands), ({ isDone }) => (isDone ? 1 : notMoved(call, from, to)))
}

/** @throws ReplyError where one is no set, as long as the other is one. */
async function notMoved(call: Call, from: string, to: string): Promise<Reply> {
  const [source, target] = await Promise.all([call.send(describe(from)), call.send(describe(to))])
  if (source.type === 'description' && target.type === 'description' && target.members === undefined)
    throw new ReplyError(WRONG_TYPE)
  return 0
}
