/** Commands on counters in the head of a frame, as lists: `["counter.add","hits","5",null,60000,null,null]`. */
import type { CommandOf } from '../../../shared/command.ts'
import { flag, list, name, text } from './fields.ts'
import { FORMER } from './format.ts'
import { bytesOfKey, type CommandWire, flagged, headBytesOf } from './rare-command.ts'
import { toLive } from './times.ts'

export const counterGet: CommandWire<CommandOf<'counter.get'>> = {
  toField: ({ type, key }) => [type, key],
  of: (field) => ({ type: 'counter.get', key: name(list(field, 2)[1]) }),
  bytes: bytesOfKey,
}

export const counterAdd: CommandWire<CommandOf<'counter.add'>> = {
  toField(
    { type, key, by, idempotencyKey = null, ttlMs = null, min = null, max = null, isSole },
    { format },
  ) {
    const plain = [type, key, by, idempotencyKey]
    return format === FORMER ? plain : flagged([...plain, ttlMs, min, max], isSole)
  },
  of(field, frame) {
    const isFormer = frame.format === FORMER
    const isSole = !isFormer && list(field).length === 8 && flag(list(field)[7])
    const [, key, by, once, ttlMs = null, min = null, max = null] = list(field, isFormer ? 4 : isSole ? 8 : 7)
    return {
      type: 'counter.add',
      key: name(key),
      by: amount(by),
      ...(once !== null && { idempotencyKey: name(once) }),
      ...(ttlMs !== null && { ttlMs: toLive(ttlMs, frame) }),
      ...(min !== null && { min: amount(min) }),
      ...(max !== null && { max: amount(max) }),
      ...(isSole && { isSole }),
    }
  },
  bytes: headBytesOf,
  isNew: ({ ttlMs, min, max }) => ttlMs !== undefined || min !== undefined || max !== undefined,
}

export const counterSet: CommandWire<CommandOf<'counter.set'>> = {
  toField: ({ type, key, value, ttlMs = null }) => [type, key, value, ttlMs],
  of(field, frame) {
    const [, key, value, ttlMs] = list(field, 4)
    const set = { type: 'counter.set', key: name(key), value: amount(value) } as const
    return ttlMs === null ? set : { ...set, ttlMs: toLive(ttlMs, frame) }
  },
  bytes: headBytesOf,
  isNew: () => true,
}

function amount(field: unknown): string {
  if (!/^-?\d{1,100}$/.test(text(field))) throw new TypeError('an amount is no integer')
  return field as string
}
