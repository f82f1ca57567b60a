/** What commands of Redis answer, and that they are about what HTTP sees too. */
import { expect } from 'chai'
import { Redis } from 'ioredis'
import type { Environment } from '../../../shared/config.ts'
import { overEach, type Started } from './backends.ts'

/** A line as one would type it, and what is answered; errors as their text. */
type Case = readonly [line: string, answer: unknown]

const CASES: Readonly<Record<string, readonly Case[]>> = {
  strings: [
    ['set k v', 'OK'],
    ['get k', 'v'],
    ['set k w nx', null],
    ['set k w xx get', 'v'],
    ['set k x ifeq w', 'OK'],
    ['set k y ifeq w', null],
    ['set n 1 nx get', null],
    ['getset k z', 'x'],
    ['strlen k', 1],
    ['append k ebra', 5],
    ['getrange k 1 -2', 'ebr'],
    ['setrange k 6 !', 7],
    ['getdel k', 'zebra\0!'],
    ['get k', null],
    ['mset a 1 b 2', 'OK'],
    ['mget a none b', ['1', null, '2']],
    ['msetnx b 3 c 3', 0],
    ['exists c', 0],
    ['msetnx c 3 d 4', 1],
    ['delex c ifeq 4', 0],
    ['delex c ifeq 3', 1],
    ['setnx d 5', 0],
    ['lcs a b len', 0],
  ],
  numbers: [
    ['set n 4', 'OK'],
    ['incr n', 5],
    ['decrby n 7', -2],
    ['object encoding n', 'int'],
    ['incrbyfloat n 2.5', '0.5'],
    ['incr n', 'ERR value is not an integer or out of range'],
    ['set n 9223372036854775807', 'OK'],
    ['incr n', 'ERR increment or decrement would overflow'],
    ['get n', '9223372036854775807'],
    ['incrbyfloat f 0.1', '0.1'],
    ['incrbyfloat f 0.2', '0.3'],
  ],
  ends: [
    ['set k v ex 100', 'OK'],
    ['ttl k', 100],
    ['expire k 50 gt', 0],
    ['expire k 50 lt', 1],
    ['pttl k', 50_000],
    ['incr n', 1],
    ['expire n 10', 1],
    ['incr n', 2],
    ['ttl n', 10],
    ['persist k', 1],
    ['persist k', 0],
    ['ttl k', -1],
    ['getex k px 20000', 'v'],
    ['pttl k', 20_000],
    ['set k w keepttl', 'OK'],
    ['ttl k', 20],
    ['expire k -1', 1],
    ['ttl k', -2],
    ['setex k 0 v', "ERR invalid expire time in 'setex' command"],
    ['sadd s a', 1],
    ['expire s 30', 1],
    ['sadd s b', 1],
    ['ttl s', 30],
  ],
  'one type a key': [
    ['sadd s a', 1],
    ['get s', 'WRONGTYPE Operation against a key holding the wrong kind of value'],
    ['incr s', 'WRONGTYPE Operation against a key holding the wrong kind of value'],
    ['append s x', 'WRONGTYPE Operation against a key holding the wrong kind of value'],
    ['type s', 'set'],
    ['setnx s 1', 0],
    ['set s 1', 'OK'],
    ['type s', 'string'],
    ['scard s', 'WRONGTYPE Operation against a key holding the wrong kind of value'],
    ['sadd s b', 'WRONGTYPE Operation against a key holding the wrong kind of value'],
    ['del s', 1],
    ['scard s', 0],
    ['mget s', [null]],
  ],
  sets: [
    ['sadd s a b c', 3],
    ['sadd s c d', 1],
    ['smismember s a x', [1, 0]],
    ['sismember s d', 1],
    ['srem s d x', 1],
    ['sadd t b c e', 3],
    ['sinter s t', ['b', 'c']],
    ['sunion s t', ['a', 'b', 'c', 'e']],
    ['sdiff s t', ['a']],
    ['sintercard 2 s t limit 1', 1],
    ['set into v', 'OK'],
    ['sinterstore into s t', 2],
    ['smembers into', ['b', 'c']],
    ['sdiffstore into s s', 0],
    ['exists into', 0],
    ['smove s t a', 1],
    ['smove s t a', 0],
    ['scard t', 4],
    ['spop t 10', ['a', 'b', 'c', 'e']],
    ['exists t', 0],
    ['srandmember s -3', 3],
    ['sscan s 0', ['0', ['b', 'c']]],
  ],
  'keys that move': [
    ['set k v ex 100', 'OK'],
    ['rename k l', 'OK'],
    ['ttl l', 100],
    ['rename k l', 'ERR no such key'],
    ['sadd s a', 1],
    ['renamenx s l', 0],
    ['copy s l', 0],
    ['copy s l replace', 1],
    ['smembers l', ['a']],
    ['renamenx s m', 1],
    ['del l m nothing', 2],
    ['dbsize', 0],
  ],
}

overEach(['commands of Redis:', 'commands of Redis over an engine:'], suite)

