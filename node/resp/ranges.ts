/** Strings in part: what is appended, written over and cut out; and what two of them have in common. */
import { tagOf } from '../../shared/command.ts'
import { andThen, type Eventual, mapAll } from '../../shared/eventual.ts'
import { integerAt, keyAt, optionAt, wordAt } from './arguments.ts'
import { ReplyError, SYNTAX, WRONG_TYPE } from './errors.ts'
import type { Call, Row } from './row.ts'
import { commonIn, type Match } from './subsequence.ts'
import { bytesOf, describe, get, set, untilUndisturbed } from './values.ts'
import { MapReply, type Reply } from './writer.ts'

const string = { group: 'string', keys: [1, 1, 1] } as const

export function rangeRows(valueBytesMax: number): readonly Row[] {
  return [
    { ...string, name: 'strlen', arity: 2, does: 'read', run: length },
    { ...string, name: 'getrange', arity: 4, does: 'read', run: range },
    { ...string, name: 'substr', arity: 4, does: 'read', run: range },
    {
      ...string,
      name: 'append',
      arity: 3,
      does: 'steps',
      isWrite: true,
      run: (call) => append(call, valueBytesMax),
    },
    {
      ...string,
      name: 'setrange',
      arity: 4,
      does: 'steps',
      isWrite: true,
      run: (call) => setRange(call, valueBytesMax),
    },
    { ...string, name: 'lcs', arity: -3, does: 'steps', keys: [1, 2, 1], run: common },
  ]
}

const EMPTY = Buffer.alloc(0)

function length(call: Call): Eventual<Reply> {
  return andThen(call.send(describe(keyAt(call.words, 1))), (answer) => {
    if (answer.type !== 'description') return 0
    if (answer.members !== undefined) throw new ReplyError(WRONG_TYPE)
    return answer.bytes
  })
}

function range(call: Call): Eventual<Reply> {
  const { words } = call
  const [start, end] = [integerAt(words, 2), integerAt(words, 3)]
  return andThen(call.send(get(keyAt(words, 1))), (answer) => {
    if (answer.type !== 'value') return EMPTY
    const bytes = bytesOf(answer)
    const [first, last] = [fromEnd(start, bytes.length), fromEnd(end, bytes.length)]
    if (last < 0 || (start < 0 && end < 0 && start > end)) return EMPTY
    const part = bytes.subarray(Math.max(0, first), last + 1)
    call.execution.takeIn(part.length)
    return part
  })
}

/** A place that may be counted from the end. */
function fromEnd(place: number, length: number): number {
  return place < 0 ? length + place : place
}

/** In place of what there was, and for as long. */
function edit(call: Call, change: (before: Buffer) => Buffer | undefined): Promise<Reply> {
  const key = keyAt(call.words, 1)
  return untilUndisturbed(async () => {
    const found = await call.send(get(key))
    const before = found.type === 'value' ? bytesOf(found) : EMPTY
    const after = change(before)
    if (after === undefined) return before.length
    const condition = found.type === 'value' ? { ifMatch: [tagOf(found.stamp)] } : { ifNoneMatch: ['*'] }
    const { type } = await call.send({ ...set(key, after), keepsTtl: true, condition })
    return type === 'stored' ? after.length : undefined
  })
}

function append(call: Call, valueBytesMax: number): Promise<Reply> {
  const added = wordAt(call.words, 2)
  return edit(call, (before) => {
    checkLength(before.length + added.length, valueBytesMax)
    return Buffer.concat([before, added])
  })
}

function setRange(call: Call, valueBytesMax: number): Promise<Reply> {
  const { words } = call
  const offset = integerAt(words, 2)
  if (offset < 0) throw new ReplyError('ERR offset is out of range')
  const part = wordAt(words, 3)
  return edit(call, (before) => {
    if (part.length === 0) return undefined
    checkLength(offset + part.length, valueBytesMax)
    const after = Buffer.alloc(Math.max(before.length, offset + part.length))
    before.copy(after)
    part.copy(after, offset)
    return after
  })
}

/** @throws ReplyError. */
function checkLength(length: number, valueBytesMax: number): void {
  if (length > valueBytesMax) throw new ReplyError('ERR string exceeds maximum allowed size (MAX_BODY)')
}

/** As LCS has it: the longest common subsequence, its length, or where it lies. */
function common(call: Call): Eventual<Reply> {
  const { words } = call
  const options = lcsOptionsOf(call)
  return andThen(
    mapAll([keyAt(words, 1), keyAt(words, 2)], (key) => call.send(get(key))),
    ([first, second]) => {
      const [a, b] = [first, second].map((one) => (one?.type === 'value' ? bytesOf(one) : EMPTY))
      const { text, matches } = commonIn(a ?? EMPTY, b ?? EMPTY)
      if (options.isLength) return text.length
      if (!options.isPlaces) return text
      const told = matches
        .filter(({ length }) => length >= options.lengthMin)
        .map((one) => matchReply(one, options))
      return new MapReply([
        ['matches', told],
        ['len', text.length],
      ])
    },
  )
}

interface LcsOptions {
  readonly isLength: boolean
  readonly isPlaces: boolean
  readonly lengthMin: number
  readonly hasLength: boolean
}

function lcsOptionsOf({ words }: Call): LcsOptions {
  let options: LcsOptions = { isLength: false, isPlaces: false, lengthMin: 0, hasLength: false }
  for (let place = 3; place < words.length; place++) {
    const option = optionAt(words, place)
    if (option === 'LEN') options = { ...options, isLength: true }
    else if (option === 'IDX') options = { ...options, isPlaces: true }
    else if (option === 'WITHMATCHLEN') options = { ...options, hasLength: true }
    else if (option === 'MINMATCHLEN' && place + 1 < words.length)
      options = { ...options, lengthMin: integerAt(words, ++place) }
    else throw new ReplyError(SYNTAX)
  }
  if (options.isLength && options.isPlaces)
    throw new ReplyError('ERR If you want both the length and indexes, please just use IDX.')
  return options
}

function matchReply({ a, b, length }: Match, { hasLength }: LcsOptions): Reply {
  const places = [
    [a, a + length - 1],
    [b, b + length - 1],
  ]
  return hasLength ? [...places, length] : places
}
