/** Processes that may have little open: idle connections take all that there is for clients, and nothing that members need. */
import { once } from 'node:events'
import { get as httpGet } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { keysOf } from '../support/cluster.ts'
import { freePorts } from '../support/ports.ts'
import { startService, statusOf, TestProcess } from '../support/process.ts'
import { until } from '../support/until.ts'

const IDS = ['a', 'b', 'c']
const START = 'ulimit -n 96 && exec "$0" node/main.ts'
const PATIENCE_MS = 30_000

async function crowd(port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1').on('error', () => {}))
  await Promise.all(sockets.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])))
  return sockets
}

/** On a connection of its own. */
async function ask(url: string): Promise<string> {
  const request = httpGet(url, { agent: false })
  const [response] = await once(request, 'response')
  const body = await text(response)
  return response.statusCode === 200 ? '200' : body
}

describe('nodes that may have 96 descriptors', function () {
  this.timeout(90_000)

  it('keep each other, and answer clients and probes, however many idle connections there are', async () => {
    const [uplinkPort, ...ports] = await freePorts(4)
    await using _uplink = await startService('uplink', { PORT: String(uplinkPort), LEASE_MS: '60000' })
    await using nodes = new AsyncDisposableStack()
    const outputs = IDS.map((id, index) => {
      const own = { PORT: String(ports[index]), NODE_ID: id, UPLINK_URL: `http://127.0.0.1:${uplinkPort}` }
      const command = ['-c', START, process.execPath]
      return nodes.use(new TestProcess('bash', command, { environment: own, channel: true }))
    })
    const viewOfUplink = async () => await (await fetch(`http://127.0.0.1:${uplinkPort}/api/v1/view`)).text()
    const view = async (port: number) => await (await fetch(`http://127.0.0.1:${port}/api/v1/cluster`)).text()
    for (const port of ports) {
      const isThere = (answer: string) => JSON.parse(answer).members?.length === IDS.length
      await until(() => view(port).catch(() => '{}'), isThere, PATIENCE_MS)
      await until(
        () => statusOf(`http://127.0.0.1:${port}/readyz`),
        (status) => status === 200,
        PATIENCE_MS,
      )
    }
    const before = await viewOfUplink()

    const saidBefore = outputs.map(({ stdout }) => stdout.length)
    const crowds = await Promise.all(ports.map((port) => crowd(port, 150)))
    const urls = IDS.flatMap((owner) => keysOf(owner, IDS, 5)).flatMap((key) =>
      ports.map((port) => `http://127.0.0.1:${port}/api?key=${key}`),
    )
    // Those of the crowd have a moment to ask something.
    for (const port of ports)
      await until(
        () => ask(`http://127.0.0.1:${port}/api?key=1`),
        (answer) => answer === '200',
      )
    const statuses: unknown[] = []
    for (const url of urls) statuses.push(await ask(url))
    expect(new Set(statuses)).to.deep.equal(new Set(['200']))
    for (const port of ports) expect(await ask(`http://127.0.0.1:${port}/readyz`)).to.equal('200')
    expect(await viewOfUplink()).to.equal(before)
    const said = outputs.map(({ stdout }, index) => stdout.slice(saidBefore[index]))
    for (const text of said) expect(text).to.include('connections are short').and.not.include('a peer fails')
    for (const socket of crowds.flat()) socket.destroy()
  })
})
