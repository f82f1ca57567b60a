/**
 * A command in the head of a frame. What clients ask for all the time is a list, `["value.get","user:1"]`; everything
 * else is an object with the names that it has here, `{"type":"reaction.count","key":"post:1"}`.
 */
import { z } from 'zod'
import type { Command, Condition } from '../../../shared/command.ts'
import { headerValue, list, name, number, text } from './fields.ts'
import { bytesOfBody, type FrameReader, type FrameWriter } from './frame.ts'

const Name = z.string().min(1)
const key = Name
const Limit = z.int().min(1)
const HeaderValue = z.string().refine((value) => headerValue(value) === value)
/** It stands for a body; the frame knows it. */
const BodyField = z.unknown()

const ConditionField = z.object({
  ifMatch: z.array(z.string()).optional(),
  ifNoneMatch: z.array(z.string()).optional(),
})

const RareCommand = z.discriminatedUnion('type', [
  z.object({ type: z.literal('counter.delete'), key }),
  z.object({
    type: z.literal('reaction.add'),
    key,
    user: Name,
    reaction: Name,
    ttlMs: z.number().optional(),
  }),
  z.object({ type: z.literal('reaction.remove'), key, user: Name, reaction: Name }),
  z.object({ type: z.literal('reaction.count'), key }),
  z.object({
    type: z.literal('reaction.users'),
    key,
    reaction: Name.optional(),
    after: z.object({ reaction: z.string(), user: z.string() }).optional(),
    limit: Limit,
  }),
  z.object({ type: z.literal('activity'), limit: Limit }),
  z.object({
    type: z.literal('response.fetch'),
    key,
    tenant: Name,
    query: z.string(),
    authorization: HeaderValue.optional(),
  }),
  z.object({
    type: z.literal('response.put'),
    key,
    tenant: Name,
    query: z.string(),
    contentType: HeaderValue,
    body: BodyField,
    headers: z.record(z.string(), HeaderValue),
    ttlMs: z.number(),
  }),
  z.object({ type: z.literal('response.delete'), key, tenant: Name }),
  z.object({ type: z.literal('response.invalidate'), key, isRefresh: z.boolean() }),
  z.object({ type: z.literal('responses.clear'), tenant: Name.optional() }),
])

export function toCommandField(command: Command, frame: FrameWriter): unknown {
  switch (command.type) {
    case 'value.get':
    case 'value.delete':
      return [command.type, command.key, command.condition ?? null]
    case 'value.set': {
      const { type, key, contentType, body, ttlMs = null, condition = null } = command
      return [type, key, contentType, frame.body(body), ttlMs, condition]
    }
    case 'counter.get':
      return [command.type, command.key]
    case 'counter.add':
      return [command.type, command.key, command.by, command.idempotencyKey ?? null]
    case 'response.get':
      return [command.type, command.key, command.tenant, command.query, command.authorization ?? null]
    case 'response.put':
      return { ...command, body: frame.body(command.body) }
    default:
      return command
  }
}

/** @throws when no member would send it. */
export function commandOf(field: unknown, frame: FrameReader): Command {
  if (!Array.isArray(field)) {
    const command = RareCommand.parse(field)
    return (
      command.type === 'response.put' ? { ...command, body: frame.body(command.body) } : command
    ) as Command
  }
  switch (field[0]) {
    case 'value.get':
    case 'value.delete': {
      const [type, key, condition] = list(field, 3)
      return { type: type as 'value.get' | 'value.delete', key: name(key), ...conditionOf(condition) }
    }
    case 'value.set':
      return setOf(field, frame)
    case 'counter.get':
      return { type: 'counter.get', key: name(list(field, 2)[1]) }
    case 'counter.add': {
      const [, key, by, once] = list(field, 4)
      const add = { type: 'counter.add', key: name(key), by: amount(by) } as const
      return once === null ? add : { ...add, idempotencyKey: name(once) }
    }
    case 'response.get': {
      const [, key, tenant, query, authorization] = list(field, 5)
      const get = { type: 'response.get', key: name(key), tenant: name(tenant), query: text(query) } as const
      return authorization === null ? get : { ...get, authorization: headerValue(authorization) }
    }
    default:
      throw new TypeError('a command is none that members know')
  }
}

function setOf(field: readonly unknown[], frame: FrameReader): Command {
  const [, key, contentType, body, ttlMs, condition] = list(field, 6)
  return {
    type: 'value.set',
    key: name(key),
    contentType: headerValue(contentType),
    body: frame.body(body),
    ...(ttlMs !== null && { ttlMs: number(ttlMs) }),
    ...conditionOf(condition),
  }
}

function conditionOf(field: unknown): { condition?: Condition } {
  return field === null ? NONE : { condition: ConditionField.parse(field) as Condition }
}

const NONE = {}

function amount(field: unknown): string {
  if (!/^-?\d{1,100}$/.test(text(field))) throw new TypeError('an amount is no integer')
  return field as string
}

/** What a command takes of a frame, at the most. JSON writes a control character as six. */
export function bytesOfCommand(command: Command): number {
  switch (command.type) {
    case 'value.get':
    case 'value.delete':
      if (command.condition === undefined) return HEAD_BYTES + 6 * command.key.length
      return headBytesOf(command)
    case 'counter.get':
      return HEAD_BYTES + 6 * command.key.length
    case 'value.set':
    case 'response.put':
      return headBytesOf(command) + bytesOfBody(command.body)
    default:
      return headBytesOf(command)
  }
}

const HEAD_BYTES = 300

function headBytesOf(part: object): number {
  let bytes = HEAD_BYTES
  for (const [name, value] of Object.entries(part)) {
    if (name === 'body') continue
    if (typeof value === 'string') bytes += 6 * value.length
    else if (typeof value === 'object') bytes += headBytesOf(value)
  }
  return bytes
}
