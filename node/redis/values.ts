/** Values in the engine (`value.lua`). */
import type { Body, Command, Condition, Outcome } from '../../shared/command.ts'
import { assertNever } from '../../shared/errors.ts'
import { isJson } from '../../shared/media-type.ts'
import { answerIn, bytesOf, lifeOf, numberOf, type Part, stampIn, textOf, wholeMs } from './answer.ts'
import type { Asked, Carrier, Means } from './means.ts'
import { placeIn, placeOf } from './places.ts'

type ValueCommand = Extract<Command, { type: `value.${string}` }>

/** JSON up to there is made into a text, which is put into answers as it is. */
const TEXT_BYTES_MAX = 2 ** 16

export function keysOf(slot: number, key: string): string[] {
  return [placeOf(slot, 'v', key), placeIn(slot, 'keys'), placeIn(slot, 'ends')]
}

export const carryOutOnValue: Carrier<ValueCommand> = async (means, { command, slot, deadlineAtMs }) => {
  const { key } = command
  const run = async (...args: (string | Uint8Array)[]): Promise<Outcome> =>
    outcomeIn(await means.connection.run('value', [...keysOf(slot, key), ...args], deadlineAtMs))
  const condition = textOfCondition(command.condition)
  switch (command.type) {
    case 'value.get':
    case 'value.describe':
      return await readValue(means, { command, slot, deadlineAtMs })
    case 'value.set': {
      const { contentType, body, ttlMs, keepsTtl } = command
      const life = keepsTtl === true ? 'keep' : wholeMs(ttlMs)
      return await run(
        'set',
        condition,
        means.origin(),
        life,
        contentType,
        isJson(contentType) ? '1' : '',
        asArgument(body),
      )
    }
    case 'value.touch':
      return await run('touch', condition, '', wholeMs(command.ttlMs))
    case 'value.delete':
      return await run('delete', condition)
    default:
      return assertNever(command)
  }
}

/** Most values have no end, and are read without a script. */
async function readValue(
  { connection }: Means,
  { command, slot, deadlineAtMs }: Asked<Extract<ValueCommand, { type: 'value.get' | 'value.describe' }>>,
): Promise<Outcome> {
  const { key, condition } = command
  const isGet = command.type === 'value.get'
  let outcome: Outcome | undefined
  if (isGet && condition === undefined) {
    const [place = ''] = keysOf(slot, key)
    const told = await connection.command('hmget', [place, 's', 't', 'b', 'c', 'e'], deadlineAtMs)
    const [stamp, contentType, body, total, end] = told as (Buffer | null)[]
    if (!stamp) return { type: 'missing' }
    if (!end) outcome = toValue(total ? `${stamp}:${total}` : `${stamp}`, total, contentType, total ?? body)
  }
  const what = isGet ? 'get' : 'describe'
  outcome ??= outcomeIn(
    await connection.run('value', [...keysOf(slot, key), what, textOfCondition(condition)], deadlineAtMs),
  )
  return outcome
}

function toValue(
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

function textOfCondition(condition: Condition | undefined): string {
  return condition === undefined ? '' : JSON.stringify(condition)
}

function outcomeIn(told: unknown): Outcome {
  const { type, parts } = answerIn(told)
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
    default:
      throw new TypeError(`the engine answered ${type} of a value`)
  }
}
