/** What the commands on strings send, and what they make of the answers. */
import {
  type Reply as Answer,
  bytesOfBody,
  type Command,
  type CommandOf,
  type SingleCommand,
} from '../../shared/command.ts'
import { andThen, type Eventual } from '../../shared/eventual.ts'
import { ownBytes } from '../../shared/json-fields.ts'
import { ReplyError, TOO_OFTEN } from './errors.ts'
import type { Call } from './row.ts'
import type { Reply } from './writer.ts'

/** What values are kept as that come by this door: the same as what comes without a type by the other. */
const CONTENT_TYPE = 'application/octet-stream'
/** So often something is tried again that others have changed meanwhile: whoever is overtaken is so by somebody who has got on. */
const TRIES_MAX = 1000

export type Value = Extract<Answer, { type: 'value' }>
export type Together = Extract<Answer, { type: 'together' }>

export const get = (key: string) => ({ type: 'value.get', key, isSole: true }) as const
export const describe = (key: string) => ({ type: 'value.describe', key, isSole: true }) as const
export const remove = (key: string) => ({ type: 'value.delete', key, isSole: true }) as const

export function set(key: string, body: Uint8Array): CommandOf<'value.set'> & { isSole: true } {
  return { type: 'value.set', key, contentType: CONTENT_TYPE, body: ownBytes(body), isSole: true }
}

/** What was read, or nothing. @throws LarderError where there is no room for it. */
export function valueIn(call: Call, answer: Answer): Reply {
  if (answer.type !== 'value') return null
  const { body } = answer
  call.execution.takeIn(bytesOfBody(body))
  return body
}

export function bytesOf({ body }: Value): Buffer {
  return typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.length)
}

/** Carried out in one turn, all or none; where no condition holds, what came of those up to that one. */
export function together(call: Call, commands: readonly SingleCommand[]): Eventual<Together> {
  const [first] = commands
  if (first === undefined) throw new TypeError('nothing is to be carried out')
  const command: Command = { type: 'together', key: first.key, commands }
  return andThen(call.send(command), (answer) => {
    if (answer.type !== 'together') throw new TypeError('commands were to be carried out together')
    return answer
  })
}

/** Tries until nobody has changed meanwhile what an attempt rests on: it gives `undefined` then. @throws ReplyError. */
export async function untilUndisturbed<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const result = await attempt()
    if (result !== undefined) return result
  }
  throw new ReplyError(TOO_OFTEN)
}
