/** The demonstration: played to real clusters, also while their nodes are killed, and to one that tells lies. */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { processOf } from '../../scripts/demo/victim.ts'
import { Cluster } from '../support/cluster.ts'
import { freePorts } from '../support/ports.ts'
import { ROOT, type Run, run, TestProcess } from '../support/process.ts'
import { until } from '../support/until.ts'
import { TestUpstream } from '../support/upstream.ts'

/** Whole clusters of processes take long to start on a machine that is busy. */
const PATIENCE_MS = 60_000
const DISH = /^ {2}Reactions +(?:Stew|Dumplings|Curry|Paella|Plum pie) +█+ +\d+ +(?:fire|heart|yum) \d+/m
const TICKET = /^ {2}Values +Ticket \d+ {"dish":"[\w ]+"} {3}set at \d+, owned by \d+, read at \d+$/m

describe('scripts: the demonstration', function () {
  this.timeout(2 * PATIENCE_MS)

  it('shows what is going on in the cluster, and finds it all counted, also beside another one', async () => {
    await using cluster = await Cluster.start({ ids: ['a', 'b', 'c'] })
    for (const { code, stdout, stderr } of await Promise.all([
      play(cluster.url('a'), '3'),
      play(`${cluster.url('b')}/`, '3'),
    ])) {
      expect(code, stdout + stderr).to.equal(0)
      expect(stdout).to.include('any of its 3 nodes answers')
      expect(stdout).to.match(/^ {2}Nodes +● \d+ {3}● \d+ {3}● \d+$/m)
      expect(stdout).to.match(/^ {2}Presences +Grill 2 {3}Oven 1 {3}Sauces 2 {3}Pass 1 /m)
      expect(stdout).to.match(DISH).and.match(TICKET)
      expect(stdout).to.match(/^ {2}Orders +(\d+) +\1 +✓$/m)
      expect(stdout).to.match(/^ {2}Tickets +(\d+ open, \d+ served) +\1 +✓$/m)
      expect(stdout).to.include('The same books, 11 of 11 lines')
      expect(stdout).not.to.include('does not answer')
      expect(stdout).not.to.include('slow API')
      expect(stdout).not.to.include('\x1b')
    }
    for (const id of ['a', 'b', 'c']) {
      expect(await cluster.metric(id, 'larder_http_requests_total')).to.be.above(100)
    }
  })

  it('shows how a slow API is cached, where the nodes know one', async () => {
    await using upstream = await TestUpstream.start()
    const route = { type: 'object', path: '/server/object({id})/header', ttl: 60 }
    const ROUTES_FILE = await upstream.routesFile({ ...route, upstream: `${upstream.url}/objects/{id}` })
    await using cluster = await Cluster.start({ ids: ['a', 'b'], node: { ROUTES_FILE } })
    const { code, stdout, stderr } = await play(cluster.url('a'), '1')
    expect(code, stdout + stderr).to.equal(0)
    expect(stdout).to.match(/slow API: \d+ ms through \d+; again, from the cache: \d+ ms through \d+$/m)
    expect(upstream.calls).to.have.lengthOf(1)
  })

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    it(`goes on when a node gets ${signal}, and comes to the same books`, async () => {
      const [uplink, first, second, third] = await freePorts(4)
      await using cluster = startCluster(uplink, first, second, third)
      await cluster.says('Larder is ready', PATIENCE_MS)
      await using demo = startDemo(urlOf(first), '8')
      await demo.says('Rush hour', PATIENCE_MS)
      process.kill(Number(await processOf(second)), signal)
      const { code, stdout, stderr } = await demo.finished()
      expect(code, stdout + stderr).to.equal(0)
      expect(stdout).to.include('The same books, 11 of 11 lines')
      await until(
        async () => cluster.stderr,
        (text) => text.includes(`node on port ${second} has ended`),
        PATIENCE_MS,
      )
      // One that stops in good order is missed by nobody while it still answers.
      if (signal === 'SIGKILL') expectGoneAndBack(stdout, `${second}`)
    })
  }

  it('kills a node itself when it is told to, and comes to the same books', async () => {
    const [uplink, first, ...others] = await freePorts(4)
    await using cluster = startCluster(uplink, first, ...others)
    await cluster.says('Larder is ready', PATIENCE_MS)
    const { code, stdout, stderr } = await play('--chaos', urlOf(first), '8')
    expect(code, stdout + stderr).to.equal(0)
    const [, killed = ''] = /kill -9 \d+: node (\d+), which counts the orders, is killed/.exec(stdout) ?? []
    expectGoneAndBack(stdout, killed)
    expect(stdout)
      .to.include('The same books, 11 of 11 lines')
      .and.include(`Node ${killed} was killed meanwhile`)
    expect(cluster.stderr.match(/has ended/g)).to.have.lengthOf(1)
    expect(cluster.stderr).to.include(`node on port ${killed} has ended (SIGKILL)`)
  })

  for (const [why, ids, copies] of [
    ['two nodes that can be reached', ['a'], '2'],
    ['the nodes keep no copies', ['a', 'b'], '1'],
    ['no process of this machine is node', ['a', 'b'], '2'], // They are part of this process, which is not to be killed.
  ] as const) {
    it(`kills nothing where that would harm: ${why}`, async () => {
      await using cluster = await Cluster.start({ ids, uplink: { COPIES: copies } })
      const { code, stdout, stderr } = await play('--chaos', cluster.url('a'), '1')
      expect(code).to.equal(1)
      expect(stderr)
        .to.match(/^demo: --chaos cannot be done: .*\n$/)
        .and.include(why)
      expect(stdout).to.equal('')
    })
  }

  it('fails when the cluster has lost something', async () => {
    const { code, stdout } = await playToLiar({})
    expect(code, stdout).to.equal(1)
    expect(stdout).to.match(/^ {2}Gas, litres +\d+ +0 +✗$/m)
    expect(stdout).to.match(/^ {2}Not the same books: .*Gas, litres/m)
  })

  it('sends the first of its keys', async () => {
    const { code, stderr } = await playToLiar({ API_KEY: 'pepper,salt' })
    expect(code).to.equal(1)
    expect(stderr).to.match(/^demo: http:.* answers 401: no pepper here\n$/)
  })

  it('says so when something else runs there', async () => {
    const { code, stderr } = await playTo((_, response) => response.end('{}'))
    expect(code).to.equal(1)
    expect(stderr).to.equal('demo: this is not how a Larder node answers\n')
  })

  it('says so when nothing runs there', async () => {
    const [port] = await freePorts(1)
    const { code, stdout, stderr } = await play(`http://127.0.0.1:${port}`, '3')
    expect(code).to.equal(1)
    expect(stderr).to.equal(
      `demo: nothing answers at http://127.0.0.1:${port}: is ./scripts/services.sh running?\n`,
    )
    expect(stdout).to.equal('')
  })

  for (const [problem, ...args] of [
    ['here is not the URL of a node', 'here'],
    ['localhost:4000 is not the URL of a node', 'localhost:4000'],
    ['long is not a number of seconds', 'http://127.0.0.1:4000', 'long'],
    ['0 is not a number of seconds', 'http://127.0.0.1:4000', '0'],
    ['too many arguments: more', 'http://127.0.0.1:4000', '3', 'more'],
    ["Unknown option '--kaos'", '--kaos'],
    ["Option '--chaos' does not take an argument", '--chaos=4000'],
  ] as const) {
    it(`explains itself when started with: ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await play(...args)
      expect(code).to.equal(2)
      expect(stderr.split('\n').slice(0, 2)).to.deep.equal([
        `demo: ${problem}`,
        'usage: ./scripts/demo.sh [--chaos] [URL [SECONDS]]',
      ])
      expect(stdout).to.equal('')
    })
  }

  it('explains itself when asked to', async () => {
    const { code, stdout, stderr } = await play('--help')
    expect(code).to.equal(0)
    expect(stdout).to.match(/^usage: .*--chaos/)
    expect(stderr).to.equal('')
  })
})

describe('scripts: the recording of it', () => {
  it('says in one line what it needs where that is missing', async () => {
    const recording = new TestProcess('/bin/bash', ['scripts/record.sh'], {
      environment: { PATH: '/usr/bin:/bin' },
    })
    const { code, stdout, stderr } = await recording.finished()
    expect(code).to.equal(127)
    expect(stderr).to.match(/^record: termtosvg is not installed; .*\n$/)
    expect(stdout).to.equal('')
  })
})

function play(...args: string[]): Promise<Run> {
  return run('scripts/demo.sh', args)
}

function startDemo(...args: string[]): TestProcess {
  return new TestProcess(join(ROOT, 'scripts/demo.sh'), args)
}

/** One that starts again what is killed. */
function startCluster(...ports: readonly number[]): TestProcess {
  return new TestProcess(process.execPath, ['scripts/cluster.ts', ...ports.map(String)])
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`
}

function expectGoneAndBack(stdout: string, port: string): void {
  const news = [...stdout.matchAll(/Node (\d+) (does not answer|is back)/g)].map(([, name, what]) => [
    name,
    what,
  ])
  expect(news).to.deep.equal([
    [port, 'does not answer'],
    [port, 'is back'],
  ])
}

/** A node that takes everything, keeps nothing, and has no pepper. */
function playToLiar(environment: Record<string, string>): Promise<Run> {
  const answer: RequestListener = ({ headers, method, url }, response) => {
    if (headers['api-key'] === 'pepper' && url !== '/livez') response.writeHead(401).end('no pepper here')
    else if (method === 'POST') response.writeHead(201).end()
    else
      response.end(
        JSON.stringify({ members: [], activity: [], value: '0', reaction_count: {}, node: '', data: null }),
      )
  }
  return playTo(answer, environment)
}

async function playTo(answer: RequestListener, environment: Record<string, string> = {}): Promise<Run> {
  const server = createServer(answer)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const played = await run('scripts/demo.sh', [`http://127.0.0.1:${port}`, '1'], environment)
  server.close().closeAllConnections()
  await once(server, 'close')
  return played
}
