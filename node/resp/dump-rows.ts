/** DUMP and RESTORE: what is under a key as bytes, here or of another Redis. */
import { LIFETIME_MAX_MS } from '../../shared/command.ts'
import { integerAt, keyAt, optionAt, wordAt } from './arguments.ts'
import { ReplyError, SYNTAX } from './errors.ts'
import { allMembersOf, change } from './members.ts'
import { decodeDump, encodeDump } from './rdb.ts'
import type { Call, Row } from './row.ts'
import { bytesOf, describe, get, set } from './values.ts'
import { OK, type Reply } from './writer.ts'

export function dumpRows(valueBytesMax: number): readonly Row[] {
  return [
    { group: 'generic', name: 'dump', arity: 2, does: 'steps', keys: [1, 1, 1], run: dump },
    {
      group: 'generic',
      name: 'restore',
      arity: -4,
      does: 'steps',
      isWrite: true,
      keys: [1, 1, 1],
      run: (call) => restore(call, valueBytesMax),
    },
  ]
}

async function dump(call: Call): Promise<Reply> {
  const key = keyAt(call.words, 1)
  const found = await call.send(describe(key))
  if (found.type !== 'description') return null
  const { turns } = call.execution
  if (found.members !== undefined)
    return await turns.take('commands', encodeDump({ members: await allMembersOf(call, key) }))
  const value = await call.send(get(key))
  return value.type === 'value' ? await turns.take('commands', encodeDump({ string: bytesOf(value) })) : null
}

interface Options {
  readonly isReplaced: boolean
  readonly isAt: boolean
}

async function restore(call: Call, valueBytesMax: number): Promise<Reply> {
  const { words, execution } = call
  const key = keyAt(words, 1)
  const ttl = integerAt(words, 2, { min: 0, error: 'ERR Invalid TTL value, must be >= 0' })
  const { isReplaced, isAt } = optionsOf(call)
  const dumped = await execution.turns.take('commands', decodeDump(wordAt(words, 3), valueBytesMax))
  if (dumped === undefined) throw new ReplyError('ERR DUMP payload version or checksum are wrong')
  const ttlMs = Math.min(Math.max(0, isAt ? ttl - execution.wallMs() : ttl), LIFETIME_MAX_MS)
  const life = ttl > 0 && { ttlMs }
  const command =
    'string' in dumped
      ? { ...set(key, dumped.string), ...(!isReplaced && { condition: { ifNoneMatch: ['*'] } }), ...life }
      : { ...change(key, { come: dumped.members }), ...(isReplaced ? REPLACED : NEW), ...life }
  const { type } = await call.send(command)
  if (type === 'mismatch') throw new ReplyError('BUSYKEY Target key name already exists.')
  return OK
}

const REPLACED = { isReplaced: true } as const
const NEW = { isNew: true } as const

/** How long it was idle, and how often used, is not kept. */
function optionsOf({ words }: Call): Options {
  let options: Options = { isReplaced: false, isAt: false }
  for (let place = 4; place < words.length; place++) {
    const option = optionAt(words, place)
    if (option === 'REPLACE') options = { ...options, isReplaced: true }
    else if (option === 'ABSTTL') options = { ...options, isAt: true }
    else if ((option === 'IDLETIME' || option === 'FREQ') && place + 1 < words.length)
      integerAt(words, ++place, { min: 0, error: `ERR Invalid ${option} value, must be >= 0` })
    else throw new ReplyError(SYNTAX)
  }
  return options
}
