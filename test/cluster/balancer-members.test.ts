/** What the load balancer lets through to nobody: what members say to each other, and what they tell uplink. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { Haproxy } from '../support/haproxy.ts'
import { freePorts } from '../support/ports.ts'
import { ask } from '../support/raw.ts'
import { needTool } from '../support/tool.ts'

const FOR_MEMBERS = ['/cluster/meet', '/cluster/channel', '/cluster', '/api/v1/members/n1', '/api/v1/gone']
const FOR_CLIENTS = [
  '/api/v1/cluster',
  '/api?key=cluster/meet',
  '/api/v1/kv/cluster%2Fmeet',
  '/api/v1/view',
  '/clusters',
]

describe('the load balancer', () => {
  before(function () {
    needTool(this, 'haproxy')
  })

  it('lets through nothing that is for members alone, however it is spelled', async () => {
    const seen: string[] = []
    const echo = createServer((request, response) => {
      if (!/^\/(readyz|livez)$/.test(request.url ?? '')) seen.push(request.url ?? '')
      response.end()
    }).listen(0, '127.0.0.1')
    await once(echo, 'listening')
    try {
      const [second, third, fourth] = await freePorts(3)
      await using haproxy = await Haproxy.start([(echo.address() as AddressInfo).port, second, third, fourth])
      await haproxy.sees('node-1', 'UP')
      const statusOf = async (target: string) => (await ask(haproxy.url, `GET ${target}`, []))?.status
      const spell = (path: string) => [
        path,
        `/${path}`,
        path.toUpperCase(),
        `${path}?a=/`,
        path.replace('c', '%63').replace('m', '%6d'),
        `http://localhost${path}`,
      ]
      for (const target of FOR_MEMBERS.flatMap(spell)) expect(await statusOf(target), target).to.equal(404)
      expect(seen).to.deep.equal([])
      for (const target of FOR_CLIENTS) expect(await statusOf(target), target).to.equal(200)
      expect(seen).to.deep.equal(FOR_CLIENTS)
    } finally {
      echo.closeAllConnections()
      echo.close()
    }
  })
})
