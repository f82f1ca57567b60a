/** Reactions through any node: nobody is lost or counted twice, and every node tells of the same activity. */
import { expect } from 'chai'
import type { Activity } from '../../shared/many-keys.ts'
import { type Answer, Cluster, get, keyOf, keysOf } from '../support/cluster.ts'
import { ProcessCluster } from '../support/processes.ts'
import { converse, requestWith } from '../support/raw.ts'
import { until } from '../support/until.ts'

const ids = ['a', 'b', 'c', 'd']
const ADDS = 6000
/** Requests on one connection, all sent before the first is answered. */
const PIPELINED = 100

function bodyOf(content_id: string, user_id: string, more: Record<string, unknown> = {}): string {
  const body = { type: 'reaction', action: 'add', content_id, user_id, reaction_type: 'fire', ...more }
  return JSON.stringify(body)
}

async function react(url: string, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/api/v1/reaction`, { method: 'POST', headers, body })
  expect([response.status, await response.text()]).to.deep.equal([201, ''])
}

function counts(url: string, content: string): Promise<Answer> {
  return get(`${url}/api/v1/reaction/reactions_count/${encodeURIComponent(content)}`)
}

describe('reactions in a cluster of four', () => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = await Cluster.start({ ids, node: { PEER_TIMEOUT_MS: '15000' } })
  })
  afterEach(() => cluster[Symbol.asyncDispose]())

  /** The whole activity as this node tells it. */
  const activityOf = async (id: string, limit = 1000) => {
    const { status, body } = await get(`${cluster.url(id)}/api/v1/activity?limit=${limit}`)
    expect(status).to.equal(200)
    return body['activity'] as { content_id: string; users: number; reaction_count: Activity['counts'] }[]
  }

  it('lose none of 6,000 that are under way at once through all nodes', async () => {
    const connections = Array.from({ length: ADDS / PIPELINED }, async (_, connection) => {
      const requests = Array.from({ length: PIPELINED }, (_, index) =>
        requestWith(
          'POST /api/v1/reaction',
          'application/json',
          bodyOf('Stew', `user ${connection * PIPELINED + index}`),
        ),
      )
      const port = Number(new URL(cluster.url(ids[connection % ids.length] ?? '')).port)
      return await converse(port, requests.join(''), { answers: PIPELINED })
    })
    const statuses = (await Promise.all(connections)).flat().map(({ status }) => status)
    expect(statuses).to.deep.equal(Array(ADDS).fill(201))
    for (const id of ids) {
      const { body } = await counts(cluster.url(id), 'Stew')
      expect(body).to.deep.equal({ content_id: 'Stew', reaction_count: { fire: ADDS } })
    }
    expect(await activityOf('b')).to.deep.equal([
      { content_id: 'Stew', users: ADDS, reaction_count: { fire: ADDS } },
    ])
  })

  it('count a user once, through whichever nodes and names they come', async () => {
    for (const name of ['Sam', '__proto__', 'constructor', 'a\0b', '\u{1f525}', '900,1),(901']) {
      await Promise.all(ids.map((id) => react(cluster.url(id), bodyOf(name, name, { reaction_type: name }))))
      await react(cluster.url('a'), bodyOf(name, name, { reaction_type: name, action: 'remove' }))
      await react(cluster.url('b'), bodyOf(name, name, { reaction_type: name }))
      for (const id of ids) {
        const { body } = await counts(cluster.url(id), name)
        expect(JSON.stringify(body['reaction_count'])).to.equal(`{${JSON.stringify(name)}:1}`)
        const users = await fetch(`${cluster.url(id)}/api/v1/reaction/users/${encodeURIComponent(name)}`)
        expect(await users.text()).to.include(`{${JSON.stringify(name)}:[${JSON.stringify(name)}]}`)
      }
    }
  })

  it('are one ranking, the same from every node and for every limit, with the most engaged first', async () => {
    const contents = ids.flatMap((id) => keysOf(id, ids, 5))
    const expected = contents.map((content_id, index) => ({ content_id, users: 1 + ((index * 7) % 9) }))
    const adds = expected.flatMap(({ content_id, users }, index) =>
      Array.from({ length: users }, async (_, user) => {
        const url = cluster.url(ids[(index + user) % ids.length] ?? '')
        await react(url, bodyOf(content_id, `user ${user}`))
        if (user % 2 === 0) await react(url, bodyOf(content_id, `user ${user}`, { reaction_type: 'ice' }))
      }),
    )
    await Promise.all(adds)
    expected.sort((a, b) => b.users - a.users || (a.content_id < b.content_id ? -1 : 1))
    const whole = expected.map(({ content_id, users }) => ({
      content_id,
      users,
      reaction_count: { fire: users, ice: Math.ceil(users / 2) },
    }))
    for (const id of ids) {
      for (const limit of [1, 3, 19, 20, 1000]) {
        expect(await activityOf(id, limit)).to.deep.equal(whole.slice(0, limit))
      }
    }
  })

  it('are paged through any node, though every page may come from another', async () => {
    const content = keyOf('b', ids)
    const users = Array.from({ length: 103 }, (_, index) => `user ${String(index).padStart(3, '0')}`)
    await Promise.all(
      users.map((user, index) => react(cluster.url(ids[index % ids.length] ?? ''), bodyOf(content, user))),
    )
    const listed: string[] = []
    let cursor: unknown = ''
    for (let page = 0; cursor !== undefined; page++) {
      const url = cluster.url(ids.filter((id) => id !== 'b')[page % 3] ?? '')
      const query = `reaction_type=fire&limit=10&cursor=${cursor}`
      const { body } = await get(`${url}/api/v1/reaction/users/${content}?${query}`)
      listed.push(...(body['users'] as { fire: string[] }).fire)
      cursor = body['cursor']
      expect(page).to.be.at.most(10)
    }
    expect(listed).to.deep.equal(users)
  })

  it('end by themselves at every node, in the counts and in what is going on', async () => {
    await react(cluster.url('a'), bodyOf('Stew', 'Sam', { ttl: 0.3 }))
    await react(cluster.url('b'), bodyOf('Stew', 'Max'))
    for (const id of ids) {
      await until(
        () => counts(cluster.url(id), 'Stew'),
        ({ body }) => (body['reaction_count'] as Record<string, number>)['fire'] === 1,
      )
      expect(await activityOf(id)).to.have.deep.members([
        { content_id: 'Stew', users: 1, reaction_count: { fire: 1 } },
      ])
    }
  })

  it('of who has left are neither counted twice nor told of by two members', async () => {
    const contents = ids.flatMap((id) => keysOf(id, ids, 3))
    await Promise.all(contents.map((content) => react(cluster.url('a'), bodyOf(content, 'Sam'))))
    await cluster.leave('d')
    await cluster.settle()
    await Promise.all(contents.map((content) => react(cluster.url('a'), bodyOf(content, 'Sam'))))
    const told = (await activityOf('b')).map(({ content_id }) => content_id)
    expect(told).to.deep.equal([...contents].sort())
  })
})

describe('activity, while a member', () => {
  const three = ['a', 'b', 'c']

  it('is out of reach, is 503 and never a part of the truth; the counts of the others are there', async () => {
    await using cluster = await ProcessCluster.start(three, {
      node: { PEER_TIMEOUT_MS: '500' },
      uplink: { LEASE_MS: '60000' },
    })
    const [a, b] = [cluster.member('a'), cluster.member('b')]
    for (const owner of three) await react(a.url, bodyOf(keyOf(owner, three), 'Sam'))
    process.kill(b.process.pid, 'SIGSTOP')
    for (const url of [a.url, cluster.member('c').url]) {
      const answer = await fetch(`${url}/api/v1/activity`)
      expect(answer.status).to.equal(503)
      expect(answer.headers.get('retry-after')).to.equal('1')
      expect(await answer.json())
        .to.include({ code: 'UNREACHABLE' })
        .and.not.have.property('activity')
    }
    expect((await counts(a.url, keyOf('c', three))).body).to.deep.include({ reaction_count: { fire: 1 } })
    process.kill(b.process.pid, 'SIGCONT')
    const { body } = await until(
      () => get(`${a.url}/api/v1/activity`),
      ({ status }) => status === 200,
    )
    expect(body['activity']).to.have.lengthOf(3)
  })

  it('is dead, is all of it: whoever holds the copies tells of them, each content once', async () => {
    await using cluster = await ProcessCluster.start(three, { uplink: { LEASE_MS: '60000' } })
    const { url } = cluster.member('a')
    for (const owner of three) await react(url, bodyOf(keyOf(owner, three), 'Sam'))
    await cluster.member('b').process.kill()
    const { status, body } = await get(`${url}/api/v1/activity`)
    expect(status).to.equal(200)
    const told = (body['activity'] as { content_id: string }[]).map(({ content_id }) => content_id)
    expect(told).to.deep.equal(three.map((owner) => keyOf(owner, three)).sort())
  })
})
