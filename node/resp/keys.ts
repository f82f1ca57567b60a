/** Keys, whatever is under them: what there is, for how long, and that it is gone. */
import type { Reply as Answer, EndCondition } from '../../shared/command.ts'
import { andThen, type Eventual } from '../../shared/eventual.ts'
import { keyAt, lifeAt, optionAt, textAt } from './arguments.ts'
import { encodingOf } from './encoding.ts'
import { ReplyError, unknownSubcommand } from './errors.ts'
import { keysOf, mapInPortions } from './portions.ts'
import type { Call, Row } from './row.ts'
import { describe, remove } from './values.ts'
import { type Reply, Status } from './writer.ts'

const ONE = { group: 'generic', keys: [1, 1, 1] } as const
const ALL = { group: 'generic', keys: [1, -1, 1] } as const

export const KEY_ROWS: readonly Row[] = [
  { ...ALL, name: 'del', arity: -2, does: 'write', run: removeAll },
  { ...ALL, name: 'unlink', arity: -2, does: 'write', run: removeAll },
  { ...ALL, name: 'exists', arity: -2, does: 'read', run: countAll },
  { ...ALL, name: 'touch', arity: -2, does: 'read', run: countAll },
  { ...ONE, name: 'type', arity: 2, does: 'read', run: typeOfKey },
  { ...ONE, name: 'ttl', arity: 2, does: 'read', run: (call) => left(call, ({ ttlMs }) => toSeconds(ttlMs)) },
  {
    ...ONE,
    name: 'pttl',
    arity: 2,
    does: 'read',
    run: (call) => left(call, ({ ttlMs }) => Math.round(ttlMs)),
  },
  {
    ...ONE,
    name: 'expiretime',
    arity: 2,
    does: 'read',
    run: (call) => left(call, ({ ttlMs, wallMs }) => toSeconds(wallMs + ttlMs)),
  },
  {
    ...ONE,
    name: 'pexpiretime',
    arity: 2,
    does: 'read',
    run: (call) => left(call, ({ ttlMs, wallMs }) => Math.round(wallMs + ttlMs)),
  },
  {
    ...ONE,
    name: 'expire',
    arity: -3,
    does: 'write',
    run: (call) => end(call, { unitMs: 1000, isAt: false }),
  },
  { ...ONE, name: 'pexpire', arity: -3, does: 'write', run: (call) => end(call, { unitMs: 1, isAt: false }) },
  {
    ...ONE,
    name: 'expireat',
    arity: -3,
    does: 'write',
    run: (call) => end(call, { unitMs: 1000, isAt: true }),
  },
  {
    ...ONE,
    name: 'pexpireat',
    arity: -3,
    does: 'write',
    run: (call) => end(call, { unitMs: 1, isAt: true }),
  },
  { ...ONE, name: 'persist', arity: 2, does: 'write', run: persist },
  {
    ...ONE,
    name: 'object',
    arity: -2,
    does: 'steps',
    keys: [2, 2, 1],
    subcommands: ['encoding'],
    run: object,
  },
]

/** The keys that a call names behind its name, one answer each. */
function each(call: Call, send: (key: string) => Eventual<Answer>): Eventual<readonly Answer[]> {
  return andThen(keysOf(call), (keys) => mapInPortions(call, keys, send))
}

function removeAll(call: Call): Eventual<Reply> {
  return andThen(
    each(call, (key) => call.send(remove(key))),
    (answers) => answers.filter(({ type }) => type === 'deleted').length,
  )
}

/** A key that is named twice counts twice. */
function countAll(call: Call): Eventual<Reply> {
  return andThen(
    each(call, (key) => call.send(describe(key))),
    (answers) => answers.filter(({ type }) => type === 'description').length,
  )
}

function typeOfKey(call: Call): Eventual<Reply> {
  return andThen(call.send(describe(keyAt(call.words, 1))), (answer) => {
    if (answer.type !== 'description') return new Status('none')
    return new Status(answer.members === undefined ? 'string' : 'set')
  })
}

const NO_KEY = -2
const NO_END = -1

function left(call: Call, told: (life: { ttlMs: number; wallMs: number }) => number): Eventual<Reply> {
  return andThen(call.send(describe(keyAt(call.words, 1))), (answer) => {
    if (answer.type !== 'description') return NO_KEY
    if (answer.ttlMs === undefined) return NO_END
    return told({ ttlMs: Math.max(0, answer.ttlMs), wallMs: call.execution.wallMs() })
  })
}

function toSeconds(ms: number): number {
  return Math.round(ms / 1000)
}

const CONDITIONS: Readonly<Record<string, EndCondition>> = {
  NX: 'endless',
  XX: 'ending',
  GT: 'later',
  LT: 'sooner',
}

function end(call: Call, unit: { readonly unitMs: 1 | 1000; readonly isAt: boolean }): Eventual<Reply> {
  const { words, execution } = call
  const key = keyAt(words, 1)
  const ttlMs = lifeAt(words, 2, {
    ...unit,
    command: textAt(words, 0).toLowerCase(),
    wallMs: execution.wallMs(),
  })
  const only = conditionsFrom(call)
  const touch = { type: 'value.touch', key, ttlMs: Math.max(0, ttlMs), isSole: true } as const
  return andThen(call.send(only.length === 0 ? touch : { ...touch, only }), ({ type }) =>
    type === 'stored' ? 1 : 0,
  )
}

/** @throws ReplyError. */
function conditionsFrom({ words }: Call): EndCondition[] {
  const only: EndCondition[] = []
  for (let place = 3; place < words.length; place++) {
    const option = optionAt(words, place)
    const condition = CONDITIONS[option]
    if (condition === undefined) throw new ReplyError(`ERR Unsupported option ${textAt(words, place)}`)
    only.push(condition)
  }
  if (only.includes('endless') && only.length > 1)
    throw new ReplyError('ERR NX and XX, GT or LT options at the same time are not compatible')
  if (only.includes('later') && only.includes('sooner'))
    throw new ReplyError('ERR GT and LT options at the same time are not compatible')
  return only
}

function persist(call: Call): Eventual<Reply> {
  const touch = { type: 'value.touch', key: keyAt(call.words, 1), only: ['ending'], isSole: true } as const
  return andThen(call.send(touch), ({ type }) => (type === 'stored' ? 1 : 0))
}

function object(call: Call): Eventual<Reply> {
  const { words } = call
  if (optionAt(words, 1) !== 'ENCODING') throw unknownSubcommand('object', textAt(words, 1))
  if (words.length !== 3) throw new ReplyError("ERR wrong number of arguments for 'object|encoding' command")
  return encodingOf(call, keyAt(words, 2))
}
