/** redis-py as it comes, where it is there: what `scripts/client-tools.sh` has brought, or what Python finds. */
import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { startTestNode } from '../../support/node.ts'

const KEY = 'a-key-of-sixteen-or-more'
const BROUGHT = join(import.meta.dirname, '../../../node_modules/.cache/client-tools/venv/bin/python3')

const SCRIPT = `
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

describe('a client of Redis in Python', () => {
  it('does values, ends, counters, sets, scans and pipelines', async function () {
    const python = [BROUGHT, 'python3'].find((path) => spawnSync(path, ['-c', 'import redis']).status === 0)
    if (python === undefined) {
      process.stderr.write('skipped, as there is no redis-py: run ./scripts/client-tools.sh\n')
      this.skip()
    }
    await using node = await startTestNode({ RESP_PORT: '0', API_KEY: KEY })
    const { stdout } = await promisify(execFile)(python, ['-c', SCRIPT, `${node.node.respPort}`, KEY])
    expect(stdout).to.equal('done\n')
  })
})
