/** Values: at /api and as resources. */
import { BAD, created, gone, MISSING, replaced, text } from './answers.ts'
import { type Cases, type Expected, entry, JSON_TYPE, refused, type Step, step, stepWith } from './step.ts'

const TEXT = { 'content-type': 'text/plain' }
const RETURN = { prefer: 'return=representation' }
const APPLIED = { 'preference-applied': 'return=representation' }
const NULL = refused(403, 'KEY_NULL')

function set(key: unknown, data: unknown, expected: Expected): Step {
  const op = JSON.stringify({ op: 'set', key, data })
  return stepWith('POST /api', { key, data }, expected, { op })
}

/** A body that is wrong, sent as it is, and the operation that has the same fault. */
function wrongSet(members: string, expected: Expected): Step {
  const op = `{"op":"set"${members === '' ? '' : ','}${members}}`
  return stepWith('POST /api', `{${members}}`, expected, { op })
}

function get(key: string, expected: Expected): Step {
  const op = JSON.stringify({ op: 'get', key })
  return step(`GET /api?key=${encodeURIComponent(key)}`, expected, { op })
}

function forget(key: string, isThere: boolean): Step {
  const op = JSON.stringify({ op: 'delete', key })
  const expected = { ...entry(key, null), json: { ...Object(entry(key, null).json), deleted: isThere } }
  return step(`DELETE /api?key=${encodeURIComponent(key)}`, expected, { op })
}

/** As long as it lives no longer than for a while. */
function passing(key: string, data: unknown): Expected {
  return { ...entry(key, data), json: { ...Object(entry(key, data).json), ttl: '<ttl>' } }
}

/** The whole life of an entry. */
function life(key: string): [string, ...Step[]] {
  const data = { text: 'a "quoted" é 😀', list: [1, -2.5, null, true], n: { o: {} } }
  const path = `/api/v1/kv/${encodeURIComponent(key)}`
  return [
    key,
    get(key, entry(key, null)),
    set(key, data, entry(key, data)),
    get(key, entry(key, data)),
    step(`GET ${path}`, text(JSON.stringify(data), 'application/json')),
    set(key, 'again', entry(key, 'again')),
    get(key, entry(key, 'again')),
    forget(key, true),
    forget(key, false),
    get(key, entry(key, null)),
    step(`PUT ${path}`, created, { headers: TEXT, body: 'a\tb' }),
    step(`GET ${path}`, text('a\tb')),
    step(`HEAD ${path}`, { ...text(''), length: 3 }),
    step(`GET /api?key=${encodeURIComponent(key)}`, refused(409, 'NOT_JSON')),
    stepWith(`PATCH ${path}`, { ttl: null }, replaced),
    step(
      `DELETE ${path}`,
      { status: 200, headers: { ...TEXT, etag: '<tag>', ...APPLIED }, text: 'a\tb' },
      { headers: RETURN },
    ),
    step(`DELETE ${path}`, MISSING, { headers: RETURN }),
    step(`DELETE ${path}`, MISSING),
    stepWith(`PATCH ${path}`, { ttl: 1 }, MISSING),
    step(`HEAD ${path}`, {
      status: 404,
      headers: { 'content-type': 'application/problem+json' },
      length: 164,
    }),
  ]
}

const KEYS: Readonly<Record<string, string>> = {
  'a short key': 'abcd',
  'a number': '1',
  'a number with a zero before it': '01',
  'a number below zero': '-16382',
  'a space': ' ',
  'a NUL': 'nul\0',
  'a line break': 'line\r\nbreak',
  'letters of all kinds': 'é日本😀',
  'what means something in a URL': '/?#&=+%;:@[]!$\'()*,\\|^`"<>{}',
  'a dot': '.',
  'two dots': '..',
  'a way up': '../../clear',
  'a name that objects have': '__proto__',
  'percent signs': '%41%',
  '4096 bytes': 'x'.repeat(4096),
  '4096 bytes of other letters': 'é'.repeat(2048),
}

