/** What every service does alike: paths, methods, errors, and the id of a request. */
import { expect } from 'chai'
import { systemClock } from '../../../shared/clock.ts'
import { converse, type RawAnswer, request } from '../../support/raw.ts'
import { until } from '../../support/until.ts'
import { startTestService, type TestService } from './start.ts'

describe('a service', () => {
  let service: TestService

  before(async () => {
    service = await startTestService()
  })
  after(() => service[Symbol.asyncDispose]())
  afterEach('it still answers', async () => {
    expect((await fetch(`${service.url}/hello`)).status).to.equal(200)
  })

  const ask = async (target: string, headers?: string): Promise<RawAnswer> => {
    const [answer] = await converse(service.port, request(target, headers))
    if (answer === undefined) throw new Error(`no answer to ${target}`)
    return answer
  }

  it('is quiet while only probes ask, and not when others do', async () => {
    const quiet = async () => service.http.quietMs
    await ask('GET /hello')
    const before = await until(quiet, (ms) => ms > 20)
    await ask('GET /probe')
    expect(await quiet()).to.be.above(before)
    await ask('GET /hello')
    expect(await quiet()).to.be.below(before)
  })

  it('stays open for half a second once it stops, however quiet it was before', async () => {
    await using idle = await startTestService()
    await until(
      async () => idle.http.quietMs,
      (ms) => ms > 500,
    )
    const startedAtMs = performance.now()
    await idle.http.stop(systemClock)
    expect(performance.now() - startedAtMs).to.be.at.least(499)
  })

  it('answers an unknown path with 404', async () => {
    for (const target of [
      'GET /',
      'GET /nothing',
      'PUT /hello/more',
      'GET //hello',
      'GET *',
      'OPTIONS *',
      'OPTIONS /nothing',
    ]) {
      expectProblem(await ask(target), 404, 'NO_SUCH_PATH')
    }
  })

  it('answers a method that a path does not take with 405, and says which it takes', async () => {
    for (const method of ['PUT', 'PATCH', 'POST', 'DELETE', 'TRACE', 'PROPFIND', 'QUERY']) {
      const answer = await ask(`${method} /hello`)
      expectProblem(answer, 405, 'METHOD_NOT_ALLOWED')
      expect(allowed(answer)).to.deep.equal(['GET', 'HEAD'])
    }
    expect(allowed(await ask('GET /echo'))).to.deep.equal(['DELETE', 'POST'])
  })

  it('tells with OPTIONS what a path takes', async () => {
    const answer = await ask('OPTIONS /echo')
    expect([answer.status, answer.body]).to.deep.equal([204, ''])
    expect(allowed(answer)).to.deep.equal(['DELETE', 'POST'])
  })

  it('answers HEAD like GET, without the body', async () => {
    const answer = await ask('HEAD /hello')
    expect([answer.status, answer.body]).to.deep.equal([200, ''])
    expect(answer.headers['content-length']).to.equal('5')
    expect((await ask('HEAD /nothing')).status).to.equal(404)
  })

  it('answers targets in absolute form', async () => {
    expect((await ask('GET http://anything:80/hello?a=b')).body).to.equal('hello')
  })

  for (const target of ['http://[', 'http://a:b/', 'http://[::1', 'http://', 'http://a%00/']) {
    it(`is not broken by the target ${target}`, async () => {
      const answer = await ask(`GET ${target}`)
      expect(answer.status, answer.body).to.be.oneOf([400, 404])
      expect(answer.body).not.to.include('null:')
    })
  }

  it('answers CONNECT, which it cannot do, instead of hanging up', async () => {
    const answers = await converse(service.port, request('CONNECT a:80'))
    expect(answers).to.have.lengthOf(1)
    expect(answers[0]?.status).to.be.within(400, 499)
  })

  it('goes on in HTTP when asked to upgrade', async () => {
    const headers = 'Host: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket'
    expect((await ask('GET /hello', headers)).status).to.equal(200)
  })

  it('says nothing of its inside when it breaks', async () => {
    const answer = await ask('GET /broken')
    expectProblem(answer, 500, 'INTERNAL')
    expect(answer.body).not.to.include('secret')
  })

  it('answers HTTP/1.0, and requests without a Host', async () => {
    const said = ['GET /hello HTTP/1.0\r\n\r\n', 'GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n']
    for (const text of said) {
      const [answer] = await converse(service.port, text)
      expect(answer).to.include({ status: 200, body: 'hello' })
    }
  })

  it('tells a request its id where a log may tell of it: its own, or a new one if that is not fit for logs', async () => {
    const idFor = async (target: string, id: string) =>
      (await ask(target, `Connection: close\r\nX-Request-Id: ${id}`)).headers['x-request-id']
    expect(await idFor('GET /hello', 'trace-1:2.3_4')).to.equal('trace-1:2.3_4')
    const ids = new Set<string | undefined>()
    for (const unfit of ['', 'a b', '"a"', 'é', 'a'.repeat(129)]) {
      expect(await idFor('GET /hello', unfit)).equal(undefined)
      const id = await idFor('GET /nowhere', unfit)
      expect(id).to.match(/^[\w-]+\.\d+$/)
      ids.add(id)
    }
    expect(ids.size).equal(5)
  })

  it('cuts off what is not answered within the grace it is closed with', async () => {
    const other = await startTestService()
    const held = converse(other.port, request('GET /held', 'Host: localhost')).catch(() => [])
    await fetch(`${other.url}/hello`)
    await other.http.close(10)
    expect(await held).to.deep.equal([])
  })
})

function allowed({ headers }: RawAnswer): string[] {
  return (headers['allow'] ?? '').split(', ').sort()
}

function expectProblem(answer: RawAnswer, status: number, code: string): void {
  expect(answer.status, answer.body).to.equal(status)
  expect(answer.headers['content-type']).to.match(/^application\/problem\+json\b/)
  const problem: unknown = JSON.parse(answer.body)
  expect(problem).to.include({ status, code })
  expect(problem).to.include.keys('type', 'title', 'detail')
}
