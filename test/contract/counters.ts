/** Counters: at /increment and as resources. */
import {
  type Cases,
  type Expected,
  entry,
  FORM_TYPE,
  ok,
  refused,
  type Step,
  step,
  stepWith,
} from './step.ts'

const BAD = refused(400, 'BAD_REQUEST')
const BEYOND = refused(409, 'OUT_OF_RANGE')
const MISSING = refused(404, 'NO_SUCH_KEY')
const NULL = refused(403, 'KEY_NULL')
const gone: Expected = { status: 204 }
const MAX = String(2n ** 63n - 1n)
const MIN = String(-(2n ** 63n))

function pathOf(key: string): string {
  return `/api/v1/counters/${encodeURIComponent(key)}`
}

/** `by` as JSON text; left out where it is not given. */
function add(
  key: string,
  by: string | undefined,
  expected: Expected,
  headers?: Record<string, string>,
): Step {
  const members = by === undefined ? '' : `"by":${by}`
  const op = `{"op":"increment","key":${JSON.stringify(key)}${members && `,${members}`}}`
  return stepWith(`POST ${pathOf(key)}`, `{${members}}`, expected, headers ? { headers } : { op })
}

function read(key: string, expected: Expected): Step {
  return step(`GET ${pathOf(key)}`, expected, { op: JSON.stringify({ op: 'counter', key }) })
}

function increment(form: string, expected: Expected, headers = {}): Step {
  return step('POST /increment', expected, { headers: { ...FORM_TYPE, ...headers }, body: form })
}

function total(key: string, value: string): Expected {
  return ok({ key, value })
}

function text(value: string): Expected {
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, text: value }
}

function life(key: string): [string, ...Step[]] {
  return [
    key,
    read(key, MISSING),
    add(key, '"5"', total(key, '5')),
    add(key, '-2', total(key, '3')),
    increment(`key=${encodeURIComponent(key)}&value=4`, text('7')),
    stepWith('POST /increment', { key, value: 1 }, text('8')),
    read(key, total(key, '8')),
    step(`HEAD ${pathOf(key)}`, {
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      length: Buffer.byteLength(JSON.stringify({ key, value: '8' })),
    }),
    step(`DELETE ${pathOf(key)}`, gone),
    step(`DELETE ${pathOf(key)}`, gone),
    read(key, MISSING),
  ]
}

