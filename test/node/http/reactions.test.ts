/** Reactions over HTTP: who is engaged with what, counted once each, whatever their names are. */
import { expect } from 'chai'
import { eachOnNode, type TestNode } from '../../support/node.ts'
import { type Answer, call, expectProblem, send } from './call.ts'

const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'a\0b',
  '\u{1f525}',
  '900,1),(901',
  ' ',
  '1',
  '%2F',
  '/',
] as const

let node: TestNode
const onNode = () =>
  eachOnNode((started) => {
    node = started
  })

const STEW = { type: 'reaction', action: 'add', content_id: 'Stew', user_id: 'Sam', reaction_type: 'fire' }

async function react(fields: Record<string, unknown> = {}): Promise<void> {
  const answer = await send(`POST ${node.url}/api/v1/reaction`, { ...STEW, ...fields })
  expect([answer.status, answer.text]).to.deep.equal([201, ''])
  expect(answer.headers.get('content-type')).to.equal(null)
}
async function counts(content = 'Stew', spelling = 'reactions_count'): Promise<unknown> {
  const answer = await call(`GET ${node.url}/api/v1/reaction/${spelling}/${encodeURIComponent(content)}`)
  if (answer.status === 404) return undefined
  expect(answer.json).to.have.keys('content_id', 'reaction_count').and.include({ content_id: content })
  return (answer.json as { reaction_count: unknown }).reaction_count
}
function list(query = '', content = 'Stew'): Promise<Answer> {
  return call(`GET ${node.url}/api/v1/reaction/users/${encodeURIComponent(content)}${query}`)
}
async function activity(query = ''): Promise<unknown> {
  return ((await call(`GET ${node.url}/api/v1/activity${query}`)).json as { activity: unknown }).activity
}

describe('POST /api/v1/reaction', () => {
  onNode()

  it('counts each user once a type, however often it is added, and by type', async () => {
    for (let time = 0; time < 3; time++) await react()
    await react({ user_id: 'Max' })
    await react({ reaction_type: 'ice' })
    expect(await counts()).to.deep.equal({ fire: 2, ice: 1 })
    expect(await counts('Stew', 'reaction_counts')).to.deep.equal({ fire: 2, ice: 1 })
  })

  it('counts who is removed and added again, and nobody who was never there', async () => {
    await react({ action: 'remove', user_id: 'nobody' })
    expect(await counts()).to.equal(undefined)
    await react()
    await react({ action: 'remove' })
    await react({ action: 'remove' })
    expect(await counts()).to.equal(undefined)
    await react()
    expect(await counts()).to.deep.equal({ fire: 1 })
    await react({ action: 'remove', reaction_type: 'ice' })
    expect(await counts()).to.deep.equal({ fire: 1 })
  })

  it('loses none of many that come at once', async () => {
    const users = Array.from({ length: 300 }, (_, index) => `user ${index}`)
    await Promise.all([...users, ...users].map((user_id) => react({ user_id })))
    expect(await counts()).to.deep.equal({ fire: 300 })
  })

  it('takes any text as a name', async () => {
    for (const name of NAMES) {
      await react({ content_id: name, user_id: name, reaction_type: name })
      expect(JSON.stringify(await counts(name))).to.equal(`{${JSON.stringify(name)}:1}`)
      const { text } = await list('', name)
      expect(text).to.include(`"users":{${JSON.stringify(name)}:[${JSON.stringify(name)}]}`)
    }
    expect(await activity()).to.have.lengthOf(NAMES.length)
  })

  it('says of every field what is wrong with it, and changes nothing', async () => {
    const texts = ['content_id', 'user_id', 'reaction_type']
    const wrong = [undefined, null, '', 5, true, [], ['Sam'], {}, '\ud800']
    for (const field of [...texts, 'type', 'action']) {
      for (const value of wrong) {
        const answer = await send(`POST ${node.url}/api/v1/reaction`, { ...STEW, [field]: value })
        expectProblem(answer, 422, 'UNPROCESSABLE')
        expect((answer.json as { detail: string }).detail).to.include(`${field}: `)
      }
    }
    for (const fields of [{ type: 'Reaction' }, { type: 'view' }, { action: 'Add' }, { action: 'toggle' }]) {
      expectProblem(
        await send(`POST ${node.url}/api/v1/reaction`, { ...STEW, ...fields }),
        422,
        'UNPROCESSABLE',
      )
    }
    const { json } = await send(`POST ${node.url}/api/v1/reaction`, {})
    expect((json as { detail: string }).detail).to.match(
      /type: .*action: .*content_id: .*user_id: .*reaction_type: /,
    )
    expect(await counts()).to.equal(undefined)
  })

  it('is of no content that is no key, however it is asked for', async () => {
    for (const content_id of ['null', 'nil']) {
      const answer = await send(`POST ${node.url}/api/v1/reaction`, { ...STEW, content_id })
      expectProblem(answer, 422, 'UNPROCESSABLE')
      expect(answer.text).to.include('content_id: ')
    }
    for (const list of ['reactions_count', 'reaction_counts', 'users']) {
      const at = `GET ${node.url}/api/v1/reaction/${list}`
      for (const path of ['/null', '/nil']) expectProblem(await call(at + path), 403, 'KEY_NULL')
      expectProblem(await call(`${at}/${'x'.repeat(4097)}`), 400, 'BAD_REQUEST')
    }
  })

  it('takes names up to their limits, and says which one is too long', async () => {
    const limits = { content_id: 4096, user_id: 1024, reaction_type: 256 }
    const longest = Object.entries(limits).map(([field, bytes]) => [field, '\u{1f525}'.repeat(bytes / 4)])
    await react(Object.fromEntries(longest))
    expect(await counts('\u{1f525}'.repeat(1024))).to.deep.equal({ ['\u{1f525}'.repeat(64)]: 1 })
    for (const [field, bytes] of Object.entries(limits)) {
      const answer = await send(`POST ${node.url}/api/v1/reaction`, {
        ...STEW,
        [field]: 'x'.repeat(bytes + 1),
      })
      expectProblem(answer, 422, 'UNPROCESSABLE')
      expect(answer.text).to.include(`${field}: ${bytes} bytes`)
    }
  })

  it('takes an object in JSON, and nothing else', async () => {
    for (const body of ['null', '[]', '5', '"add"', '[{}]', '\ufeff{}']) {
      expectProblem(await send(`POST ${node.url}/api/v1/reaction`, body), 422, 'UNPROCESSABLE')
    }
    for (const body of ['', '{', '{"type":"reaction",}']) {
      expectProblem(await send(`POST ${node.url}/api/v1/reaction`, body), 400, 'BAD_REQUEST')
    }
    for (const type of ['text/csv', 'multipart/form-data; boundary=a', 'application/json; charset=latin1']) {
      const body = JSON.stringify(STEW)
      const answer = await call(`POST ${node.url}/api/v1/reaction`, {
        headers: { 'content-type': type },
        body,
      })
      expectProblem(answer, 415, 'UNSUPPORTED_MEDIA_TYPE')
    }
    expect(await counts()).to.equal(undefined)
  })

  it('refuses a kind of reaction beyond two hundred, and still takes the others', async () => {
    const kinds = Array.from({ length: 200 }, (_, index) => `kind ${index}`)
    for (const reaction_type of kinds) await react({ reaction_type })
    expectProblem(await send(`POST ${node.url}/api/v1/reaction`, STEW), 422, 'UNPROCESSABLE')
    await react({ reaction_type: 'kind 0', user_id: 'Max' })
    expect(await counts()).to.include({ 'kind 0': 2, 'kind 199': 1 })
    expect(await activity()).to.have.nested.property('[0].users', 2)
  })
})

