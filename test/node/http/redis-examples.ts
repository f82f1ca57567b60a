/** What can be asked in the dialect of Upstash, with every status that the page at /openapi.json has for it. */
import { JSON_TYPE } from './call.ts'
import { type Example, json, large } from './member-examples.ts'

const coded = { headers: { ...JSON_TYPE, 'content-encoding': 'br' }, body: '[]' }

export const REDIS_EXAMPLES: readonly Example[] = [
  ['POST /redis', 200, '', json(['SET', 'redis', 1])],
  ['POST /redis', 400, '', json(['SET'])],
  ['POST /redis', 413, '', { headers: JSON_TYPE, body: large }],
  ['POST /redis', 415, '', coded],
  ['POST /redis/pipeline', 415, '', coded],
  ['POST /redis/{command}', 415, 'set/redis', coded],
  [
    'POST /redis/pipeline',
    200,
    '',
    json([
      ['GET', 'redis'],
      ['LPUSH', 'redis', 1],
    ]),
  ],
  ['POST /redis/pipeline', 400, '', json({})],
  ['POST /redis/pipeline', 413, '', { headers: JSON_TYPE, body: large }],
  ['POST /redis/multi-exec', 501, '', json([['GET', 'redis']])],
  ['GET /redis/{command}', 200, 'get/redis'],
  ['GET /redis/{command}', 400, 'strlen'],
  ['GET /redis/{command}', 405, 'incr/redis'],
  ['POST /redis/{command}', 200, 'append/redis', { body: 'x' }],
  ['POST /redis/{command}', 400, 'get'],
  ['POST /redis/{command}', 413, 'set/redis', { body: large }],
]
