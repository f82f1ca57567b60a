/** A member that uplink or its peers cannot reach for a while: what it learns from others, and what it takes back. */
import { expect } from 'chai'
import { Cluster, get, keyOf, ownerOf, post } from '../support/cluster.ts'
import { freePorts } from '../support/ports.ts'
import { Tether } from '../support/tether.ts'
import { until } from '../support/until.ts'

const ids = ['a', 'b', 'cut', 'new']

/** Adds a member, cuts it off from uplink, and adds another that it does not hear of. */
async function joinBehindCut(cluster: Cluster): Promise<Tether> {
  const tether = await Tether.to(cluster.uplink.port)
  await cluster.join('cut', { UPLINK_URL: tether.url })
  await cluster.settle()
  tether.cut()
  await cluster.join('new')
  return tether
}

describe('a member that is cut off', () => {
  it('from uplink alone learns of new members from its peers, and serves for them', async () => {
    await using cluster = await Cluster.start({ ids: ['a', 'b'], uplink: { LEASE_MS: '60000' } })
    await using _ = await joinBehindCut(cluster)
    await until(
      () => cluster.viewOf('a'),
      ({ members }) => members.length === 4,
    )
    const asked = { key: keyOf('cut', ids), data: 1 }
    await until(
      async () => {
        expect(await post(`${cluster.url('a')}/api`, asked)).to.have.nested.property('body.node', 'cut')
        return cluster.viewOf('cut')
      },
      ({ members }) => members.length === 4,
    )
    const key = keyOf('new', ids)
    expect((await post(`${cluster.url('cut')}/api`, { key, data: 2 })).body).to.include({ node: 'new' })
    expect((await get(`${cluster.url('new')}/api?key=${key}`)).body).to.include({ data: 2 })
  })

  it('from uplink learns from the answer of a peer that a key has another owner now', async () => {
    await using cluster = await Cluster.start({ ids: ['a', 'b'], uplink: { LEASE_MS: '60000' } })
    await using _ = await joinBehindCut(cluster)
    await until(
      () => cluster.viewOf('b'),
      ({ members }) => members.length === 4,
    )
    const key = Array.from({ length: 1000 }, (_, index) => `moved:${index}`).find(
      (candidate) => ownerOf(candidate, ['a', 'b', 'cut']) === 'b' && ownerOf(candidate, ids) === 'new',
    )
    expect((await post(`${cluster.url('cut')}/api`, { key, data: 1 })).body).to.include({ node: 'new' })
  })

  it('for longer than its lease does not bring back what was rewritten meanwhile', async () => {
    await using cluster = await Cluster.start({ ids: ['a', 'b'], uplink: { LEASE_MS: '300' } })
    const [port] = await freePorts(1)
    await using toUplink = await Tether.to(cluster.uplink.port)
    await using toNode = await Tether.to(port)
    await cluster.join('cut', { PORT: String(port), UPLINK_URL: toUplink.url, ADVERTISE_URL: toNode.url })
    await cluster.settle()
    const key = keyOf('cut', ['a', 'b', 'cut'])
    await post(`${cluster.url('a')}/api`, { key, data: 'old' })
    for (const tether of [toUplink, toNode]) tether.cut()
    await until(
      () => cluster.viewOf('a'),
      ({ members }) => members.length === 2,
    )
    expect((await post(`${cluster.url('a')}/api`, { key, data: 'new' })).status).to.equal(200)
    for (const tether of [toUplink, toNode]) tether.join()
    await cluster.settle()
    const read = await get(`${cluster.url('a')}/api?key=${key}`)
    expect(read.body).to.deep.include({ node: 'cut', data: 'new' })
  })
})
