/** Strings: what is read and stored whole. A string is a value or a counter. */
import { type Reply as Answer, type CommandOf, tagOf } from '../../shared/command.ts'
import { andThen, type Eventual } from '../../shared/eventual.ts'
import { END_UNITS, integerAt, keyAt, lifeAt, optionAt, wordAt } from './arguments.ts'
import { ReplyError, SYNTAX } from './errors.ts'
import { keysOf, mapInPortions } from './portions.ts'
import type { Words } from './reader.ts'
import { type Call, type Does, placesIn, type Row } from './row.ts'
import { checkSlots } from './slots.ts'
import { bytesOf, get, remove, set, together, untilUndisturbed, valueIn } from './values.ts'
import { ErrorReply, OK, type Reply } from './writer.ts'

const KEY = [1, 1, 1] as const
const string = { group: 'string' } as const

export const STRING_ROWS: readonly Row[] = [
  { ...string, name: 'get', arity: 2, does: 'read', keys: KEY, run: getRow },
  { ...string, name: 'set', arity: -3, does: setDoes, isWrite: true, keys: KEY, run: setRow },
  { ...string, name: 'setnx', arity: 3, does: 'write', keys: KEY, run: setIfAbsent },
  { ...string, name: 'setex', arity: 4, does: 'write', keys: KEY, run: (call) => setEnding(call, 'EX') },
  { ...string, name: 'psetex', arity: 4, does: 'write', keys: KEY, run: (call) => setEnding(call, 'PX') },
  { ...string, name: 'getset', arity: 3, does: 'write', keys: KEY, run: getAndSet },
  { ...string, name: 'getdel', arity: 2, does: 'write', keys: KEY, run: getAndDelete },
  { ...string, name: 'getex', arity: -2, does: 'write', keys: KEY, run: getAndTouch },
  { ...string, name: 'mget', arity: -2, does: 'read', keys: [1, -1, 1], run: getMany },
  { ...string, name: 'mset', arity: -3, does: 'write', keys: [1, -1, 2], run: setMany },
  {
    ...string,
    name: 'msetnx',
    arity: -3,
    does: 'steps',
    isWrite: true,
    keys: [1, -1, 2],
    run: setManyIfAbsent,
  },
  { ...string, name: 'delex', arity: -2, does: 'steps', isWrite: true, keys: KEY, run: deleteIf },
]

function getRow(call: Call): Eventual<Reply> {
  return andThen(call.send(get(keyAt(call.words, 1))), (answer) => valueIn(call, answer))
}

/** What is compared has to be read first. */
function setDoes(words: Words): Does {
  return words.length > 3 && words.some((_, place) => /^IF(?:EQ|NE)$/.test(optionAt(words, place)))
    ? 'steps'
    : 'write'
}

type SetCommand = CommandOf<'value.set'>

interface SetOptions {
  readonly command: SetCommand
  readonly isTold: boolean
  /** What it has to be, or has not to be, to be replaced. */
  readonly compared?: { readonly to: Buffer; readonly isEqual: boolean } | undefined
}

function setRow(call: Call): Eventual<Reply> {
  const { words } = call
  if (words.length === 3) return andThen(call.send(set(keyAt(words, 1), wordAt(words, 2))), () => OK)
  const options = setOptionsOf(call)
  const { command, isTold, compared } = options
  if (compared !== undefined) return setComparing(call, options)
  if (isTold) return setAndTell(call, command)
  return andThen(call.send(command), ({ type }) => (type === 'stored' ? OK : null))
}

/** @throws ReplyError. */
function setOptionsOf({ words, execution }: Call): SetOptions {
  let command: SetCommand = set(keyAt(words, 1), wordAt(words, 2))
  let [isTold, hasEnd] = [false, false]
  let compared: SetOptions['compared']
  for (let place = 3; place < words.length; place++) {
    const option = optionAt(words, place)
    const isConditional = command.condition !== undefined || compared !== undefined
    const unit = END_UNITS[option]
    if (option === 'NX' && !isConditional) command = { ...command, condition: { ifNoneMatch: ['*'] } }
    else if (option === 'XX' && !isConditional) command = { ...command, condition: { ifMatch: ['*'] } }
    else if ((option === 'IFEQ' || option === 'IFNE') && !isConditional && place + 1 < words.length)
      compared = { to: wordAt(words, ++place), isEqual: option === 'IFEQ' }
    else if (option === 'GET') isTold = true
    else if (option === 'KEEPTTL' && !hasEnd) {
      hasEnd = true
      command = { ...command, keepsTtl: true }
    } else if (unit !== undefined && !hasEnd && place + 1 < words.length) {
      hasEnd = true
      command = {
        ...command,
        ttlMs: newLifeAt(words, ++place, { ...unit, command: 'set', wallMs: execution.wallMs() }),
      }
    } else throw new ReplyError(SYNTAX)
  }
  return { command, isTold, compared }
}

/** Above 0 as it is said; what is over by now ends at once. */
function newLifeAt(words: Words, place: number, options: Parameters<typeof lifeAt>[2]): number {
  if (integerAt(words, place) <= 0)
    throw new ReplyError(`ERR invalid expire time in '${options.command}' command`)
  return Math.max(0, lifeAt(words, place, options))
}

/** What was there before, whether or not it is replaced. */
function setAndTell(call: Call, command: SetCommand): Eventual<Reply> {
  return andThen(together(call, [get(command.key), command]), ({ outcomes: [before] }) =>
    before === undefined ? null : valueIn(call, before as Answer),
  )
}