describe('a presence', () => {
  onNode()

  it('ends by itself, and everything that counts follows', async () => {
    await react({ ttl: 10 })
    await react({ user_id: 'Max', ttl: 20.5 })
    await react({ user_id: 'Kim' })
    expect(await counts()).to.deep.equal({ fire: 3 })
    await node.clock.advance(9999)
    expect(await counts()).to.deep.equal({ fire: 3 })
    await node.clock.advance(1)
    expect(await counts()).to.deep.equal({ fire: 2 })
    expect((await list()).json).to.deep.include({ users: { fire: ['Kim', 'Max'] } })
    expect(await activity()).to.deep.equal([{ content_id: 'Stew', users: 2, reaction_count: { fire: 2 } }])
    await node.clock.advance(10_500)
    expect(await counts()).to.deep.equal({ fire: 1 })
  })

  it('lasts as long as it is renewed, for good when told so, and can be removed', async () => {
    for (let time = 0; time < 3; time++) {
      await react({ ttl: 10 })
      await node.clock.advance(9000)
    }
    await react({ user_id: 'Max', ttl: 1 })
    await react({ user_id: 'Max' })
    await react({ user_id: 'Kim', ttl: 100 })
    await react({ user_id: 'Kim', action: 'remove' })
    expect(await counts()).to.deep.equal({ fire: 2 })
    await node.clock.advance(1000)
    expect(await counts()).to.deep.equal({ fire: 1 })
  })

  it('is gone in its moment, however many end at once', async () => {
    const users = Array.from({ length: 1500 }, (_, index) => `user ${index}`)
    await Promise.all(users.map((user_id) => react({ user_id, ttl: 10 })))
    await node.clock.advance(10_000)
    expect((await list()).status).to.equal(404)
    expect(await counts()).to.equal(undefined)
  })

  it('that everybody has left is as a content never seen, at once and for good', async () => {
    await react({ ttl: 10 })
    await react({ reaction_type: 'ice', ttl: 20 })
    await node.clock.advance(10_000)
    expect(await counts()).to.deep.equal({ ice: 1 })
    await node.clock.advance(10_000)
    expect(await activity()).to.deep.equal([])
    expect(await counts()).to.equal(undefined)
    await node.clock.advance(600_000)
    expect(await counts()).to.equal(undefined)
    expect((await list()).status).to.equal(404)
  })

  it('wants its ttl in seconds above 0', async () => {
    for (const ttl of [0, -1, '5', null, true, [], {}]) {
      const answer = await send(`POST ${node.url}/api/v1/reaction`, { ...STEW, ttl })
      expectProblem(answer, 422, 'UNPROCESSABLE')
      expect(answer.text).to.include('ttl: ')
    }
    for (const ttl of [1e300, 1e-9]) await react({ ttl })
  })
})
