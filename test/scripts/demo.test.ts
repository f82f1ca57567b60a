/** The demonstration: played to a real cluster, and to one that tells lies. */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { Cluster } from '../support/cluster.ts'
import { freePorts } from '../support/ports.ts'
import { type Run, run } from '../support/process.ts'

const DISH = /^ {2}(?:Stew|Dumplings|Curry|Paella|Plum pie) +\d+ +█+ +(?:fire|heart|yum) \d+/m

describe('scripts: the demonstration', () => {
  it('shows what is going on in the cluster, and finds it all counted, also beside another one', async () => {
    await using cluster = await Cluster.start({ ids: ['a', 'b', 'c'] })
    for (const { code, stdout, stderr } of await Promise.all([
      play(cluster.url('a'), '3'),
      play(`${cluster.url('b')}/`, '3'),
    ])) {
      expect(code, stdout + stderr).to.equal(0)
      expect(stdout).to.include('the nodes around it, 3 in all')
      expect(stdout).to.match(DISH)
      expect(stdout).to.match(/^ {2}Grill +2 +██ +here 2$/m)
      expect(stdout).to.match(/^ {2}Orders +\d+ +✓$/m)
      expect(stdout).to.include('All is counted')
      expect(stdout).not.to.include('\x1b')
    }
    for (const id of ['a', 'b', 'c']) {
      expect(await cluster.metric(id, 'larder_http_requests_total')).to.be.above(100)
    }
  })

  it('fails when the cluster has lost something', async () => {
    const { code, stdout } = await playToLiar({})
    expect(code, stdout).to.equal(1)
    expect(stdout).to.match(/^ {2}Gas, litres +\d+ +✗ the cluster says 0$/m)
    expect(stdout).to.include('This is not what was sent.')
  })

  it('sends the first of its keys', async () => {
    const { code, stderr } = await playToLiar({ API_KEY: 'pepper,salt' })
    expect(code).to.equal(1)
    expect(stderr).to.match(/^demo: http:.* answers 401: no pepper here\n$/)
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

  for (const args of [['here'], ['http://127.0.0.1:4000', 'long'], ['http://127.0.0.1:4000', '0']]) {
    it(`explains itself when started with: ${args.join(' ')}`, async () => {
      const { code, stderr } = await play(...args)
      expect(code).to.equal(2)
      expect(stderr).to.include('usage:')
    })
  }
})

function play(...args: string[]): Promise<Run> {
  return run('scripts/demo.sh', args)
}

/** A node that takes everything, keeps nothing, and has no pepper. */
async function playToLiar(environment: Record<string, string>): Promise<Run> {
  const answer: RequestListener = ({ headers, method, url }, response) => {
    if (headers['api-key'] === 'pepper' && url !== '/livez') response.writeHead(401).end('no pepper here')
    else if (method === 'POST') response.writeHead(201).end()
    else response.end(JSON.stringify({ members: [], activity: [], value: '0', reaction_count: {} }))
  }
  const server = createServer(answer)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const played = await run('scripts/demo.sh', [`http://127.0.0.1:${port}`, '1'], environment)
  server.close().closeAllConnections()
  await once(server, 'close')
  return played
}
