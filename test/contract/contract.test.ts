/** One suite over every way that a request can take: the same answer, to its last header, on each of them. */
import { expect } from 'chai'
import type { RawAnswer } from '../support/raw.ts'
import { TestUpstream } from '../support/upstream.ts'
import { CONDITIONS } from './conditions.ts'
import { COUNTERS } from './counters.ts'
import { HTTP } from './http.ts'
import { REACTIONS } from './reactions.ts'
import { RESPONSES } from './responses.ts'
import type { Cases, Expected, Step } from './step.ts'
import { VALUES } from './values.ts'
import { WAYS, Way } from './ways.ts'

const SUITES: Readonly<Record<string, Cases>> = {
  values: VALUES,
  'values under conditions': CONDITIONS,
  counters: COUNTERS,
  reactions: REACTIONS,
  'cached responses': RESPONSES,
  HTTP,
}
/** What is another one at another moment, or is only said where a connection is to end. */
const PASSING = ['date', 'connection', 'x-request-id']

describe('on every way', () => {
  let upstream: TestUpstream
  let ways: readonly Way[] = []

  before(async function () {
    this.timeout(60_000)
    upstream = await TestUpstream.start()
    upstream.answer = ({ path, tenant }) => {
      const status = Number(/status-(\d+)/.exec(path)?.[1] ?? 200)
      return { status, headers: { 'content-type': 'text/plain', etag: '"up"' }, body: `${tenant} ${path}` }
    }
    const node = { ROUTES_FILE: await upstream.contract(), MAX_BODY: '20000' }
    ways = await Promise.all(WAYS.map((options) => Way.start(options, node)))
  })
  after(async () => {
    await Promise.all(ways.map((way) => way[Symbol.asyncDispose]()))
    await upstream[Symbol.asyncDispose]()
  })

  for (const [suite, cases] of Object.entries(SUITES)) {
    describe(suite, () => {
      for (const [name, [key, ...steps]] of Object.entries(cases)) {
        it(name, async () => {
          const asked = ways.filter((way) => steps.every((step) => way.knows(step)))
          const bodies = await Promise.all(asked.map((way) => follow(way, key, steps)))
          // What the first one says to a fault is what all say.
          for (const [index, way] of asked.entries()) expect(bodies[index], way.name).to.deep.equal(bodies[0])
        })
      }
    })
  }

  describe('commands', () => {
    it('are passed on wherever another member was asked', async () => {
      for (const [index, way] of ways.entries())
        if (WAYS[index]?.isOwner === false && !WAYS[index].isOverRedis)
          expect(await way.forwarded(), way.name).to.be.above(100)
    })
  })
})

/** @returns what the answers said, as a batch would have it. */
async function follow(way: Way, key: string, steps: readonly Step[]): Promise<unknown[]> {
  const all: unknown[] = []
  let tag = ''
  for (const step of steps) {
    const answer = await way.ask(key, step, tag)
    const { expected } = step
    const about = `${way.name}: ${step.request.slice(0, 200)} → ${answer.status} ${answer.body.slice(0, 500)}`
    expect(answer.status, about).to.equal(expected.status)
    tag = answer.headers['etag'] ?? tag
    expectBody(answer, expected, about)
    if (!way.takesAsBatch(step)) expectHeaders(answer, step, about)
    all.push(
      answer.body.startsWith('{') ? { status: answer.status, ...masked(answer.body, tag) } : answer.body,
    )
  }
  return all
}

function expectBody({ body, status }: RawAnswer, { json, code, text = '' }: Expected, about: string): void {
  if (code !== undefined) {
    const problem: unknown = JSON.parse(body)
    expect(problem, about).to.include({ code, status })
    expect(problem, about).to.include.keys('type', 'title', 'detail')
  } else if (json !== undefined)
    expect({ status, ...JSON.parse(told(body)) }, about).to.deep.equal({ status, ...json })
  else expect(body, about).to.equal(text)
}

/** What no cache on the way may give to anybody else: all that depends on a key of Larder's own. */
function isPrivate({ request, expected: { code = '' } }: Step): boolean {
  const isOurs = /^(?!OPTIONS)\w+ \/(api|increment|clear)\b/.test(request)
  const isNowhere = code === 'KEY_NULL' && /\/v1\/(kv|counters)\/?$/.test(request)
  return isOurs && !isNowhere && !['NO_SUCH_PATH', 'METHOD_NOT_ALLOWED'].includes(code)
}

/** Which is one of several organisations', whatever is answered. */
function isOfTenant({ request, expected: { code = '' } }: Step): boolean {
  return /^(?!OPTIONS)\w+ \/server\//.test(request) && code !== 'NO_SUCH_PATH'
}

/** What would be coded if somebody asked for that, or may have been coded for whoever asks whether it is still the same. */
function isVarying(status: number, length: number): boolean {
  return status === 304 || length > 1024
}

function expectHeaders(answer: RawAnswer, step: Step, about: string): void {
  const { headers, body, status } = answer
  const { expected } = step
  const heard = Object.entries(headers)
    .filter(([name]) => !PASSING.includes(name))
    .map(([name, value]) => [
      name,
      name === 'etag' && expected.headers?.[name] === '<tag>' ? tagOf(value) : value,
    ])
    .map(([name, value = '']) => [name, name === 'age' ? value.replace(/^\d$/, '<age>') : value])
    .map(([name, value = '']) => [name, value.replace(/ttl=\d+/, 'ttl=<n>')])
  const length = expected.length ?? Buffer.byteLength(body)
  expect(Object.fromEntries(heard), about).to.deep.equal({
    'x-content-type-options': 'nosniff',
    ...(isPrivate(step) && { 'cache-control': 'private, no-cache' }),
    ...(isPrivate(step) && isVarying(status, length) && { vary: 'accept-encoding' }),
    ...(isOfTenant(step) && { vary: 'org_id, org-id, organization_id' }),
    ...(![204, 304].includes(status) && { 'content-length': String(length) }),
    ...expected.headers,
  })
  expect('x-request-id' in headers, `${about} has an id`).to.equal(
    headers['content-type'] === 'application/problem+json',
  )
}

function tagOf(value: string): string {
  return /^"[^"]+"$/.test(value) ? '<tag>' : value
}

function masked(body: string, tag: string): object {
  const text = told(body)
  return JSON.parse(tag === '' ? text : text.replaceAll(JSON.stringify(tag).slice(1, -1), '<tag>'))
}

/** Without the entity tag, which a batch alone tells in its body, and what is left of a life by then. */
function told(body: string): string {
  return body.replaceAll(/,"etag":"\\"[^"]*\\""/g, '').replaceAll(/"ttl":[\d.]+/g, '"ttl":"<ttl>"')
}
