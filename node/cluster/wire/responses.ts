/** What is asked of cached responses, in the head of a frame. */
import { z } from 'zod'
import type { CommandOf } from '../../../shared/command.ts'
import { Facts, headerValue, list, name, text } from './fields.ts'
import { FORMER } from './format.ts'
import { bytesOfBody } from './frame.ts'
import { type CommandWire, headBytesOf, rare } from './rare-command.ts'
import { timeOf, toLive } from './times.ts'

const Name = z.string().min(1)
const key = Name
const HeaderValue = z.string().refine((value) => headerValue(value) === value)
const Headers = z.record(z.string(), HeaderValue)
/** Empty where the route has no tenants. */
const Tenant = z.string()
const purge = {
  tenant: Tenant.exactOptional(),
  tag: Name.exactOptional(),
  isSoft: z.boolean().exactOptional(),
}

/** What is seldom there comes last, and not at all in the former format, whose members send nothing of it to upstream. */
const responseGet: CommandWire<CommandOf<'response.get'>> = {
  toField({ type, key, tenant, query, authorization = null, headers = null, path = null }, frame) {
    const asked = [type, key, tenant, query, authorization]
    const isPlain = frame.format === FORMER || (headers === null && path === null)
    return isPlain ? asked : [...asked, headers, path]
  },
  of(field, frame) {
    const fields = list(field)
    const [, key, tenant, query, authorization, headers = null, path = null] = fields
    list(field, frame.format === FORMER || fields.length < 7 ? 5 : 7)
    return {
      type: 'response.get',
      key: name(key),
      tenant: text(tenant),
      query: text(query),
      ...(authorization !== null && { authorization: headerValue(authorization) }),
      ...(headers !== null && { headers: Headers.parse(headers) }),
      ...(path !== null && { path: name(path) }),
    }
  },
  bytes: headBytesOf,
}

export const ConditionField = z.object({
  ifMatch: z.array(z.string()).exactOptional(),
  ifNoneMatch: z.array(z.string()).exactOptional(),
})

const Put = z.object({
  type: z.literal('response.put'),
  key,
  tenant: Tenant,
  query: z.string(),
  contentType: HeaderValue,
  /** It stands for the body; the frame knows it. */
  body: z.unknown(),
  headers: Headers,
  facts: Facts.exactOptional(),
  condition: ConditionField.exactOptional(),
  ttlMs: z.number(),
})
const responsePut: CommandWire<CommandOf<'response.put'>> = {
  toField: (command, frame) => ({ ...command, body: frame.body(command.body) }),
  of(field, frame) {
    const command = Put.parse(field)
    return { ...command, body: frame.body(command.body), ttlMs: toLive(command.ttlMs, frame) }
  },
  bytes: (command) => headBytesOf(command) + bytesOfBody(command.body),
}

const plainClear = rare('responses.clear', { time: z.number().exactOptional(), ...purge })
const responsesClear: CommandWire<CommandOf<'responses.clear'>> = {
  ...plainClear,
  of(field, frame) {
    const command = plainClear.of(field, frame)
    return command.time === undefined ? command : { ...command, time: timeOf(command.time, frame) }
  },
}

export const RESPONSES = {
  'response.get': responseGet,
  'response.fetch': rare('response.fetch', {
    key,
    tenant: Tenant,
    query: z.string(),
    authorization: HeaderValue.exactOptional(),
    headers: Headers.exactOptional(),
    path: Name.exactOptional(),
  }),
  'response.put': responsePut,
  'response.delete': rare('response.delete', { key, tenant: Tenant }),
  'response.invalidate': rare('response.invalidate', { key, isRefresh: z.boolean(), ...purge }),
  'responses.clear': responsesClear,
}
