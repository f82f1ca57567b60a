/** How Redis would keep what is under a key: nothing here is kept so, but tools and tests look at it. */
import { integerText } from './arguments.ts'
import { allMembersOf } from './members.ts'
import type { Call } from './row.ts'
import { bytesOf, describe, get } from './values.ts'
import type { Reply } from './writer.ts'

const EMBEDDED_BYTES_MAX = 44
const INTSET_MAX = 512
const LISTPACK = { members: 128, bytes: 64 } as const

export async function encodingOf(call: Call, key: string): Promise<Reply> {
  const found = await call.send(describe(key))
  if (found.type !== 'description') return null
  if (found.members !== undefined)
    return found.members > INTSET_MAX ? 'hashtable' : encodingOfSet(await allMembersOf(call, key))
  const value = await call.send(get(key))
  if (value.type !== 'value') return null
  const bytes = bytesOf(value)
  if (integerText(bytes.toString('latin1', 0, 32)) !== undefined && bytes.length < 32) return 'int'
  return bytes.length <= EMBEDDED_BYTES_MAX ? 'embstr' : 'raw'
}

function encodingOfSet(members: readonly string[]): string {
  if (members.length <= INTSET_MAX && members.every((one) => integerText(one) !== undefined)) return 'intset'
  const isShort = members.every((one) => Buffer.byteLength(one) <= LISTPACK.bytes)
  return members.length <= LISTPACK.members && isShort ? 'listpack' : 'hashtable'
}
