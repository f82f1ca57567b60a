/** Counters over HTTP: Incrementer's call and the resource, exact, and unchanged by whatever is no integer. */
import { expect } from 'chai'
import { eachOnNode, type TestNode } from '../../support/node.ts'
import { type Answer, call, expectProblem, send } from './call.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const MAX = '9223372036854775807'
const MIN = '-9223372036854775808'
let node: TestNode
const onNode = () =>
  eachOnNode((started) => {
    node = started
  })

function form(body: string, headers: Record<string, string> = {}): Promise<Answer> {
  return call(`POST ${node.url}/increment`, { headers: { ...FORM, ...headers }, body })
}
/** `body` as a value, or as JSON text. */
function increment(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return send(`POST ${node.url}/increment`, body, headers)
}
/** `by` as JSON text. */
function add(key: string, by: string): Promise<Answer> {
  return send(`POST ${node.url}/api/v1/counters/${encodeURIComponent(key)}`, `{"by":${by}}`)
}
/** The total, or `undefined` where there is none. */
async function total(key: string): Promise<string | undefined> {
  const answer = await call(`GET ${node.url}/api/v1/counters/${encodeURIComponent(key)}`)
  if (answer.status === 404) return undefined
  expect(answer.status, answer.text).to.equal(200)
  expect(answer.json).to.include({ key })
  return (answer.json as { value: string }).value
}

describe('POST /increment', () => {
  onNode()
  it('adds to a counter and answers the new total alone, to a form and to JSON', async () => {
    const first = await form('key=abcdef&value=1')
    expect([first.status, first.text]).to.deep.equal([200, '1'])
    expect(first.headers.get('content-type')).to.match(/^text\/plain\b/)
    expect((await increment({ key: 'abcdef', value: 2 })).text).to.equal('3')
    expect((await increment({ key: 'abcdef', value: '-5' })).text).to.equal('-2')
    expect((await form('value=%2B2&key=abcdef')).text).to.equal('0')
    expect(await total('abcdef')).to.equal('0')
  })

  it('takes any text as a key, and nothing in it for anything but a key', async () => {
    const keys = [
      '900,1),(901',
      "'; DROP TABLE numbers; --",
      'no number',
      '__proto__',
      'constructor',
      'toString',
      'a\0b',
      '\u{1f525}',
      '../../etc',
      ' ',
    ]
    for (const key of keys) {
      const body = new URLSearchParams({ key, value: '7' }).toString()
      expect((await form(body)).text, key).to.equal('7')
      expect((await increment({ key, value: 1 })).text, key).to.equal('8')
      expect(await total(key), key).to.equal('8')
    }
    for (const other of ['900', '901']) expect(await total(other)).to.equal(undefined)
  })

  it('knows an integer key and the same digits as text for one key', async () => {
    await increment('{"key":12345678901234567890,"value":1}')
    expect((await form('key=12345678901234567890&value=1')).text).to.equal('2')
  })

  it('wants a key', async () => {
    const answers = [
      ...['value=1', 'key=&value=1', 'key=null&value=1', 'key=nil&value=1', 'key&value=1', ''].map((body) =>
        form(body),
      ),
      ...['{"value":1}', '{}'].map((body) => increment(body)),
      ...['null', '""', '"null"', '"nil"'].map((key) => increment(`{"key":${key},"value":1}`)),
    ]
    for (const answer of await Promise.all(answers)) {
      expectProblem(answer, 403, 'KEY_NULL')
      expect(answer.json).to.include({ message: 'key cannot be null' })
    }
  })

  it('leaves the total as it is when the value is no integer, and stays there for the next request', async () => {
    await form('key=k&value=41')
    const texts = [
      'abc',
      '1.5',
      '',
      ' 1',
      '1 ',
      '1e3',
      '0x1',
      '--1',
      '+',
      'true',
      'NaN',
      'Infinity',
      '١',
      '1,2',
      'null',
    ]
    for (const text of texts) {
      expectProblem(await form(`key=k&value=${encodeURIComponent(text)}`), 400, 'BAD_REQUEST')
      expectProblem(await increment({ key: 'k', value: text }), 400, 'BAD_REQUEST')
    }
    for (const json of ['1.5', 'true', 'null', '[]', '[1]', '{}', '1e400', '0.1e0']) {
      expectProblem(await increment(`{"key":"k","value":${json}}`), 400, 'BAD_REQUEST')
    }
    expectProblem(await form('key=k'), 400, 'BAD_REQUEST')
    expectProblem(await form('key=k&value=+5'), 400, 'BAD_REQUEST') // In a form a plus is a space.
    expect((await form('key=k&value=1')).text).to.equal('42')
  })

  it('takes every way to write an integer in JSON', async () => {
    const bys = ['5.0', '1e3', '-0', '"-0"', '"+5"', '"-5"', '"0007"', '50E-1']
    const totals: string[] = []
    for (const by of bys) totals.push((await increment(`{"key":"k","value":${by}}`)).text)
    expect(totals).to.deep.equal(['5', '1005', '1005', '1005', '1010', '1005', '1012', '1017'])
  })

  it('cannot understand a form that says two things, or is not encoded as one', async () => {
    for (const body of ['key=k&value=1&value=2', 'key=k&key=l&value=1', 'key=%&value=1', 'key=%ff&value=1']) {
      expectProblem(await form(body), 400, 'BAD_REQUEST')
    }
    for (const body of [
      'null',
      '[]',
      '5',
      '"key"',
      '{',
      '{"key":"\\ud800","value":1}',
      '{"key":[],"value":1}',
    ]) {
      expectProblem(await increment(body), 400, 'BAD_REQUEST')
    }
    expectProblem(await form(`key=${'k'.repeat(4097)}&value=1`), 400, 'BAD_REQUEST')
    expect((await form(`key=${'k'.repeat(4096)}&value=1`)).text).to.equal('1')
    expect(await total('k')).to.equal(undefined)
  })

  it('takes no number that only a double would hold for an integer', async () => {
    for (const json of ['1.0000000000000000001', '1e-400', '0.99999999999999999999']) {
      expectProblem(await increment(`{"key":"k","value":${json}}`), 400, 'BAD_REQUEST')
    }
    expect(await total('k')).to.equal(undefined)
  })

  it('takes no key that is not UTF-8, or all such keys would be one', async () => {
    for (const key of ['\xff', '\xfe']) {
      const body = new Uint8Array(Buffer.from(`key=${key}&value=1`, 'latin1'))
      expectProblem(await call(`POST ${node.url}/increment`, { headers: FORM, body }), 400, 'BAD_REQUEST')
    }
  })

  it('takes no other media type', async () => {
    for (const type of ['multipart/form-data; boundary=x', 'application/xml', ';', 'form']) {
      const answer = await call(`POST ${node.url}/increment`, {
        headers: { 'content-type': type },
        body: 'key=k&value=1',
      })
      expectProblem(answer, 415, 'UNSUPPORTED_MEDIA_TYPE')
    }
    const typed = { 'content-type': 'Application/X-WWW-Form-URLencoded; charset=utf-8' }
    expect((await form('key=k&value=1', typed)).text).to.equal('1')
  })
})

