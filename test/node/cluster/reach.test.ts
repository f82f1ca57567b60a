/** What uplink asks of a member: to look at another one, and what it holds. */
import { expect } from 'chai'
import { pino } from 'pino'
import { reachRoutes } from '../../../node/cluster/reach.ts'
import { createHttpMetrics } from '../../../shared/http/metrics.ts'
import { HttpService } from '../../../shared/http/service.ts'
import { type Member, MemberStatus } from '../../../shared/view.ts'
import { FakeMember } from '../../uplink/fake-member.ts'
import { call, expectProblem, JSON_TYPE, send } from '../http/call.ts'

const authorization = 'Bearer of-the-cluster'
const status: MemberStatus = {
  id: 'self',
  epoch: 7,
  slots: { owned: 1, replicated: 2, arriving: 3 },
  entries: { values: 4, responses: 5, counters: 6, limits: 0, contents: 7, records: 8, tombstones: 9 },
  bytes: 10,
  requests: 11,
}

describe('what uplink asks of a member', () => {
  let service: HttpService
  let other: FakeMember
  let members: Member[]
  let url = ''

  beforeEach(async () => {
    const [log, metrics] = [pino({ level: 'silent' }), createHttpMetrics()]
    service = await HttpService.listen({ log, metrics, host: '127.0.0.1', port: 0 })
    const routes = reachRoutes({
      self: { id: 'a', incarnation: 'a-1' },
      members: () => members,
      status: async () => status,
    })
    service.serve(routes, { memberSecrets: ['of-the-cluster'] })
    url = `http://127.0.0.1:${service.port}`
    other = await FakeMember.start('other')
    members = [other.member]
  })
  afterEach(async () => {
    await other[Symbol.asyncDispose]()
    await service.close(0)
  })

  const reach = (body: unknown) => send(`POST ${url}/cluster/reach`, body, { authorization })

  it('it looks, and says that the other is there', async () => {
    const answer = await reach(other.member)
    expect([answer.status, answer.json]).deep.equal([200, { outcome: 'here' }])
  })

  it('it says that another life answers, or that nobody listens', async () => {
    const { member } = other
    other.incarnation = 'next'
    expect((await reach(member)).json).deep.equal({ outcome: 'replaced' })
    await other[Symbol.asyncDispose]()
    expect((await reach(member)).json).deep.equal({ outcome: 'refused' })
  })

  it('it does not wait for long', async () => {
    other.isMute = true
    expect((await reach(other.member)).json).deep.equal({ outcome: 'silent' })
  })

  it('it looks at members only, and only where they are', async () => {
    await using stranger = await FakeMember.start('stranger')
    expectProblem(await reach(stranger.member), 400, 'BAD_REQUEST')
    expectProblem(await reach({ ...other.member, incarnation: 'another' }), 400, 'BAD_REQUEST')
    expectProblem(await reach({ ...other.member, id: 'another' }), 400, 'BAD_REQUEST')
    const misled = await reach({ ...other.member, url: stranger.member.url })
    expect(misled.json).deep.equal({ outcome: 'here' })
    expect([stranger.looks, stranger.asked.length, other.looks]).deep.equal([0, 0, 1])
  })

  it('it refuses what it cannot understand', async () => {
    const wrong = [{}, [], 7, '{', { ...other.member, url: 'file:///etc' }, { ...other.member, id: 'a/b' }]
    for (const body of wrong) expectProblem(await reach(body), 400, 'BAD_REQUEST')
    expectProblem(await reach({ ...other.member, more: 'x'.repeat(16 * 1024) }), 413, 'TOO_LARGE')
    const headers = { authorization, 'content-type': 'text/csv' }
    const typed = await call(`POST ${url}/cluster/reach`, { headers, body: '{}' })
    expectProblem(typed, 415, 'UNSUPPORTED_MEDIA_TYPE')
    expect(other.looks).equal(0)
  })

  it('it tells what it holds and does', async () => {
    const answer = await call(`GET ${url}/cluster/status`, { headers: { authorization } })
    expect([answer.status, MemberStatus.parse(answer.json)]).deep.equal([200, status])
  })

  it('it tells members and uplink alone', async () => {
    for (const headers of [{}, { authorization: 'Bearer guessed' }, { 'api-key': 'of-clients' }]) {
      expectProblem(await call(`GET ${url}/cluster/status`, { headers }), 401, 'UNAUTHORIZED')
      const body = JSON.stringify(other.member)
      const asked = await call(`POST ${url}/cluster/reach`, { headers: { ...headers, ...JSON_TYPE }, body })
      expectProblem(asked, 401, 'UNAUTHORIZED')
    }
    expect(other.looks).equal(0)
  })

  it('being asked does not keep a leaving member open', async () => {
    await call(`GET ${url}/nowhere`)
    const quietMs = service.quietMs
    await reach(other.member)
    await call(`GET ${url}/cluster/status`, { headers: { authorization } })
    expect(service.quietMs).above(quietMs)
  })
})
