/** A list of keys in the head of a frame: a row each, with what is told of the key, and where it is. */
import type { Reply } from '../../../shared/command.ts'
import type { KeyPlace, ListedKey } from '../../../shared/many-keys.ts'
import { integer, list, number, text } from './fields.ts'
import type { ReplyWire } from './reply-wire.ts'

export const keys: ReplyWire<Extract<Reply, { readonly type: 'keys' }>> = {
  word: 'keys',
  toField: ({ type, owner, keys, next, time }) => [
    type,
    owner,
    time,
    next === undefined ? null : placeField(next),
    keys.map(({ key, contentType, bytes, ttlMs = null, members, place }) => [
      key,
      members ?? contentType,
      bytes,
      ttlMs,
      ...placeField(place),
    ]),
  ],
  of(field) {
    const [, owner, time, next, rows] = list(field, 5)
    const told = {
      type: 'keys',
      keys: list(rows).map(listedOf),
      time: number(time),
      owner: text(owner),
    } as const
    return next === null ? told : { ...told, next: placeOf(list(next)) }
  },
  bytes: ({ keys }) => keys.reduce((sum, { key }) => sum + key.length + LISTED_BYTES, 0),
}

/** What is told of a key beside it, about. */
const LISTED_BYTES = 80

function listedOf(field: unknown): ListedKey {
  const [key, contentType, bytes, ttlMs, ...place] = list(field)
  const said = {
    key: text(key),
    ...(typeof contentType === 'number'
      ? { contentType: '', members: contentType }
      : { contentType: text(contentType) }),
    bytes: integer(bytes),
    place: placeOf(place),
  }
  return ttlMs === null ? said : { ...said, ttlMs: number(ttlMs) }
}

function placeField({ slot, at, tie }: KeyPlace): unknown[] {
  return tie === undefined ? [slot, at] : [slot, at, tie]
}

function placeOf(fields: readonly unknown[]): KeyPlace {
  const [slot, at, tie] = fields
  const place = { slot: integer(slot), at: integer(at) }
  return tie === undefined ? place : { ...place, tie: text(tie) }
}
