/** The door for clients of Redis, on a raw connection: in which order it answers, whom it lets in, and what it cuts off. */

import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Environment } from '../../../shared/config.ts'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { RawRedis } from '../../support/resp.ts'

const KEY = 'a-key-of-sixteen-or-more'

async function on(
  environment: Environment,
  run: (redis: RawRedis, node: TestNode) => Promise<void>,
): Promise<void> {
  await using node = await startTestNode({ RESP_PORT: '0', ...environment })
  await using redis = await RawRedis.connect(node.node.respPort ?? 0)
  await run(redis, node)
}

describe('the door for clients of Redis', () => {
  it('answers a pipeline in its order, each command as if those before it were through', () =>
    on({}, async (redis) => {
      const lines = Array.from({ length: 500 }, (_, index) => [
        `set k${index % 7} ${index}`,
        `get k${index % 7}`,
      ])
      redis.say(...lines.flat(), 'mget k0 nothing', 'ping')
      const expected = Array.from(
        { length: 500 },
        (_, index) => `+OK\r\n$${`${index}`.length}\r\n${index}\r\n`,
      )
      expect(await redis.heard('+PONG\r\n')).to.equal(
        `${expected.join('')}*2\r\n$3\r\n497\r\n$-1\r\n+PONG\r\n`,
      )
    }))

  it('says what it does not know, and goes on', () =>
    on({}, async (redis) => {
      redis.say('lpush l 1', 'get', 'set k v EX', 'incrby k x', 'ping')
      expect(await redis.heard('+PONG\r\n')).to.equal(
        [
          "-ERR unknown command 'lpush', with args beginning with: 'l' '1' ",
          "-ERR wrong number of arguments for 'get' command",
          '-ERR syntax error',
          '-ERR value is not an integer or out of range',
          '+PONG\r\n',
        ].join('\r\n'),
      )
    }))

  it('speaks both versions, each as long as it was asked for', () =>
    on({}, async (redis) => {
      redis.say(
        'sadd s a',
        'smembers s',
        'get nothing',
        'hello 3',
        'smembers s',
        'get nothing',
        'hello 2',
        'get nothing',
      )
      const heard = await redis.heard('*0\r\n$-1\r\n')
      expect(heard).to.match(/^:1\r\n\*1\r\n\$1\r\na\r\n\$-1\r\n%7\r\n/)
      expect(heard).to.include('*0\r\n~1\r\n$1\r\na\r\n_\r\n*14\r\n')
    }))

  it('lets nobody do anything without a key where one is needed', () =>
    on({ API_KEY: KEY }, async (redis) => {
      redis.say('get k', 'hello 3', 'auth wrong-key-of-any-length', `auth default ${KEY}`, 'set k v', 'get k')
      expect(await redis.heard('v\r\n')).to.match(
        /^-NOAUTH Authentication required.\r\n-NOAUTH HELLO.*\r\n-WRONGPASS .*\r\n\+OK\r\n\+OK\r\n\$1\r\nv\r\n$/,
      )
      redis.say('reset', 'get k')
      expect(await redis.heard('required.\r\n')).to.equal('+RESET\r\n-NOAUTH Authentication required.\r\n')
    }))

  it('takes little from whoever has not shown a key', () =>
    on({ API_KEY: KEY }, async (redis) => {
      redis.socket.write('*11\r\n')
      expect(await redis.rest()).to.equal('-ERR Protocol error: unauthenticated multibulk length\r\n')
    }))

  it('does for a key what it is good for, and with what begins as it says', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'larder-redis-'))
    const file = join(folder, 'keys.json')
    const keys = [{ name: 'shop', sha256: hash('sha256', KEY), can: ['read'], prefix: 'shop:' }]
    writeFileSync(file, JSON.stringify({ keys }))
    await on({ KEYS_FILE: file }, async (redis) => {
      redis.say(`auth shop ${KEY}`, 'get shop:1', 'get bank:1', 'set shop:1 v', 'flushall', 'dbsize')
      expect(await redis.heard(':0\r\n')).to.match(
        /^\+OK\r\n\$-1\r\n-NOPERM .*"shop:".*\r\n-NOPERM .*write.*\r\n-NOPERM .*clear.*\r\n:0\r\n$/,
      )
    })
    rmSync(folder, { recursive: true })
  })

  it('cuts off what speaks HTTP, and carries out nothing of it', () =>
    on({}, async (redis, { url }) => {
      redis.say('POST / HTTP/1.1', 'Host: 127.0.0.1', 'set stolen 1')
      expect(await redis.rest()).to.equal('')
      expect((await fetch(`${url}/api/v1/kv/stolen`)).status).to.equal(404)
    }))

  it('says what is wrong with what no client sends, after what was asked before, and ends', () =>
    on({}, async (redis) => {
      redis.socket.write('*1\r\n$4\r\nPING\r\n*1\r\n!4\r\nPING\r\n*1\r\n$4\r\nPING\r\n')
      expect(await redis.rest()).to.equal("+PONG\r\n-ERR Protocol error: expected '$', got '!'\r\n")
    }))

  it('refuses a value beyond MAX_BODY', () =>
    on({ MAX_BODY: '1MiB' }, async (redis) => {
      redis.socket.write(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${2 ** 21}\r\n`)
      expect(await redis.rest()).to.equal('-ERR Protocol error: invalid bulk length\r\n')
    }))

  it('reads no further while its answers are not taken', () =>
    on({}, async (redis, { node }) => {
      redis.say(`set large ${'x'.repeat(60_000)}`)
      await redis.heard('+OK\r\n')
      redis.socket.pause()
      redis.say(...Array.from({ length: 300 }, () => 'get large'), 'set last 1')
      await using other = await RawRedis.connect(node.respPort ?? 0)
      other.say('exists last')
      expect(await other.heard('\r\n')).to.equal(':0\r\n')
      redis.socket.resume()
      await redis.heard('+OK\r\n')
      other.say('exists last')
      expect(await other.heard('\r\n')).to.equal(':1\r\n')
    }))

  it('answers whoever has said all that he will', () =>
    on({}, async (redis) => {
      redis.socket.end('SET k v\r\nGET k\r\nSET unfinished')
      expect(await redis.rest()).to.equal('+OK\r\n$1\r\nv\r\n')
    }))

  it('says that it is, and answers no more, once the client has quit', () =>
    on({}, async (redis) => {
      redis.say('quit', 'ping')
      expect(await redis.rest()).to.equal('+OK\r\n')
    }))
})
