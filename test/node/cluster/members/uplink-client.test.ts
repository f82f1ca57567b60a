/** Several uplinks, over real sockets: the next one takes the place of one that fails or hangs. */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { UplinkClient } from '../../../../node/cluster/members/uplink-client.ts'

const servers: Server[] = []

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function answer(response: ServerResponse, body: object): void {
  if (!response.headersSent) response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(body))
}

const view = { epoch: 7, copies: 1, members: [] }
const renewal = { url: 'http://a', incarnation: 'a-1', epoch: 0 }

describe('a client of several uplinks', () => {
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections()
  })

  it('wakes whoever watches an uplink that hangs, and asks the next one', async () => {
    const hanging = await serve(() => {})
    const working = await serve((_, response) => answer(response, view))
    const client = new UplinkClient([hanging, working], { clusterSecrets: [], self: 'a' })
    const watch = client.watch(3).catch(() => 'woken')
    await client.renew('a', renewal).catch(() => {})
    expect(await watch).to.equal('woken')
    expect(await client.watch(3)).to.deep.equal(view)
    client.stop()
  })

  it('stays with an uplink that refuses, and leaves one that breaks', async () => {
    const problem = { code: 'ID_TAKEN', detail: 'taken' }
    const asked = { broken: 0 }
    const refusing = await serve((_, response) => answer(response.writeHead(409), problem))
    const broken = await serve((_, response) => {
      asked.broken++
      response.writeHead(502).end('<html>')
    })
    const client = new UplinkClient([broken, refusing], { clusterSecrets: [], self: 'a' })
    for (let attempt = 0; attempt < 3; attempt++) {
      const error = await client.renew('a', renewal).catch((thrown) => thrown)
      expect(error).to.include({ code: 'ID_TAKEN', message: 'taken' })
    }
    expect(asked.broken).to.equal(1)
    client.stop()
  })

  it('reports and leaves at the next uplink too, and takes an answer without a body', async () => {
    const hanging = await serve(() => {})
    const asked: string[] = []
    const working = await serve((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      response.writeHead(202, { 'content-type': 'text/plain' }).end('Accepted')
    })
    const member = { id: 'a', url: 'http://a', incarnation: 'a-1' }
    await new UplinkClient([hanging, working], { clusterSecrets: [], self: 'a' }).leave(member)
    await new UplinkClient([hanging, working], { clusterSecrets: [], self: 'a' }).report(member)
    expect(asked).to.deep.equal(['DELETE /api/v1/members/a?incarnation=a-1', 'POST /api/v1/members/a/report'])
  })

  it('asks the next one where its secret is not taken, and says so where none takes it', async () => {
    const problem = { code: 'UNAUTHORIZED', detail: 'not that secret' }
    const refusing = await serve((_, response) => answer(response.writeHead(401), problem))
    const taking = await serve((_, response) => answer(response, { epoch: 1, leaseMs: 3000 }))
    const client = new UplinkClient([refusing, taking], { clusterSecrets: ['salt'], self: 'a' })
    expect(await client.renew('a', renewal)).to.deep.equal({ epoch: 1, leaseMs: 3000 })
    for (const urls of [[refusing], [refusing, refusing]]) {
      const error = await new UplinkClient(urls, { clusterSecrets: ['salt'], self: 'a' })
        .renew('a', renewal)
        .catch((thrown) => thrown)
      expect(error).to.include({ code: 'UNAUTHORIZED', message: 'not that secret' })
    }
    client.stop()
  })

  it('shows the secret of the cluster, and who asks', async () => {
    const seen: unknown[] = []
    const url = await serve((request, response) => {
      seen.push(request.headers.authorization, request.headers['larder-member'])
      answer(response, view)
    })
    const client = new UplinkClient([url], { clusterSecrets: ['salt', 'pepper'], self: 'a' })
    await client.view()
    expect(seen).to.deep.equal(['Bearer salt', 'a'])
    client.stop()
  })
})
