/** The cluster as a person starts and stops it, on other ports. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect } from 'chai'
import { KeysFile, withKey } from '../support/keys.ts'
import { freePorts } from '../support/ports.ts'
import { run, statusOf, TestProcess } from '../support/process.ts'
import { alive, childrenOf } from '../support/process-tree.ts'
import { needTool } from '../support/tool.ts'
import { until } from '../support/until.ts'

describe('scripts: a local cluster', () => {
  before(function () {
    needTool(this, 'curl')
  })

  it('serves on every node, to those with the key, and leaves nothing behind at SIGTERM', async () => {
    const [uplink, first, second] = await freePorts(3)
    const environment = { API_KEY: 'a-pinch-of-salt-0,pepper-from-a-mill' }
    await using cluster = startCluster([uplink, first, second], environment)
    await cluster.says('Larder is ready')
    const pids = await childrenOf(cluster.pid)
    expect(pids).to.have.lengthOf(3)

    const refused = await run('scripts/curl.post.sh', [`${first}`])
    expect(refused.code).to.equal(1)
    expect(refused.stderr).to.include('answered 401')

    const nothing = await run('scripts/curl.get.sh', [`${first}`], environment)
    expect(nothing.code).to.equal(1)
    expect(nothing.stderr).to.include('nothing is stored for the key 42')

    const posted = await run('scripts/curl.post.sh', [`${first}`], { ...environment, HOST: 'localhost' })
    expect(posted.code, posted.stderr).to.equal(0)
    const read = await run('scripts/curl.get.sh', [`${second}`], environment)
    expect(read.code, read.stderr).to.equal(0)
    expect(read.stdout).to.equal(posted.stdout)
    expect(read.stdout.match(/"node":/g)).to.have.lengthOf(7)

    expect(await cluster.stop()).to.deep.equal({ code: 0, signal: null })
    expect(await alive(pids)).to.deep.equal([])
  })

  it('starts a process again that was killed', async () => {
    const [uplink, first, second] = await freePorts(3)
    await using cluster = startCluster([uplink, first, second])
    await cluster.says('Larder is ready')
    for (const pid of await childrenOf(cluster.pid)) process.kill(pid, 'SIGKILL')
    for (const port of [uplink, first, second]) {
      await until(
        () => statusOf(`http://127.0.0.1:${port}/readyz`),
        (status) => status === 200,
      )
    }
    expect(cluster.stderr).to.include(`node on port ${first} has ended (SIGKILL)`)
    expect(await cluster.stop()).to.deep.equal({ code: 0, signal: null })
  })

  it('says nothing of trouble when it is stopped while nobody asks anything', async () => {
    await using cluster = startCluster(await freePorts(4))
    await cluster.says('Larder is ready')
    const before = cluster.stdout.length
    process.kill(cluster.pid, 'SIGINT')
    expect(await cluster.ended).to.deep.equal({ code: 0, signal: null })
    expect(cluster.stdout.slice(before))
      .to.include('"stopped"')
      .and.not.match(/"level":"(warn|error|fatal)"|"stack"/)
  })

  it('has all of them read their keys anew at SIGHUP', async () => {
    using file = new KeysFile({ shop: { can: ['read'] } })
    const [uplink, first, second] = await freePorts(3)
    const environment = { KEYS_FILE: file.path, API_KEY: 'a-pinch-of-salt-0' }
    await using cluster = startCluster([uplink, first, second], environment)
    await cluster.says('Larder is ready')
    file.write({ till: { can: ['read'] } })
    process.kill(cluster.pid, 'SIGHUP')
    for (const port of [first, second])
      await until(
        async () =>
          (await fetch(`http://127.0.0.1:${port}/api?key=jam`, { headers: withKey('till') })).status,
        (status) => status === 200,
      )
    expect(await cluster.stop()).to.deep.equal({ code: 0, signal: null })
  })

  for (const moment of ['starting uplink', 'Larder is ready']) {
    it(`leaves nothing behind when it is killed itself, having said: ${moment}`, async () => {
      await using cluster = startCluster(await freePorts(3))
      await cluster.says(moment)
      const pids = await until(
        () => childrenOf(cluster.pid),
        (found) => found.length === 3,
      )
      void cluster.kill()
      await untilGone(pids)
    })
  }

  it('takes a signal that npm repeats for one, and stops at it while still starting', async () => {
    await using cluster = startCluster(await freePorts(3))
    await cluster.says('starting uplink')
    process.kill(cluster.pid, 'SIGINT')
    process.kill(cluster.pid, 'SIGINT')
    expect(await cluster.ended).to.deep.equal({ code: 0, signal: null })
    expect(cluster.stdout).not.to.include('Larder is ready')
  })

  it('kills what does not stop, once it is told so again', async () => {
    await using cluster = startCluster(await freePorts(3))
    await cluster.says('Larder is ready')
    const pids = await childrenOf(cluster.pid)
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    await until(
      async () => {
        if (!cluster.hasEnded) process.kill(cluster.pid, 'SIGINT')
        return cluster.hasEnded
      },
      (ended) => ended,
    )
    expect(await cluster.ended).to.deep.equal({ code: 1, signal: null })
    await untilGone(pids)
  })

  it('says which port is taken, and starts nothing', async () => {
    const ports = await freePorts(3)
    const other = createServer()
    await once(other.listen(ports[2], '127.0.0.1'), 'listening')
    await using cluster = startCluster(ports)
    expect(await cluster.ended).to.deep.equal({ code: 1, signal: null })
    expect(cluster.stderr).to.include(`port ${ports[2]} is taken`)
    expect(cluster.stdout).to.equal('')
    other.close()
  })

  it('stops everything when one process cannot start, and repeats what it said', async () => {
    await using cluster = startCluster(await freePorts(3), { SHARD_LIMIT: 'many' })
    expect(await cluster.ended).to.deep.equal({ code: 1, signal: null })
    expect(cluster.stderr).to.match(/larder: node on port \d+ has ended \(exit code 1\) before it was ready/)
    expect(cluster.stderr.split('larder:')[1] ?? '').to.include('SHARD_LIMIT=many')
  })

  it('refuses ports that are none', async () => {
    const { code, stderr } = await startCluster([4500, 4500]).finished()
    expect(code).to.equal(2)
    expect(stderr).to.match(/^usage:/)
  })
})

function startCluster(ports: readonly number[], environment: Record<string, string> = {}): TestProcess {
  return new TestProcess(process.execPath, ['scripts/cluster.ts', ...ports.map(String)], { environment })
}

async function untilGone(pids: readonly number[]): Promise<void> {
  await until(
    () => alive(pids),
    (left) => left.length === 0,
  )
}
