/** SIGTERM and a new start: whatever was acknowledged is there again, right after the last write. */
import { expect } from 'chai'
import type { End } from '../support/process.ts'
import { until } from '../support/until.ts'
import { type Answer, DiskNode } from './disk-node.ts'

const HOSTILE: readonly string[] = [
  '900,1),(901',
  `it's "quoted"; DROP TABLE numbers; --`,
  'nul\0inside',
  '\0',
  'salt 🧂 and pepper',
  'a/b%2Fc?d#e',
  '-1e400',
  '00',
  '0',
  '__proto__',
  'x'.repeat(4096),
  '🧂'.repeat(1024),
]
/** As a key has a value or a counter: another one, no longer than that, and hardly less hostile. */
function valueKey(key: string, index: number): string {
  return `${[...key].slice(2).join('')}${index}`
}

const MOST = '9223372036854775807'
const LEAST = '-9223372036854775808'
const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte)
const BYTES = { headers: { 'content-type': 'application/octet-stream' } }

async function all(calls: readonly Promise<Answer | number>[]): Promise<void> {
  for (const answer of await Promise.all(calls))
    expect(typeof answer === 'number' ? answer : answer.status).to.be.within(200, 204)
}

/** Many at once, and nothing is waited for after the last of them. */
async function burst(node: DiskNode): Promise<void> {
  await all([node.increment('gone', '5'), node.increment('reborn', '5'), node.put('salt', 'old')])
  await all([node.react('add', 'stew', 'bob'), node.increment('most', MOST), node.increment('least', LEAST)])
  await all([
    ...Array.from({ length: 300 }, (_, index) => node.increment('many', String(index))),
    ...Array.from({ length: 300 }, (_, index) => node.react('add', 'soup', `user ${index}`)),
    ...HOSTILE.flatMap((key, index) => [
      node.increment(key, `${index - 3}`),
      node.put(valueKey(key, index), `of ${key}`),
    ]),
    node.call('DELETE', '/api/v1/counters/gone'),
    node.call('DELETE', '/api/v1/counters/reborn').then(() => node.increment('reborn', '7')),
    node.call('DELETE', '/api/v1/kv/salt'),
    node.react('remove', 'stew', 'bob'),
    node.react('add', 'stew', 'ann', 100),
    node.react('add', 'stew', 'eve', 0.3),
    node.put('lasting', 'x', '?ttl=100'),
    node.put('fleeting', 'x', '?ttl=0.3'),
    node.call('PUT', '/api/v1/kv/bytes', { ...BYTES, body: EVERY_BYTE }),
    node.call('PUT', '/api/v1/kv/empty', { ...BYTES, body: '' }),
    node.call('POST', '/api', {
      headers: { 'content-type': 'application/json' },
      body: '{"key":"json","data":[1.0,12345678901234567890,"\\u0000\\ud83e"]}',
    }),
    node.increment('once', '2', 'the same'),
    node.increment('once', '40'),
  ])
}

describe('a node that is stopped right after a burst of writes, and started again', () => {
  let node: DiskNode
  let end: End

  before(async () => {
    node = await DiskNode.start()
    await burst(node)
    end = await node.restart()
  })
  after(() => node[Symbol.asyncDispose]())

  it('has exited with 0', () => {
    expect(end).to.deep.equal({ code: 0, signal: null })
  })

  it('has every total, up to both ends of 64 bits', async () => {
    expect(await node.total('many')).to.equal(String((299 * 300) / 2))
    expect(await node.total('most')).to.equal(MOST)
    expect(await node.total('least')).to.equal(LEAST)
    expect((await node.increment('most', '1')).status).to.equal(409)
    expect((await node.increment('most', '-1')).text).to.equal(String(BigInt(MOST) - 1n))
  })

  it('has what is under keys that would break out of SQL, paths or C strings', async () => {
    for (const [index, key] of HOSTILE.entries()) {
      expect(await node.total(key), key).to.equal(String(index - 3))
      expect(await node.value(valueKey(key, index)), key).to.equal(`of ${key}`)
    }
  })

  it('goes on counting where it was', async () => {
    expect((await node.increment('900,1),(901', '10')).text).to.equal('7')
    expect((await node.increment('900,1),(901', '-10')).text).to.equal('-3')
  })

  it('has bytes and JSON as they were written', async () => {
    const bytes = await fetch(`${node.url}/api/v1/kv/bytes`)
    expect(bytes.headers.get('content-type')).to.equal('application/octet-stream')
    expect(Buffer.from(await bytes.arrayBuffer()).equals(EVERY_BYTE)).to.equal(true)
    expect(await node.value('empty')).to.equal('')
    const { text } = await node.call('GET', '/api?key=json')
    expect(text).to.include('"data":[1.0,12345678901234567890,"\\u0000\\ud83e"]')
  })

  it('does not bring back what was deleted', async () => {
    expect(await node.total('gone')).to.equal(undefined)
    expect(await node.total('reborn')).to.equal('7')
    expect(await node.value('salt')).to.equal(undefined)
    expect((await node.increment('gone', '1')).text).to.equal('1')
  })

  it('ends what has a time to live when it was to end', async () => {
    expect(await node.value('lasting')).to.equal('x')
    await until(
      () => node.value('fleeting'),
      (value) => value === undefined,
    )
    await until(
      () => node.likes('stew'),
      (count) => count === 1,
    )
    const { text } = await node.call('GET', '/api/v1/reaction/users/stew')
    expect(JSON.parse(text).users.like).to.deep.equal(['ann'])
  })

  it('has all reactions', async () => {
    expect(await node.likes('soup')).to.equal(300)
    await node.react('add', 'soup', 'user 7')
    expect(await node.likes('soup')).to.equal(300)
  })

  it('knows an idempotency key, and gives the first answer', async () => {
    const answer = await node.increment('once', '2', 'the same')
    expect(answer.text).to.be.oneOf(['2', '42'])
    expect(await node.total('once')).to.equal('42')
  })

  it('shows all totals to other programs', async () => {
    await node.stop()
    const numbers = node.numbers()
    expect(numbers).to.include({ many: 44_850n, least: BigInt(LEAST), reborn: 7n, once: 42n })
    for (const [index, key] of HOSTILE.entries()) expect(numbers[key], key).to.equal(BigInt(index - 3))
    await node.start()
  })
})
