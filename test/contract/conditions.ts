/** Values under conditions: by their entity tags. */
import { BAD, created, gone, MISSING, replaced, text } from './answers.ts'
import { type Cases, type Expected, refused, step } from './step.ts'

const TEXT = { 'content-type': 'text/plain' }
const FAILED = refused(412, 'PRECONDITION_FAILED')
const unchanged: Expected = { status: 304, headers: { etag: '<tag>' } }

export const CONDITIONS: Cases = {
  'are written and read under conditions': [
    'conditions',
    step('PUT /api/v1/kv/conditions', FAILED, { headers: { ...TEXT, 'if-match': '*' }, body: '0' }),
    step('PUT /api/v1/kv/conditions', created, { headers: { ...TEXT, 'if-none-match': '*' }, body: '1' }),
    step('PUT /api/v1/kv/conditions', FAILED, { headers: { ...TEXT, 'if-none-match': '*' }, body: '2' }),
    step('GET /api/v1/kv/conditions', unchanged, { headers: { 'if-none-match': '<tag>' } }),
    step('GET /api/v1/kv/conditions', unchanged, { headers: { 'if-none-match': '"x", W/<tag>' } }),
    step('HEAD /api/v1/kv/conditions', unchanged, { headers: { 'if-none-match': '*' } }),
    step('GET /api/v1/kv/conditions', text('1'), { headers: { 'if-none-match': '"x"' } }),
    step('GET /api/v1/kv/conditions', FAILED, { headers: { 'if-match': 'W/<tag>' } }),
    step('GET /api/v1/kv/conditions', text('1'), { headers: { 'if-match': '<tag>' } }),
    step('GET /api/v1/kv/conditions', BAD, { headers: { 'if-match': 'x' } }),
    step('PUT /api/v1/kv/conditions', replaced, { headers: { ...TEXT, 'if-match': '<tag>' }, body: '3' }),
    step('PUT /api/v1/kv/conditions', FAILED, { headers: { ...TEXT, 'if-none-match': '<tag>' }, body: '4' }),
    step('DELETE /api/v1/kv/conditions', FAILED, { headers: { 'if-match': '"x"' } }),
    step('DELETE /api/v1/kv/conditions', gone, { headers: { 'if-match': '<tag>' } }),
    step('DELETE /api/v1/kv/conditions', MISSING, { headers: { 'if-match': '*' } }),
  ],
}