function setComparing(call: Call, { command, isTold, compared }: SetOptions): Promise<Reply> {
  return untilUndisturbed(async () => {
    const found = await call.send(get(command.key))
    const told = isTold ? valueIn(call, found) : undefined
    const isEqual = found.type === 'value' && compared !== undefined && bytesOf(found).equals(compared.to)
    const isMeant = compared?.isEqual === true ? isEqual : !isEqual
    if (!isMeant) return isTold ? (told ?? null) : null
    const condition = found.type === 'value' ? { ifMatch: [tagOf(found.stamp)] } : { ifNoneMatch: ['*'] }
    const { type } = await call.send({ ...command, condition })
    if (type !== 'stored') return undefined
    return isTold ? (told ?? null) : OK
  })
}

function setIfAbsent(call: Call): Eventual<Reply> {
  const command = { ...set(keyAt(call.words, 1), wordAt(call.words, 2)), condition: { ifNoneMatch: ['*'] } }
  return andThen(call.send(command), ({ type }) => (type === 'stored' ? 1 : 0))
}

function setEnding(call: Call, unit: 'EX' | 'PX'): Eventual<Reply> {
  const { words, execution } = call
  const end = END_UNITS[unit]
  if (end === undefined) throw new TypeError(unit)
  const command = unit === 'EX' ? 'setex' : 'psetex'
  const ttlMs = newLifeAt(words, 2, { ...end, command, wallMs: execution.wallMs() })
  return andThen(call.send({ ...set(keyAt(words, 1), wordAt(words, 3)), ttlMs }), () => OK)
}

function getAndSet(call: Call): Eventual<Reply> {
  return setAndTell(call, set(keyAt(call.words, 1), wordAt(call.words, 2)))
}

function getAndDelete(call: Call): Eventual<Reply> {
  const key = keyAt(call.words, 1)
  return andThen(together(call, [get(key), remove(key)]), ({ outcomes: [before] }) =>
    before?.type === 'value' ? before.body : null,
  )
}

function getAndTouch(call: Call): Eventual<Reply> {
  const { words, execution } = call
  const key = keyAt(words, 1)
  if (words.length === 2) return getRow(call)
  const option = optionAt(words, 2)
  const unit = END_UNITS[option]
  const isPersist = option === 'PERSIST' && words.length === 3
  if (!isPersist && (unit === undefined || words.length !== 4)) throw new ReplyError(SYNTAX)
  const touch = { type: 'value.touch', key, isSole: true } as const
  const life = unit && {
    ttlMs: newLifeAt(words, 3, { ...unit, command: 'getex', wallMs: execution.wallMs() }),
  }
  return andThen(together(call, [get(key), { ...touch, ...life }]), ({ outcomes: [before] }) =>
    before === undefined ? null : valueIn(call, before as Answer),
  )
}

/** Each by itself; what is no string is nothing. */
function getMany(call: Call): Eventual<Reply> {
  return andThen(keysOf(call), (keys) =>
    mapInPortions(call, keys, (key) =>
      andThen(call.send({ type: 'value.get', key }), (answer) => valueIn(call, answer)),
    ),
  )
}

const PAIRS = [1, -1, 2] as const

/** Of a key that is named twice the last. @throws ReplyError, now or later. */
function pairsOf(call: Call, name: string): Eventual<(readonly [key: string, value: Buffer])[]> {
  const { words } = call
  if (words.length % 2 === 0) throw new ReplyError(`ERR wrong number of arguments for '${name}' command`)
  const pairs = mapInPortions(
    call,
    placesIn(words, PAIRS),
    (place) => [keyAt(words, place), wordAt(words, place + 1)] as const,
  )
  return andThen(pairs, (all) => [...new Map(all)])
}

/** Each by itself. */
function setMany(call: Call): Eventual<Reply> {
  const stored = andThen(pairsOf(call, 'mset'), (pairs) =>
    mapInPortions(call, pairs, ([key, value]) => call.send(set(key, value))),
  )
  return andThen(stored, () => OK)
}

/** What is stored in one turn: more would make others wait. */
const TOGETHER_MAX = 1000

async function setManyIfAbsent(call: Call): Promise<Reply> {
  if (call.words.length > 2 * TOGETHER_MAX + 1)
    throw new ReplyError(`ERR msetnx stores at most ${TOGETHER_MAX} keys here`)
  const pairs = await pairsOf(call, 'msetnx')
  checkSlots(
    call,
    pairs.map(([key]) => key),
  )
  const condition = { ifNoneMatch: ['*'] }
  const commands = pairs.map(([key, value]) => ({ ...set(key, value), condition }))
  return andThen(together(call, commands), ({ isDone }) => (isDone ? 1 : 0))
}

function deleteIf(call: Call): Eventual<Reply> {
  const { words } = call
  const key = keyAt(words, 1)
  if (words.length === 2) return andThen(call.send(remove(key)), ({ type }) => (type === 'deleted' ? 1 : 0))
  const option = optionAt(words, 2)
  if (words.length !== 4 || (option !== 'IFEQ' && option !== 'IFNE')) return new ErrorReply(SYNTAX)
  return untilUndisturbed(async () => {
    const found = await call.send(get(key))
    if (found.type !== 'value') return 0
    if (bytesOf(found).equals(wordAt(words, 3)) !== (option === 'IFEQ')) return 0
    const { type } = await call.send({ ...remove(key), condition: { ifMatch: [tagOf(found.stamp)] } })
    return type === 'deleted' ? 1 : undefined
  })
}
