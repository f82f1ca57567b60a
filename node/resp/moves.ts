/** What is under one key goes under another, whatever it is, with its end: in one turn, of what it is in that turn. */
import { type Reply as Answer, type SingleCommand, tagOf } from '../../shared/command.ts'
import { integerAt, keyAt, optionAt } from './arguments.ts'
import { ReplyError, SYNTAX } from './errors.ts'
import { allMembersOf, change } from './members.ts'
import type { Call, Row } from './row.ts'
import { checkSlots } from './slots.ts'
import { describe, get, remove, together, untilUndisturbed } from './values.ts'
import { OK, type Reply } from './writer.ts'

const TWO = { group: 'generic', does: 'steps', isWrite: true, keys: [1, 2, 1] } as const

export const MOVE_ROWS: readonly Row[] = [
  { ...TWO, name: 'rename', arity: 3, run: rename },
  { ...TWO, name: 'renamenx', arity: 3, run: renameIfAbsent },
  { ...TWO, name: 'copy', arity: -3, run: copy },
]

const NO_SUCH_KEY = 'ERR no such key'

async function rename(call: Call): Promise<Reply> {
  const [from, to] = keysOf(call)
  if (from === to) await found(call, from)
  else if ((await transfer(call, { from, to, isKept: false, isReplaced: true })) === 'missing')
    throw new ReplyError(NO_SUCH_KEY)
  return OK
}

async function renameIfAbsent(call: Call): Promise<Reply> {
  const [from, to] = keysOf(call)
  if (from === to) {
    await found(call, from)
    return 0
  }
  const came = await transfer(call, { from, to, isKept: false, isReplaced: false })
  if (came === 'missing') throw new ReplyError(NO_SUCH_KEY)
  return came === 'done' ? 1 : 0
}

async function copy(call: Call): Promise<Reply> {
  const { words } = call
  const [from, to] = keysOf(call)
  let isReplaced = false
  for (let place = 3; place < words.length; place++) {
    const option = optionAt(words, place)
    if (option === 'REPLACE') isReplaced = true
    else if (option === 'DB' && place + 1 < words.length) {
      if (integerAt(words, ++place) !== 0) throw new ReplyError('ERR DB index is out of range')
    } else throw new ReplyError(SYNTAX)
  }
  if (from === to) throw new ReplyError('ERR source and destination objects are the same')
  return (await transfer(call, { from, to, isKept: true, isReplaced })) === 'done' ? 1 : 0
}

function keysOf(call: Call): [from: string, to: string] {
  const [from, to] = [keyAt(call.words, 1), keyAt(call.words, 2)]
  checkSlots(call, [from, to])
  return [from, to]
}

/** @throws ReplyError where there is nothing. */
async function found(call: Call, key: string): Promise<void> {
  const { type } = await call.send(describe(key))
  if (type !== 'description') throw new ReplyError(NO_SUCH_KEY)
}

interface Transfer {
  readonly from: string
  readonly to: string
  /** Whether it also stays where it is. */
  readonly isKept: boolean
  /** Whether it may take the place of something. */
  readonly isReplaced: boolean
}

function transfer(call: Call, transfer: Transfer): Promise<'done' | 'missing' | 'taken'> {
  const { from, to, isKept } = transfer
  return untilUndisturbed(async () => {
    const known = await call.send(describe(from))
    if (known.type !== 'description') return 'missing'
    const put = await putting(call, known, transfer)
    if (put === undefined) return undefined
    const condition = { ifMatch: [tagOf(known.stamp)] }
    const taken = { ...(isKept ? describe(from) : remove(from)), condition }
    const { isDone, outcomes } = await together(call, [taken, put])
    if (isDone) return 'done'
    // The last is the one that did not hold.
    return outcomes.length === 2 && to !== from ? 'taken' : undefined
  })
}

/** What stores the same under the other key; `undefined` where it is not the same any more. */
async function putting(
  call: Call,
  known: Extract<Answer, { type: 'description' }>,
  { from, to, isReplaced }: Transfer,
): Promise<SingleCommand | undefined> {
  const life = known.ttlMs !== undefined && { ttlMs: Math.max(0, known.ttlMs) }
  if (known.members !== undefined) {
    const how = isReplaced ? ({ isReplaced } as const) : ({ isNew: true } as const)
    return { ...change(to, { come: await allMembersOf(call, from) }), ...how, ...life }
  }
  const value = await call.send(get(from))
  if (value.type !== 'value' || tagOf(value.stamp) !== tagOf(known.stamp)) return undefined
  const { contentType, body } = value
  const condition = isReplaced ? {} : { condition: { ifNoneMatch: ['*'] } }
  return { type: 'value.set', key: to, contentType, body, isSole: true, ...condition, ...life }
}