export const VALUES: Cases = {
  ...Object.fromEntries(Object.entries(KEYS).map(([what, key]) => [`live under ${what}`, life(key)])),
  'are found by a key that need not be encoded': [
    'raw\'~!*()\\|^`"<>{}',
    set('raw\'~!*()\\|^`"<>{}', 1, entry('raw\'~!*()\\|^`"<>{}', 1)),
    step('GET /api?key=raw\'~!*()\\|^`"<>{}', entry('raw\'~!*()\\|^`"<>{}', 1)),
    step('GET /api/v1/kv/raw\'~!*()\\|^`"<>{}', text('1', 'application/json')),
  ],
  'are found by dots as they are, and encoded': [
    '..',
    step('PUT /api/v1/kv/..', created, { headers: TEXT, body: 'up' }),
    step('GET /api/v1/kv/%2e%2E', text('up')),
    step('DELETE /api/v1/kv/%2E.', gone),
  ],
  'are found with a plus sign for a space, in a query alone': [
    'a b',
    set('a b', 1, entry('a b', 1)),
    step('GET /api?key=a+b', entry('a b', 1)),
    step('GET /api/v1/kv/a+b', MISSING),
  ],
  'have another key with a slash at the end': [
    'slash',
    step('PUT /api/v1/kv/slash', created, { headers: TEXT, body: 'x' }),
    step('GET /api/v1/kv/slash/', MISSING),
    step('GET /api/v1/kv/slash%2F', MISSING),
  ],
  'have keys with slashes, encoded or not': [
    'a/b',
    step('PUT /api/v1/kv/a/b', created, { headers: TEXT, body: 'x' }),
    step('GET /api/v1/kv/a%2Fb', text('x')),
    step('DELETE /api/v1/kv/a/b', gone),
  ],
  'are found at /api/ too': [
    'end',
    stepWith('POST /api/', { key: 'end', data: 1 }, entry('end', 1)),
    step('GET /api/?key=end', entry('end', 1)),
    { ...forget('end', true), request: 'DELETE /api/?key=end' },
  ],
  'are told nothing of a fragment': [
    'fragment',
    set('fragment', 1, entry('fragment', 1)),
    step('GET /api?key=fragment#x', entry('fragment', 1)),
    step('GET /api#x?key=fragment', NULL),
    step('GET /api/v1/kv/fragment#x', text('1', 'application/json')),
    step('GET /api/v1/kv/a\\b#y', MISSING),
    step('GET /api/v1/kv/a\\b?x#y', refused(400, 'UNKNOWN_FIELD')),
  ],
  'have integers as keys': ['42', set(42, 1, entry('42', 1)), get('42', entry('42', 1))],
  'keep their numbers as they were written': [
    'numbers',
    wrongSet('"key":"numbers","data":{"n":123456789012345678901234567890}', {
      ...entry('numbers', { n: Number('123456789012345678901234567890') }),
    }),
    step('GET /api/v1/kv/numbers', text('{"n":123456789012345678901234567890}', 'application/json')),
  ],
  'may be null, false, 0, empty, long': [
    'plain',
    ...[null, false, 0, '', [], {}, 'é'.repeat(3000)].flatMap((data) => [
      set('plain', data, entry('plain', data)),
      get('plain', entry('plain', data)),
    ]),
  ],
  'need a key': [
    'x',
    ...['', '?key=', '?key=null', '?key=nil'].map((query) => step(`GET /api${query}`, NULL)),
    step('GET /api?other=1', refused(400, 'UNKNOWN_FIELD')),
    ...['', '?key=', '?key=null', '?key=nil'].map((query) => step(`DELETE /api${query}`, NULL)),
    ...['', '"key":null,', '"key":"",', '"key":"null",', '"key":"nil",'].map((key) =>
      wrongSet(`${key}"data":1`, NULL),
    ),
    ...['GET', 'PUT', 'PATCH', 'DELETE'].flatMap((method) =>
      ['/', '/null', '/nil'].map((end) => step(`${method} /api/v1/kv${end}`, NULL)),
    ),
    ...['PUT', 'PATCH'].map((method) => step(`${method} /api/v1/kv`, NULL)),
    step('DELETE /api/v1/kv', BAD),
  ],
  'need a key that can be one': [
    'x',
    ...['true', '{}', '[1]', '1.5', '"\\ud800"'].map((key) => wrongSet(`"key":${key},"data":1`, BAD)),
    get('x'.repeat(4097), BAD),
    ...['%', '%zz', '%ff', '%ed%a0%80'].flatMap((key) => [
      step(`GET /api?key=${key}`, BAD),
      step(`GET /api/v1/kv/${key}`, BAD),
      step(`DELETE /api/v1/kv/${key}`, BAD),
    ]),
    step('GET /api?key=a&key=b', BAD),
  ],
  'need data, and a time to live above 0': [
    'x',
    wrongSet('"key":"x"', BAD),
    ...['0', '-1', '"1"', 'null', '[1]', 'true'].map((ttl) =>
      wrongSet(`"key":"x","data":1,"ttl":${ttl}`, BAD),
    ),
    ...['0', '-1', 'x', '', '1e3'].map((ttl) =>
      step(`PUT /api/v1/kv/x?ttl=${ttl}`, BAD, { headers: TEXT, body: 'x' }),
    ),
  ],
  'have a time to live': [
    'mortal',
    wrongSet('"key":"mortal","data":1,"ttl":60', entry('mortal', 1)),
    get('mortal', passing('mortal', 1)),
    stepWith('PATCH /api/v1/kv/mortal', { ttl: null }, replaced),
    get('mortal', entry('mortal', 1)),
    stepWith('PATCH /api/v1/kv/mortal', { ttl: 60.5 }, replaced),
    step('PUT /api/v1/kv/mortal?keep_ttl=1', replaced, { headers: JSON_TYPE, body: '2' }),
    get('mortal', passing('mortal', 2)),
    step('PUT /api/v1/kv/mortal?ttl=60.5&keep_ttl=1', BAD, { headers: TEXT, body: 'x' }),
    step('PUT /api/v1/kv/mortal', replaced, { headers: TEXT, body: 'x' }),
    step('GET /api/v1/kv/mortal', text('x')),
  ],
  'come as JSON that is whole': [
    'x',
    ...['', '{', '[]', '1', '"x"', 'null', '{"key":"x","data":1}x', '{"key":"x","data":01}'].map((body) =>
      stepWith('POST /api', body, BAD),
    ),
    ...['text/csv', 'application/json; charset=utf-16'].map((type) =>
      stepWith('POST /api', '{"key":"x","data":1}', refused(415, 'UNSUPPORTED_MEDIA_TYPE'), {
        headers: { 'content-type': type },
      }),
    ),
    stepWith('POST /api', '{"key":"x","data":1}', refused(415, 'UNSUPPORTED_MEDIA_TYPE'), {
      headers: { 'content-encoding': 'deflate' },
    }),
    stepWith('POST /api', { key: 'x', data: 'x'.repeat(20_000) }, refused(413, 'TOO_LARGE')),
    stepWith('PUT /api/v1/kv/x', '{', BAD),
    stepWith('POST /api', '{"key":"typed","data":1}', entry('typed', 1), {
      headers: { 'content-type': 'application/vnd.a+json; Charset="UTF-8"' },
    }),
  ],
  'keep any type, also none and an odd one': [
    'types',
    step('PUT /api/v1/kv/types', created, { body: '\0\x01' }),
    step('GET /api/v1/kv/types', text('\0\x01', 'application/octet-stream')),
    step('PUT /api/v1/kv/types', replaced, { headers: { 'content-type': 'odd; x="\t"' }, body: '' }),
    step('GET /api/v1/kv/types', text('', 'odd; x="\t"')),
  ],
}
