/** What can be asked of values as resources, with every status that the page at /openapi.json has for it. */
import { JSON_TYPE } from './call.ts'
import { csv, type Example, json, large, text } from './member-examples.ts'

const long = 'k'.repeat(5000)

/** After a value was stored under "k". */
export const VALUE_EXAMPLES: readonly Example[] = [
  ['PUT /api/v1/kv/{key}', 204, '', text('x')],
  ['GET /api', 409, '?key=k'],
  ['PATCH /api/v1/kv/{key}', 204, '', json({ ttl: 60 })],
  ['PATCH /api/v1/kv/{key}', 400, '', json({})],
  ['PATCH /api/v1/kv/{key}', 403, 'nil', json({ ttl: null })],
  ['PATCH /api/v1/kv/{key}', 404, 'nothing', json({ ttl: null })],
  ['PATCH /api/v1/kv/{key}', 412, '', { headers: { ...JSON_TYPE, 'if-match': '"x"' }, body: '{"ttl":1}' }],
  ['PATCH /api/v1/kv/{key}', 413, '', { headers: JSON_TYPE, body: large }],
  ['PATCH /api/v1/kv/{key}', 415, '', csv('{}')],
  ['PUT /api/v1/kv/{key}', 400, '?ttl=x', text('x')],
  ['PUT /api/v1/kv/{key}', 403, 'null', text('x')],
  ['PUT /api/v1/kv/{key}', 412, '', { headers: { 'if-none-match': '*' }, body: 'x' }],
  ['PUT /api/v1/kv/{key}', 413, '', { body: large }],
  ['PUT /api/v1/kv/{key}', 415, '', { headers: { 'content-encoding': 'br' }, body: 'x' }],
  ['GET /api/v1/kv/{key}', 200, ''],
  ['GET /api/v1/kv/{key}', 206, '', { headers: { range: 'bytes=0-0' } }],
  ['GET /api/v1/kv/{key}', 416, '', { headers: { range: 'bytes=9-' } }],
  ['GET /api/v1/kv/{key}', 304, '', { headers: { 'if-none-match': '*' } }],
  ['GET /api/v1/kv/{key}', 400, '', { headers: { 'if-none-match': 'x' } }],
  ['GET /api/v1/kv/{key}', 403, 'nil'],
  ['GET /api/v1/kv/{key}', 404, 'nothing'],
  ['GET /api/v1/kv/{key}', 412, '', { headers: { 'if-match': '"x"' } }],
  ['DELETE /api/v1/kv/{key}', 400, long],
  ['DELETE /api/v1/kv/{key}', 403, 'nil'],
  ['DELETE /api/v1/kv/{key}', 412, '', { headers: { 'if-match': '"x"' } }],
  ['DELETE /api/v1/kv/{key}', 204, ''],
  ['DELETE /api/v1/kv/{key}', 404, ''],
  ['PUT /api/v1/kv/{key}', 201, '?keep_ttl=1', text('x')],
  ['DELETE /api/v1/kv/{key}', 200, '', { headers: { prefer: 'return=representation' } }],
  ['PUT /api/v1/kv/{key}', 201, '', { headers: JSON_TYPE, body: '[1]' }],
  ['DELETE /api', 200, '?key=k'],
  ['DELETE /api', 400, `?key=${long}`],
  ['DELETE /api', 403, '?key='],
  ['GET /api/v1/kv', 200, ''],
  ['GET /api/v1/kv', 200, '?prefix=k&limit=1000&cursor='],
  ['GET /api/v1/kv', 400, '?cursor=nonsense'],
  ['DELETE /api/v1/kv', 200, '?prefix=nothing'],
  ['DELETE /api/v1/kv', 400, ''],
]
