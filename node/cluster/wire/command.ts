/**
 * A command in the head of a frame. What clients ask for all the time is a list, `["value.get","user:1"]`; everything
 * else is an object with the names that it has here, `{"type":"reaction.count","key":"post:1"}`.
 */
import { z } from 'zod'
import type { Command, CommandOf, Condition } from '../../../shared/command.ts'
import { counterAdd, counterGet, counterSet } from './counter-command.ts'
import { flag, headerValue, integer, list, name, typeOf } from './fields.ts'
import { FORMER } from './format.ts'
import { bytesOfBody, type FrameReader, type FrameWriter } from './frame.ts'
import { MANY_KEYS } from './many-keys.ts'
import { bytesOfKey, type CommandWire, headBytesOf, rare } from './rare-command.ts'
import { ConditionField, RESPONSES } from './responses.ts'
import { toLive } from './times.ts'

const Name = z.string().min(1)
const key = Name
const Limit = z.int().min(1)

interface Conditioned<T> {
  readonly type: T
  readonly key: string
  readonly condition?: Condition
}

function conditioned<T>(type: T): CommandWire<Conditioned<T>> {
  return {
    toField: ({ key, condition = null }) => [type, key, condition],
    of(field) {
      const [, key, condition] = list(field, 3)
      return { type, key: name(key), ...conditionOf(condition) }
    },
    bytes: (command) => (command.condition === undefined ? bytesOfKey(command) : headBytesOf(command)),
  }
}

const valueSet: CommandWire<CommandOf<'value.set'>> = {
  toField({ type, key, contentType, body, ttlMs = null, keepsTtl, condition = null }, frame) {
    const field = [type, key, contentType, frame.body(body, contentType), ttlMs, condition]
    return keepsTtl === true ? [...field, true] : field
  },
  of(field, frame) {
    const keepsTtl = list(field).length === 7 && flag(list(field)[6])
    const [, key, contentType, body, ttlMs, condition] = list(field, keepsTtl ? 7 : 6)
    return {
      type: 'value.set',
      key: name(key),
      contentType: headerValue(contentType),
      body: frame.body(body),
      ...(ttlMs !== null && { ttlMs: toLive(ttlMs, frame) }),
      ...(keepsTtl && { keepsTtl }),
      ...conditionOf(condition),
    }
  },
  bytes: (command) => headBytesOf(command) + bytesOfBody(command.body),
}

const valueTouch: CommandWire<CommandOf<'value.touch'>> = {
  toField: ({ type, key, ttlMs = null, condition = null }) => [type, key, ttlMs, condition],
  of(field, frame) {
    const [, key, ttlMs, condition] = list(field, 4)
    const lives = ttlMs === null ? {} : { ttlMs: toLive(ttlMs, frame) }
    return { type: 'value.touch', key: name(key), ...lives, ...conditionOf(condition) }
  },
  bytes: headBytesOf,
}

const PageEnd = z.object({ reaction: z.string(), user: z.string() })

const limitTake: CommandWire<CommandOf<'limit.take'>> = {
  toField: ({ type, key, limit, windowMs, cost }) => [type, key, limit, windowMs, cost],
  of(field, frame) {
    const [, key, limit, windowMs, cost] = list(field, 5)
    const window = { windowMs: toLive(windowMs, frame), cost: integer(cost) }
    return { type: 'limit.take', key: name(key), limit: integer(limit), ...window }
  },
  bytes: bytesOfKey,
  isNew: () => true,
}

const plainAdd = rare('reaction.add', {
  key,
  user: Name,
  reaction: Name,
  ttlMs: z.number().exactOptional(),
  isUnique: z.literal(true).exactOptional(),
})
const reactionAdd: CommandWire<CommandOf<'reaction.add'>> = {
  ...plainAdd,
  of(field, frame) {
    const command = plainAdd.of(field, frame)
    return command.ttlMs === undefined ? command : { ...command, ttlMs: toLive(command.ttlMs, frame) }
  },
  isNew: ({ isUnique }) => isUnique === true,
}

const COMMANDS: { readonly [T in Command['type']]: CommandWire<CommandOf<T>> } = {
  'value.get': conditioned('value.get'),
  'value.describe': conditioned('value.describe'),
  'value.set': valueSet,
  'value.touch': valueTouch,
  'value.delete': conditioned('value.delete'),
  'counter.add': counterAdd,
  'counter.get': counterGet,
  'counter.set': counterSet,
  'counter.delete': rare('counter.delete', { key }),
  'limit.take': limitTake,
  'limit.delete': { ...rare('limit.delete', { key }), isNew: () => true },
  'reaction.add': reactionAdd,
  'reaction.remove': rare('reaction.remove', { key, user: Name, reaction: Name }),
  'reaction.count': {
    ...rare('reaction.count', { key, user: Name.exactOptional() }),
    isNew: ({ user }) => user !== undefined,
  },
  'reaction.users': rare('reaction.users', {
    key,
    reaction: Name.exactOptional(),
    after: PageEnd.exactOptional(),
    limit: Limit,
  }),
  activity: rare('activity', { limit: Limit, prefix: Name.exactOptional() }),
  ...RESPONSES,
  ...MANY_KEYS,
}

const BY_TYPE = new Map<unknown, CommandWire<Command>>(Object.entries(COMMANDS))

export function toCommandField(command: Command, frame: FrameWriter): unknown {
  return wireOf(command.type).toField(command, frame)
}

/** @throws when no member would send it. */
export function commandOf(field: unknown, frame: FrameReader): Command {
  return wireOf(typeOf(field)).of(field, frame)
}

/** What came after version 0.1, which speaks the former format. */
const NEWER: ReadonlySet<Command['type']> = new Set([
  'value.describe',
  'value.touch',
  'keys.list',
  'keys.clear',
  'keys.scan',
  'keys.forget',
])

/** Whether whoever speaks a format knows what this command asks for. */
export function isKnownIn(format: number, command: Command): boolean {
  if (format !== FORMER) return true
  if (NEWER.has(command.type) || wireOf(command.type).isNew?.(command) === true) return false
  return !(command.type === 'value.set' && command.keepsTtl === true)
}

/** What a command takes of a frame, at the most. */
export function bytesOfCommand(command: Command): number {
  return wireOf(command.type).bytes(command)
}

/** @throws when it is none. Those that are lists, as they are told all the time, need no looking up. */
function wireOf(type: unknown): CommandWire<Command> {
  if (type === 'value.get') return COMMANDS['value.get']
  if (type === 'value.set') return COMMANDS['value.set']
  if (type === 'counter.add') return COMMANDS['counter.add']
  if (type === 'counter.get') return COMMANDS['counter.get']
  if (type === 'response.get') return COMMANDS['response.get']
  if (type === 'value.delete') return COMMANDS['value.delete']
  const wire = BY_TYPE.get(type)
  if (wire === undefined) throw new TypeError('a command is none that members know')
  return wire
}

const NONE = {}

function conditionOf(field: unknown): { condition?: Condition } {
  return field === null ? NONE : { condition: ConditionField.parse(field) }
}
