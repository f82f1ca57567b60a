/**
 * A command in the head of a frame. What clients ask for all the time is a list, `["value.get","user:1"]`; everything
 * else is an object with the names that it has here, `{"type":"reaction.count","key":"post:1"}`.
 */
import { z } from 'zod'
import type { Command, CommandOf, Condition, SingleCommand } from '../../../shared/command.ts'
import type { Sole } from '../../../shared/reaction-command.ts'
import { counterAdd, counterGet, counterSet } from './counter-command.ts'
import { flag, headerValue, integer, list, name, typeOf } from './fields.ts'
import { FORMER } from './format.ts'
import { bytesOfBody, type FrameReader, type FrameWriter } from './frame.ts'
import { MANY_KEYS } from './many-keys.ts'
import { bytesOfKey, type CommandWire, flagged, headBytesOf, isSole, rare } from './rare-command.ts'
import { ConditionField, RESPONSES } from './responses.ts'
import { toLive } from './times.ts'

const Name = z.string().min(1)
const key = Name
const Limit = z.int().min(1)

interface Conditioned<T> extends Sole {
  readonly type: T
  readonly key: string
  readonly condition?: Condition
}

function conditioned<T>(type: T): CommandWire<Conditioned<T>> {
  return {
    toField: ({ key, condition = null, isSole }) => flagged([type, key, condition], isSole),
    of(field) {
      const isSole = list(field).length === 4 && flag(list(field)[3])
      const [, key, condition] = list(field, isSole ? 4 : 3)
      return { type, key: name(key), ...conditionOf(condition), ...(isSole && SOLE) }
    },
    bytes: (command) => (command.condition === undefined ? bytesOfKey(command) : headBytesOf(command)),
  }
}

const valueSet: CommandWire<CommandOf<'value.set'>> = {
  toField({ type, key, contentType, body, ttlMs = null, keepsTtl = false, isSole, condition = null }, frame) {
    const field = [type, key, contentType, frame.body(body, contentType), ttlMs, condition]
    return isSole === true ? [...field, keepsTtl, true] : flagged(field, keepsTtl)
  },
  of(field, frame) {
    const { length } = list(field)
    const [keepsTtl, isSole] = [length > 6 && flag(list(field)[6]), length === 8 && flag(list(field)[7])]
    const [, key, contentType, body, ttlMs, condition] = list(field, isSole ? 8 : keepsTtl ? 7 : 6)
    return {
      type: 'value.set',
      key: name(key),
      contentType: headerValue(contentType),
      body: frame.body(body),
      ...(ttlMs !== null && { ttlMs: toLive(ttlMs, frame) }),
      ...(keepsTtl && { keepsTtl }),
      ...conditionOf(condition),
      ...(isSole && SOLE),
    }
  },
  bytes: (command) => headBytesOf(command) + bytesOfBody(command.body),
}

const valueTouch: CommandWire<CommandOf<'value.touch'>> = {
  toField({ type, key, ttlMs = null, condition = null, only = null, isSole = false }) {
    const field = [type, key, ttlMs, condition]
    return isSole || only !== null ? [...field, only, isSole] : field
  },
  of(field, frame) {
    const isLong = list(field).length === 6
    const [, key, ttlMs, condition, only = null, isSole = false] = list(field, isLong ? 6 : 4)
    return {
      type: 'value.touch',
      key: name(key),
      ...(ttlMs !== null && { ttlMs: toLive(ttlMs, frame) }),
      ...conditionOf(condition),
      ...(only !== null && { only: EndConditions.parse(only) }),
      ...(flag(isSole) && SOLE),
    }
  },
  bytes: headBytesOf,
}

const EndConditions = z.array(z.enum(['endless', 'ending', 'later', 'sooner']))
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
  isSole,
})
const reactionAdd: CommandWire<CommandOf<'reaction.add'>> = {
  ...plainAdd,
  of(field, frame) {
    const command = plainAdd.of(field, frame)
    return command.ttlMs === undefined ? command : { ...command, ttlMs: toLive(command.ttlMs, frame) }
  },
  isNew: ({ isUnique }) => isUnique === true,
}

const Flag = z.literal(true).exactOptional()
const reactionChange = rare('reaction.change', {
  key,
  reaction: Name,
  come: z.array(Name),
  go: z.array(Name),
  isReplaced: Flag,
  isStrict: Flag,
  isNew: Flag,
  ttlMs: z.number().exactOptional(),
  isSole,
})

/** Each as it is told by itself. */
const together: CommandWire<CommandOf<'together'>> = {
  toField: ({ type, key, commands }, frame) => [type, key, commands.map((one) => toCommandField(one, frame))],
  of(field, frame) {
    const [, key, commands] = list(field, 3)
    return { type: 'together', key: name(key), commands: list(commands).map((one) => singleOf(one, frame)) }
  },
  bytes: (command) => command.commands.reduce((sum, one) => sum + bytesOfCommand(one), bytesOfKey(command)),
}

function singleOf(field: unknown, frame: FrameReader): SingleCommand {
  const command = commandOf(field, frame)
  if (!('key' in command) || command.type === 'together') throw new TypeError('a command is not of one key')
  return command
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
  'reaction.remove': rare('reaction.remove', { key, user: Name, reaction: Name, isSole }),
  'reaction.count': {
    ...rare('reaction.count', { key, user: Name.exactOptional(), isSole }),
    isNew: ({ user }) => user !== undefined,
  },
  'reaction.users': rare('reaction.users', {
    key,
    reaction: Name.exactOptional(),
    after: PageEnd.exactOptional(),
    limit: Limit,
    isSole,
  }),
  'reaction.change': {
    ...reactionChange,
    of(field, frame) {
      const command = reactionChange.of(field, frame)
      return command.ttlMs === undefined ? command : { ...command, ttlMs: toLive(command.ttlMs, frame) }
    },
  },
  together,
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
  'reaction.change',
  'together',
])

/** Whether whoever speaks a format knows what this command asks for. */
export function isKnownIn(format: number, command: Command): boolean {
  if (format !== FORMER) return true
  if ('isSole' in command || NEWER.has(command.type) || wireOf(command.type).isNew?.(command) === true)
    return false
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
const SOLE = { isSole: true } as const

function conditionOf(field: unknown): { condition?: Condition } {
  return field === null ? NONE : { condition: ConditionField.parse(field) }
}
