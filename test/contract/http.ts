/** What every path has: who may call it, with which methods, and how many operations a batch takes. */
import { type Cases, entry, ok, refused, step, stepWith } from './step.ts'

const NO_PATH = refused(404, 'NO_SUCH_PATH')
const NO_METHOD = (allow: string) => refused(405, 'METHOD_NOT_ALLOWED', { allow })
const UNKNOWN = refused(401, 'UNAUTHORIZED', { 'www-authenticate': 'ApiKey, Bearer' })
const UNKNOWN_TO_UPSTREAM = refused(401, 'UNAUTHORIZED', { 'www-authenticate': 'ApiKey' })
const BAD = refused(400, 'BAD_REQUEST')

const ALLOWED: Readonly<Record<string, string>> = {
  '/api': 'POST, HEAD, GET, DELETE',
  '/api/v1/kv/x': 'PUT, HEAD, GET, PATCH, DELETE',
  '/api/v1/counters/x': 'POST, HEAD, GET, PUT, DELETE',
  '/increment': 'POST',
  '/api/v1/batch': 'POST',
  '/api/v1/reaction': 'POST',
  '/api/v1/reaction/reactions_count/x': 'HEAD, GET',
  '/server/templates/x': 'HEAD, GET, PUT, DELETE',
  '/clear': 'DELETE',
  '/livez': 'HEAD, GET',
}

export const HTTP: Cases = {
  'knows its paths': [
    'x',
    ...[
      '//api',
      '/API',
      '/apis',
      '/api/v1',
      '/api/v1/Batch',
      '/increment/x',
      '/server/templates/',
      '/%61pi',
    ].flatMap((path) => [step(`GET ${path}`, NO_PATH), step(`POST ${path}`, NO_PATH)]),
    step('OPTIONS *', NO_PATH),
  ],
  'tells which methods a path takes': [
    'x',
    ...Object.entries(ALLOWED).flatMap(([path, allow]) => [
      step(`OPTIONS ${path}`, { status: 204, headers: { allow } }),
      ...['GET', 'PUT', 'POST', 'PATCH', 'DELETE']
        .filter((method) => !allow.split(', ').includes(method))
        .map((method) => step(`${method} ${path}`, NO_METHOD(allow))),
    ]),
  ],
  'wants to know who calls': [
    'x',
    ...['', 'other', 'sesam', 'sesame, sesame'].flatMap((key) => {
      const headers = { 'api-key': key, 'content-type': 'application/json' }
      return [
        ...['/api?key=x', '/api/v1/kv/x', '/api/v1/counters/x', '/api/v1/reaction/reactions_count/x'].map(
          (path) => step(`GET ${path}`, UNKNOWN, { headers }),
        ),
        step('GET /server/templates/x', UNKNOWN_TO_UPSTREAM, { headers }),
        ...['/api', '/increment', '/api/v1/batch', '/api/v1/reaction', '/api/v1/counters/x'].map((path) =>
          step(`POST ${path}`, UNKNOWN, { headers, body: '{}' }),
        ),
        step('PUT /api/v1/kv/x', UNKNOWN, { headers, body: '{}' }),
        step('DELETE /api?key=x', UNKNOWN, { headers }),
      ]
    }),
  ],
  'wants to know which member calls': [
    'x',
    step('POST /cluster/execute', refused(401, 'UNAUTHORIZED', { 'www-authenticate': 'Bearer' }), {
      body: 'x',
    }),
  ],
  'takes many operations at once': [
    'x',
    stepWith(
      'POST /api/v1/batch',
      {
        ops: [
          { op: 'set', key: 'one', data: 1 },
          { op: 'get', key: 'one' },
          { op: 'increment', key: 'one', by: '2' },
        ],
      },
      ok({
        results: [
          { status: 200, ...Object(entry('one', 1).json) },
          { status: 200, ...Object(entry('one', 1).json) },
          { status: 200, key: 'one', value: '3' },
        ],
      }),
    ),
    stepWith('POST /api/v1/batch', { ops: [] }, ok({ results: [] })),
    stepWith('POST /api/v1/batch', { ops: Array(1001).fill(0) }, refused(413, 'TOO_LARGE')),
    ...['{', '[]', '{}', '{"ops":{}}', '{"ops":null}', 'null'].map((body) =>
      stepWith('POST /api/v1/batch', body, BAD),
    ),
    stepWith('POST /api/v1/batch', '{"ops":[]}', refused(415, 'UNSUPPORTED_MEDIA_TYPE'), {
      headers: { 'content-type': 'text/csv' },
    }),
  ],
  'takes bodies in chunks, and requests without one': [
    'chunks',
    step('POST /api', entry('chunks', 1), {
      headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
      chunks: chunked('{"key":', '"chunks","data":1}'),
    }),
    step('POST /api', BAD, { headers: { 'content-type': 'application/json' } }),
    step('POST /increment', refused(400, 'BAD_REQUEST')),
    step('PUT /api/v1/kv/nothing', { status: 201, headers: { etag: '<tag>' } }),
    step('GET /api?key=chunks', entry('chunks', 1), { body: 'GET /api HTTP/1.1\r\n\r\n' }),
  ],
}

function chunked(...pieces: readonly string[]): string {
  return [...pieces, ''].map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')
}
