/** Parts of values: what a download that goes on, or a player, asks for. */
import { expect } from 'chai'
import fc from 'fast-check'
import { rangeOf } from '../../../shared/http/range.ts'
import { eachOnNode } from '../../support/node.ts'
import { call, expectProblem, JSON_TYPE } from './call.ts'

describe('a range', () => {
  it('is what a slice of the bytes is', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(50), fc.option(fc.nat(50)), (bytes, first, last) => {
        const found = rangeOf(`bytes=${first}-${last ?? ''}`, bytes)
        if (last !== null && last < first) expect(found).to.equal(undefined)
        else if (first >= bytes) expect(found).to.equal('none')
        else expect(found).to.deep.equal({ first, last: Math.min(last ?? Infinity, bytes - 1) })
      }),
    )
    fc.assert(
      fc.property(fc.nat(40), fc.nat(50), (bytes, count) => {
        const found = rangeOf(`bytes=-${count}`, bytes)
        if (count === 0 || bytes === 0) expect(found).to.equal('none')
        else expect(found).to.deep.equal({ first: Math.max(0, bytes - count), last: bytes - 1 })
      }),
    )
  })

  it('that is none, or several, is all of it', () => {
    for (const header of [
      '',
      'bytes',
      'bytes=',
      'bytes=-',
      'bytes=a-b',
      'lines=0-1',
      'bytes=0-1,3-4',
      'bytes=1 -2',
    ])
      expect(rangeOf(header, 10), header).to.equal(undefined)
    expect(rangeOf('BYTES = 2-', 10)).to.deep.equal({ first: 2, last: 9 })
    expect(rangeOf(`bytes=${'9'.repeat(400)}-`, 10)).to.equal('none')
  })
})

describe('a part of a value', () => {
  let kv: string
  eachOnNode(({ url }) => {
    kv = `${url}/api/v1/kv/k`
  })
  const get = (range: string, headers: Record<string, string> = {}) =>
    call(`GET ${kv}`, { headers: { range, ...headers } })

  it('is given with where it is, and of the whole it is said that parts can be had', async () => {
    const body = '0123456789äöü'
    await call(`PUT ${kv}`, { body, headers: { 'content-type': 'text/plain' } })
    const whole = await call(`GET ${kv}`)
    expect([whole.status, whole.headers.get('accept-ranges')]).to.deep.equal([200, 'bytes'])
    const part = await get('bytes=2-4')
    expect([part.status, part.text]).to.deep.equal([206, '234'])
    expect(part.headers.get('content-range')).to.equal('bytes 2-4/16')
    expect(part.headers.get('content-length')).to.equal('3')
    expect(part.headers.get('content-type')).to.equal('text/plain')
    expect(part.headers.get('etag')).to.equal(whole.headers.get('etag'))
    expect((await get('bytes=-4')).text).to.equal('öü')
    expect((await get('bytes=10-')).text).to.equal('äöü')
    const head = await call(`HEAD ${kv}`, { headers: { range: 'bytes=2-4' } })
    expect([head.status, head.headers.get('content-length')]).to.deep.equal([200, '16'])
    expect((await get('bytes=0-1,4-5')).text).to.equal(body)
  })

  it('of JSON is cut out of what was written', async () => {
    await call(`PUT ${kv}`, { body: '{"ä": 1}', headers: JSON_TYPE })
    expect((await get('bytes=6-7')).text).to.equal(' 1')
  })

  it('beyond the end is refused with how much there is', async () => {
    await call(`PUT ${kv}`, { body: '0123456789' })
    const answer = await get('bytes=10-')
    expectProblem(answer, 416, 'RANGE_NOT_SATISFIABLE')
    expect(answer.headers.get('content-range')).to.equal('bytes */10')
    await call(`PUT ${kv}`, { body: '' })
    expectProblem(await get('bytes=0-'), 416, 'RANGE_NOT_SATISFIABLE')
  })

  it('is given only of what it was asked of, where that is said, and after the conditions', async () => {
    const { headers } = await call(`PUT ${kv}`, { body: '0123456789' })
    const etag = headers.get('etag') ?? ''
    expect((await get('bytes=0-1', { 'if-range': etag })).status).to.equal(206)
    for (const other of ['"x"', `W/${etag}`, etag.replace(/"$/, '-gzip"'), 'Fri, 27 Nov 2026 12:00:00 GMT'])
      expect((await get('bytes=0-1', { 'if-range': other })).status, other).to.equal(200)
    expect((await get('bytes=0-1', { 'if-none-match': etag })).status).to.equal(304)
    expect((await get('bytes=0-1', { 'if-match': '"x"' })).status).to.equal(412)
  })

  it('cannot be stored', async () => {
    const sent = { body: 'x', headers: { 'content-range': 'bytes 0-0/10' } }
    expectProblem(await call(`PUT ${kv}`, sent), 400, 'BAD_REQUEST')
    expect((await call(`GET ${kv}`)).status).to.equal(404)
  })
})
