/** Clients of Redis of other languages as they come, where `scripts/client-tools.sh` has brought them. */
import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { skipWithout } from '../../support/tool.ts'

const KEY = 'a-key-of-sixteen-or-more'
const TOOLS = join(import.meta.dirname, '../../../node_modules/.cache/client-tools')
const run = promisify(execFile)

const PYTHON = `
import sys, redis
r = redis.Redis(port=int(sys.argv[1]), password=sys.argv[2], decode_responses=True)
assert r.set('k', 'v', ex=100) and r.get('k') == 'v' and r.ttl('k') == 100
assert r.incrby('n', 5) == 5 and r.decr('n') == 4
assert r.sadd('s', 'a', 'b') == 2 and set(r.smembers('s')) == {'a', 'b'} and r.sismember('s', 'a')
with r.pipeline(transaction=False) as p:
    for i in range(200):
        p.set(f'p{i}', i).get(f'p{i}')
    assert p.execute()[1::2] == [str(i) for i in range(200)]
assert set(r.scan_iter(match='p1??')) == {f'p{i}' for i in range(100, 200)}
assert set(r.sscan_iter('s')) == {'a', 'b'}
try:
    r.lpush('l', 1)
    raise SystemExit('lists are served')
except redis.ResponseError as error:
    assert 'unknown command' in str(error)
print('done')
`

describe('a client of Redis of another language', () => {
  let node: TestNode
  let port: string
  beforeEach(async () => {
    node = await startTestNode({ RESP_PORT: '0', API_KEY: KEY })
    port = String(node.node.respPort)
  })
  afterEach(() => node[Symbol.asyncDispose]())

  it('does values, ends, counters, sets, scans and pipelines: redis-py', async function () {
    const found = [join(TOOLS, 'venv/bin/python3'), 'python3']
    const python = found.find((path) => spawnSync(path, ['-c', 'import redis']).status === 0)
    if (python === undefined) return skipWithout(this, 'redis-py')
    expect((await run(python, ['-c', PYTHON, port, KEY])).stdout).to.equal('done\n')
  })

  it('does values, ends, counters, sets, scans and pipelines: go-redis', async function () {
    const program = join(TOOLS, 'go-redis')
    if (!existsSync(program)) return skipWithout(this, 'go-redis')
    expect((await run(program, [`127.0.0.1:${port}`, KEY])).stdout).to.equal('done\n')
  })

  it('does values, ends, counters, sets, scans and pipelines: Jedis', async function () {
    const jars = join(TOOLS, 'jedis')
    if (!existsSync(jars)) return skipWithout(this, 'Jedis')
    const source = join(import.meta.dirname, 'jedis/Try.java')
    expect((await run('java', ['-cp', `${jars}/*`, source, port, KEY])).stdout).to.equal('done\n')
  })
})