function suite(start: (environment: Environment) => Promise<Started>): void {
  let node: Started
  let redis: Redis
  beforeEach(async () => {
    node = await start({ RESP_PORT: '0' })
    redis = new Redis(node.node.respPort ?? 0, { protocol: 2 } as object)
  })
  afterEach(async () => {
    redis.disconnect()
    await node[Symbol.asyncDispose]()
  })

  const ask = async (line: string): Promise<unknown> => {
    const [name = '', ...words] = line.split(' ')
    return await redis.call(name, ...words).catch((error: Error) => error.message)
  }

  for (const [name, cases] of Object.entries(CASES)) {
    it(name, async () => {
      for (const [line, expected] of cases) {
        const answer = await ask(line)
        // What is in no order is sorted.
        if (/^(?:smembers|sinter|sunion|sdiff|spop)\b/.test(line) && Array.isArray(answer)) answer.sort()
        expect(toldOf(line, answer), line).to.deep.equal(expected)
      }
    })
  }

  it('scans meet every key once, sets among them, and only those of the type that is asked for', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `key:${index}`)
    for (const name of names) await (name.endsWith('7') ? redis.sadd(name, 'a') : redis.set(name, 'a'))
    await redis.incr('other')
    const met: string[] = []
    for await (const page of redis.scanStream({ match: 'key:*', count: 20 })) met.push(...page)
    expect(met.sort()).to.deep.equal([...names].sort())
    const sets: string[] = []
    for await (const page of redis.scanStream({ type: 'set' })) sets.push(...page)
    expect(sets.sort()).to.deep.equal(names.filter((name) => name.endsWith('7')).sort())
    expect(await redis.dbsize()).to.equal(301)
    expect(names).to.include((await redis.keys('key:12?')).sort()[3])
    expect([...names, 'other']).to.include(await redis.randomkey())
    await redis.flushall()
    expect(await redis.dbsize()).to.equal(0)
  })

  it('are about what HTTP sees: values, counters, reactions', async () => {
    const { url } = node
    await redis.set('soup', '{"salt":1}')
    expect(await (await fetch(`${url}/api?key=soup`)).json()).to.deep.include({ data: { salt: 1 } })
    await fetch(`${url}/api/v1/kv/pie`, { method: 'PUT', body: new Uint8Array([0, 255]) })
    expect(await redis.getBuffer('pie')).to.deep.equal(Buffer.from([0, 255]))
    await redis.incrby('orders', 5)
    expect(await (await fetch(`${url}/api/v1/counters/orders`)).json()).to.deep.include({ value: '5' })
    await fetch(`${url}/api/v1/counters/orders`, { method: 'POST' })
    expect(await redis.get('orders')).to.equal('6')
    await redis.sadd('Stew', 'Sam')
    const counts = await fetch(`${url}/api/v1/reaction/reactions_count/Stew`)
    expect(await counts.json()).to.deep.include({ reaction_count: { member: 1 } })
  })

  it('of several who change one string nothing is lost, and of several who take one value one gets it', async () => {
    await Promise.all(Array.from({ length: 50 }, () => redis.append('log', 'x')))
    expect(await redis.strlen('log')).to.equal(50)
    const others = await Promise.all(Array.from({ length: 10 }, () => redis.duplicate()))
    const taken = await Promise.all(others.map((other) => other.getdel('log')))
    expect(taken.filter((one) => one !== null)).to.have.length(1)
    await redis.sadd('jobs', ...Array.from({ length: 40 }, (_, index) => index))
    const popped = await Promise.all(others.flatMap((other) => [1, 2, 3, 4].map(() => other.spop('jobs'))))
    expect(new Set(popped).size).to.equal(40)
    const moved = await Promise.all(others.map((other) => other.msetnx('one', '1', 'two', '2')))
    expect(moved.filter((one) => one === 1)).to.have.length(1)
    for (const other of others) other.disconnect()
  })

  it('a key is told as bytes, and is the same again', async () => {
    await redis.set('k', 'v'.repeat(100))
    await redis.sadd('s', 'a', 'b')
    for (const key of ['k', 's']) {
      const dump = (await redis.callBuffer('dump', key)) as Buffer
      expect(await redis.call('restore', `${key}2`, '0', dump)).to.equal('OK')
      expect(await redis.callBuffer('dump', `${key}2`)).to.deep.equal(dump)
      const damaged = Buffer.from(dump)
      damaged[3] = (damaged[3] ?? 0) ^ 1
      const error = await redis.call('restore', 'k3', '0', damaged).catch((thrown: Error) => thrown.message)
      expect(error).to.equal('ERR DUMP payload version or checksum are wrong')
    }
  })
}

/** Where chance decides it is how much, and of what is left of a life about so much. */
function toldOf(line: string, answer: unknown): unknown {
  if (/^srandmember/.test(line) && Array.isArray(answer)) return answer.length
  return /^pttl/.test(line) && typeof answer === 'number' ? Math.round(answer / 1000) * 1000 : answer
}
