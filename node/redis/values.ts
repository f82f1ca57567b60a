/** Values in the engine (`value.lua`). */
import type { Body, Command, Outcome, SingleCommand } from '../../shared/command.ts'
import { assertNever, LarderError } from '../../shared/errors.ts'
import { type Eventual, isLater } from '../../shared/eventual.ts'
import { isJson } from '../../shared/media-type.ts'
import {
  type Answer,
  answerIn,
  bytesOf,
  lifeOf,
  numberOf,
  type Part,
  stampIn,
  textOf,
  wholeMs,
} from './answer.ts'
import type { Asked, Carrier, Means } from './means.ts'
import { placeIn, placeOf } from './places.ts'
import type { Argument } from './scripts.ts'

export type ValueCommand = Extract<Command, { type: `value.${string}` }>

/** JSON up to there is made into a text, which is put into answers as it is. */
const TEXT_BYTES_MAX = 2 ** 16

export function keysOf(slot: number, key: string): string[] {
  return [placeOf(slot, 'v', key), placeIn(slot, 'keys'), placeIn(slot, 'ends')]
}

/** Of very many at once most of the time goes for what waits: so there is as little of it as can be. */
export const carryOutOnValue: Carrier<ValueCommand> = (means, asked) => {
  const reading = readEndless(means, asked)
  if (!isLater(reading)) return byScript(means, asked)
  return reading.then((read) => read ?? byScript(means, asked))
}

async function byScript(
  means: Means,
  { command, slot, deadlineAtMs }: Asked<ValueCommand>,
): Promise<Outcome> {
  const parts = [...keysOf(slot, command.key), ...valueArguments(command, means)]
  return valueOutcome(answerIn(await means.connection.run('value', parts, deadlineAtMs)))
}

/** As `value.lua` takes them. */
export function valueArguments(command: ValueCommand, { origin }: Pick<Means, 'origin'>): Argument[] {
  const condition = command.condition === undefined ? '' : JSON.stringify(command.condition)
  switch (command.type) {
    case 'value.get':
      return ['get', condition]
    case 'value.describe':
      return ['describe', condition]
    case 'value.delete':
      return ['delete', condition]
    case 'value.touch':
      return ['touch', condition, '', wholeMs(command.ttlMs), command.only?.join(' ') ?? '']
    case 'value.set': {
      const { contentType, body, ttlMs, keepsTtl } = command
      const life = keepsTtl === true ? 'keep' : wholeMs(ttlMs)
      return ['set', condition, origin(), life, contentType, isJson(contentType) ? '1' : '', asArgument(body)]
    }
    default:
      return assertNever(command)
  }
}

/** Most values have no end, and are read without a script; `undefined` of what ends, and at once where anything else is asked. */
export function readEndless(
  means: Means,
  { command, slot, deadlineAtMs }: Asked<SingleCommand>,
): Eventual<Outcome | undefined> {
  if (command.type !== 'value.get' || command.condition !== undefined) return undefined
  return means.connection.run('read', [placeOf(slot, 'v', command.key)], deadlineAtMs).then(endlessIn)
}

function endlessIn(told: unknown): Outcome | undefined {
  const [stamp, contentType, body, total, end] = told as (Buffer | null)[]
  if (!stamp) return { type: 'missing' }
  if (end) return undefined
  return toValue(total ? `${stamp}:${total}` : `${stamp}`, total, contentType, total ?? body)
}

export function toValue(
  stamp: string,
  total: Part | undefined,
  contentType: Part | undefined,
  body: Part | undefined,
): Extract<Outcome, { type: 'value' }> {
  const type = total === null || textOf(total) === '' ? textOf(contentType) : 'application/json'
  return { type: 'value', contentType: type, body: bodyOf(bytesOf(body), type), stamp: stampIn(stamp) }
}

function bodyOf(bytes: Buffer, contentType: string): Body {
  return isJson(contentType) && bytes.length <= TEXT_BYTES_MAX ? bytes.toString() : bytes
}

function asArgument(body: Body): string | Uint8Array {
  return typeof body === 'string' || Buffer.isBuffer(body)
    ? body
    : Buffer.from(body.buffer, body.byteOffset, body.length)
}

export function valueOutcome({ type, parts }: Answer): Outcome {
  const [first, second, third, fourth, fifth] = parts
  switch (type) {
    case 'missing':
    case 'deleted':
      return { type }
    case 'mismatch': {
      const failed = textOf(first) === 'ifMatch' ? 'ifMatch' : 'ifNoneMatch'
      return { type, failed, ...(textOf(second) !== '' && { stamp: stampIn(textOf(second)) }) }
    }
    case 'stored':
      return { type, stamp: stampIn(textOf(first)), created: second === 1 }
    case 'value':
      return { ...toValue(textOf(first), second, third, fourth), ...lifeOf(fifth) }
    case 'description': {
      const contentType = textOf(second) === '' ? textOf(third) : 'application/json'
      return { type, stamp: stampIn(textOf(first)), contentType, bytes: numberOf(fourth), ...lifeOf(fifth) }
    }
    case 'set': {
      const description = { contentType: '', bytes: 0, members: numberOf(second), ...lifeOf(third) }
      return { type: 'description', stamp: stampIn(textOf(first)), ...description }
    }
    case 'type':
      throw wrongType()
    default:
      throw new TypeError(`the engine answered ${type} of a value`)
  }
}

export function wrongType(): LarderError {
  return new LarderError('WRONG_TYPE', 'The key holds something of another type; it stays as it was.')
}
