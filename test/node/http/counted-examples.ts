/** What is asked of counters and limits, with every status that the page at /openapi.json has for it. */
import { type CallOptions, JSON_TYPE } from './call.ts'
import { csv, type Example, json, large } from './member-examples.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const form = (body: string): CallOptions => ({ headers: FORM, body })
export const long = 'k'.repeat(5000)

export const COUNTED_EXAMPLES: readonly Example[] = [
  ['POST /increment', 200, '', form('key=k&value=1')],
  ['POST /increment', 200, '', json({ key: 'k', value: 1 })],
  ['POST /increment', 400, '', form('key=k&value=abc')],
  ['POST /increment', 403, '', form('value=1')],
  ['POST /increment', 409, '', form('key=k&value=9223372036854775807')],
  ['POST /increment', 413, '', { ...form(''), body: large }],
  ['POST /increment', 415, '', csv('key=k&value=1')],
  ['POST /api/v1/counters/{key}', 200, '', json({ by: '5' })],
  ['POST /api/v1/counters/{key}', 400, '', json({ by: 1.5 })],
  ['POST /api/v1/counters/{key}', 403, 'null', json({ by: 1 })],
  ['POST /api/v1/counters/{key}', 409, '', json({ by: '9223372036854775807' })],
  ['POST /api/v1/counters/{key}', 413, '', { headers: JSON_TYPE, body: large }],
  ['POST /api/v1/counters/{key}', 415, '', csv('{}')],
  ['GET /api/v1/counters/{key}', 200, ''],
  ['HEAD /api/v1/counters/{key}', 200, ''],
  ['HEAD /api/v1/counters/{key}', 404, 'nothing'],
  ['GET /api/v1/counters/{key}', 403, 'nil'],
  ['GET /api/v1/counters/{key}', 404, 'nothing'],
  ['DELETE /api/v1/counters/{key}', 204, ''],
  ['DELETE /api/v1/counters/{key}', 400, long],
  ['DELETE /api/v1/counters/{key}', 403, 'nil'],
  ['POST /api/v1/counters/{key}', 409, '', json({ by: 1, max: 0 })],
  ['PUT /api/v1/kv/{key}', 201, 'words', csv('x')],
  ['GET /api/v1/counters/{key}', 409, 'words'],
  ['HEAD /api/v1/counters/{key}', 409, 'words'],
  ['PUT /api/v1/counters/{key}', 200, '', json({ value: '7', ttl: 60 })],
  ['PUT /api/v1/counters/{key}', 400, '', json({})],
  ['PUT /api/v1/counters/{key}', 403, 'nil', json({ value: 1 })],
  ['PUT /api/v1/counters/{key}', 409, '', json({ value: '9223372036854775808' })],
  ['PUT /api/v1/counters/{key}', 413, '', { headers: JSON_TYPE, body: large }],
  ['PUT /api/v1/counters/{key}', 415, '', csv('{}')],
  ['GET /api/v1/counters/{key}', 200, ''],
  ['POST /api/v1/limits/{key}', 200, '', json({ limit: 1, window: 60 })],
  ['POST /api/v1/limits/{key}', 429, '', json({ limit: 1, window: 60 })],
  ['POST /api/v1/limits/{key}', 400, '', json({ limit: 0, window: 60 })],
  ['POST /api/v1/limits/{key}', 403, 'nil', json({ limit: 1, window: 60 })],
  ['POST /api/v1/limits/{key}', 413, '', { headers: JSON_TYPE, body: large }],
  ['POST /api/v1/limits/{key}', 415, '', csv('{}')],
  ['DELETE /api/v1/limits/{key}', 204, ''],
  ['DELETE /api/v1/limits/{key}', 400, long],
  ['DELETE /api/v1/limits/{key}', 403, 'nil'],
]