export const COUNTERS: Cases = {
  live: life('counter'),
  'live under any key': life('/?#é %41\\'),
  'live under a number': life('7'),
  'live under dots': life('..'),
  'live under 4096 bytes': life('é'.repeat(2048)),
  'are exact up to 64 bits, and unchanged beyond': [
    'edge',
    add('edge', MAX, total('edge', MAX)),
    add('edge', '1', BEYOND),
    increment('key=edge&value=1', BEYOND),
    add('edge', `"${MIN}"`, total('edge', '-1')),
    add('edge', MIN, BEYOND),
    add('edge', `"${'9'.repeat(101)}"`, BEYOND),
    read('edge', total('edge', '-1')),
  ],
  'add nothing when an idempotency key is there again': [
    'once',
    add('once', '5', total('once', '5'), { 'idempotency-key': 'k' }),
    add('once', '5', total('once', '5'), { 'idempotency-key': 'k' }),
    increment('key=once&value=7', text('5'), { 'idempotency-key': 'k' }),
    increment('key=once&value=7', text('12'), { 'idempotency-key': 'l' }),
    increment('key=once&value=7', BAD, { 'idempotency-key': '' }),
    add('once', '1', BAD, { 'idempotency-key': 'x'.repeat(256) }),
    read('once', total('once', '12')),
  ],
  'need an amount': [
    'wrong',
    ...['null', '""', '"a"', '1.5', '"1.0"', 'true', '[]', '{}'].map((by) => add('wrong', by, BAD)),
    ...[
      'key=wrong',
      'key=wrong&value=',
      'key=wrong&value=x',
      'key=wrong&value=1&value=1',
      'key=%zz&value=1',
    ].map((form) => increment(form, BAD)),
    read('wrong', MISSING),
  ],
  'stay within bounds': [
    'bounded',
    add('bounded', '5,"max":5', total('bounded', '5')),
    add('bounded', '1,"max":"5"', refused(409, 'OUT_OF_BOUNDS')),
    add('bounded', '-1,"min":5', refused(409, 'OUT_OF_BOUNDS')),
    add('bounded', '1,"min":2,"max":1', BAD),
    read('bounded', total('bounded', '5')),
  ],
  'are set to a total': [
    'set',
    stepWith(`PUT ${pathOf('set')}`, { value: '-7' }, total('set', '-7')),
    add('set', '2', total('set', '-5')),
    stepWith(`PUT ${pathOf('set')}`, { value: 0 }, total('set', '0')),
    stepWith(`PUT ${pathOf('set')}`, {}, BAD),
    stepWith(`PUT ${pathOf('set')}`, { value: '9223372036854775808' }, BEYOND),
    read('set', total('set', '0')),
  ],
  'turn into values, and back': [
    'turned',
    stepWith('PUT /api/v1/kv/turned', '4', { status: 201, headers: { etag: '<tag>' } }),
    add('turned', '1', total('turned', '5')),
    step('GET /api?key=turned', entry('turned', 5)),
    step('GET /api/v1/kv/turned', {
      status: 200,
      headers: { 'accept-ranges': 'bytes', 'content-type': 'application/json', etag: '<tag>' },
      text: '5',
    }),
    step(
      'GET /api/v1/kv/turned',
      { status: 304, headers: { etag: '<tag>' } },
      { headers: { 'if-none-match': '<tag>' } },
    ),
    stepWith('POST /api', { key: 'turned', data: 'jam' }, entry('turned', 'jam')),
    add('turned', '1', refused(409, 'WRONG_TYPE')),
    read('turned', refused(409, 'WRONG_TYPE')),
    step(`DELETE ${pathOf('turned')}`, gone),
    step('GET /api?key=turned', entry('turned', null)),
    add('turned', '1', total('turned', '1')),
    step('DELETE /api?key=turned', {
      ...entry('turned', null),
      json: { ...Object(entry('turned', null).json), deleted: true },
    }),
    read('turned', MISSING),
  ],
  'take an amount as it may be written': [
    'written',
    add('written', undefined, total('written', '1')),
    add('written', '-1', total('written', '0')),
    add('written', '5.0', total('written', '5')),
    add('written', '1e1', total('written', '15')),
    add('written', '"+1"', total('written', '16')),
    add('written', '"-0"', total('written', '16')),
  ],
  'need a key': [
    'x',
    ...['value=1', 'key=&value=1', 'key=null&value=1', 'key=nil&value=1'].map((form) =>
      increment(form, NULL),
    ),
    ...['', '/', '/null', '/nil'].map((end) => stepWith(`POST /api/v1/counters${end}`, { by: 1 }, NULL)),
    ...['', '/', '/null', '/nil'].map((end) => step(`GET /api/v1/counters${end}`, NULL)),
    read('nil', NULL),
    read('x'.repeat(4097), BAD),
  ],
  'come in a form or as JSON': [
    'x',
    step('POST /increment', BAD, { body: 'key=x&value=1' }),
    step('POST /increment', BAD, {}),
    step('POST /increment', refused(415, 'UNSUPPORTED_MEDIA_TYPE'), {
      headers: { 'content-type': 'multipart/form-data' },
      body: 'x',
    }),
    step('POST /increment', refused(415, 'UNSUPPORTED_MEDIA_TYPE'), {
      headers: { ...FORM_TYPE, 'content-encoding': 'br' },
      body: 'key=x&value=1',
    }),
    increment(`key=x&value=1&x=${'x'.repeat(20_000)}`, refused(413, 'TOO_LARGE')),
    stepWith('POST /api/v1/counters/x', '{', BAD),
    stepWith('POST /api/v1/counters/x', '[]', BAD),
  ],
}