describe('/api/v1/counters/{key}', () => {
  onNode()
  it('is added to, read and forgotten', async () => {
    expect(await total('abcdef')).to.equal(undefined)
    const first = await add('abcdef', '1')
    expect([first.status, first.json]).to.deep.equal([200, { key: 'abcdef', value: '1' }])
    expect((await add('abcdef', '"5"')).json).to.deep.equal({ key: 'abcdef', value: '6' })
    expect(await total('abcdef')).to.equal('6')
    for (let time = 0; time < 2; time++) {
      const answer = await call(`DELETE ${node.url}/api/v1/counters/abcdef`)
      expect([answer.status, answer.text]).to.deep.equal([204, ''])
      expect(await total('abcdef')).to.equal(undefined)
    }
    expect((await add('abcdef', '2')).json).to.include({ value: '2' })
  })

  it('shares its counters with /increment and the batch', async () => {
    await form('key=k&value=1')
    await send(`POST ${node.url}/api/v1/batch`, { ops: [{ op: 'increment', key: 'k', by: 1 }] })
    expect((await add('k', '1')).json).to.include({ value: '3' })
  })

  it('is exact beyond 53 bits, up to both ends of 64', async () => {
    await add('k', '9007199254740993')
    expect((await add('k', '"9007199254740993"')).json).to.include({ value: '18014398509481986' })
    await add('max', MAX)
    await add('min', `"${MIN}"`)
    for (const by of ['1', `"${MAX}"`, '9'.repeat(100), `"1${'0'.repeat(100)}"`, `1${'0'.repeat(5000)}`]) {
      expectProblem(await add('max', by), 409, 'OUT_OF_RANGE')
      expectProblem(await add('min', by.replace(/^("?)/, '$1-')), 409, 'OUT_OF_RANGE')
    }
    expect([await total('max'), await total('min')]).to.deep.equal([MAX, MIN])
    expect((await add('max', `"-${MAX}"`)).json).to.include({ value: '0' })
    expect((await add('min', MAX)).json).to.include({ value: '-1' })
  })

  it('adds nothing when it is sent anything else', async () => {
    for (const body of [
      'null',
      '[]',
      '5',
      '{"by":1.5}',
      '{"by":null}',
      '{"by":[1]}',
      '{"by":1,"ttl":0}',
      '{"by":1,"min":"x"}',
    ]) {
      expectProblem(await send(`POST ${node.url}/api/v1/counters/k`, body), 400, 'BAD_REQUEST')
    }
    const text = { headers: { 'content-type': 'text/csv' }, body: '{"by":1}' }
    expectProblem(await call(`POST ${node.url}/api/v1/counters/k`, text), 415, 'UNSUPPORTED_MEDIA_TYPE')
    expect(await total('k')).to.equal(undefined)
  })

  it('wants a key', async () => {
    for (const key of ['', '/', '/null', '/nil']) {
      const target = `${node.url}/api/v1/counters${key}`
      const answers = [send(`POST ${target}`, { by: 1 }), call(`GET ${target}`), call(`DELETE ${target}`)]
      for (const answer of await Promise.all(answers)) {
        expectProblem(answer, 403, 'KEY_NULL')
        expect(answer.json).to.include({ message: 'key cannot be null' })
      }
    }
  })

  it('takes its key percent-encoded', async () => {
    for (const key of ['a/b', '%', '?', '#', '__proto__', '\0', '\u{1f525}', '900,1),(901', 'a ']) {
      expect((await add(key, '3')).json, key).to.deep.equal({ key, value: '3' })
      expect(await total(key)).to.equal('3')
    }
    for (const key of ['%', '%ff', '%ed%a0%80', 'k'.repeat(4097)])
      expectProblem(await call(`GET ${node.url}/api/v1/counters/${key}`), 400, 'BAD_REQUEST')
  })
})
