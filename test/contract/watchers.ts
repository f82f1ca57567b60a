/** What those are told who watch, in the words of the API: at one node, of what was written at another, whatever keeps it. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect } from 'chai'
import { EventSource } from 'undici'
import { WebSocket } from 'ws'
import { Book, type Heard } from '../support/book.ts'
import { post } from '../support/cluster.ts'
import { until } from '../support/until.ts'

/** Two nodes, `a` and `b`. */
export interface Watched extends AsyncDisposable {
  url(id: string): string
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')
      .at(-1),
  )
}

async function heard(book: Book, count: number): Promise<readonly Heard[]> {
  return await until(
    async () => book.heard,
    (all) => all.length >= count,
  )
}

/** `keys` are on different members, where there are any. */
export function toldOverAll(
  keys: readonly [string, string],
  start: (context: Mocha.Context) => Promise<Watched>,
): void {
  let cluster: Watched
  const [mine, theirs] = keys
  const urls = () => [cluster.url('a')]
  before(async function () {
    cluster = await start(this)
  })
  after(() => cluster?.[Symbol.asyncDispose]())

  const put = (key: string, body: string, type: string, query = '') =>
    fetch(`${cluster.url('b')}/api/v1/kv/${key}${query}`, {
      method: 'PUT',
      headers: { 'content-type': type },
      body,
    })
  const react = (action: string, content_id: string, user_id: string) =>
    fetch(`${cluster.url('b')}/api/v1/reaction`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'reaction', action, content_id, user_id, reaction_type: 'fire' }),
    })

  it('are told of values, whoever owns them, with all that a read would tell', async () => {
    await using book = await Book.open({ urls: urls() })
    for (const key of [mine, theirs]) {
      const etag = (await put(key, '{\n "salt": 1}', 'application/json')).headers.get('etag')
      const [{ event, id, data } = {}] = (await heard(book, 1)).slice(-1)
      expect(event).to.equal('change')
      expect(id).to.be.a('string')
      expect(data).to.deep.equal({ kind: 'value', key, data: { salt: 1 }, etag })
      await fetch(`${cluster.url('a')}/api/v1/kv/${key}`, { method: 'DELETE' })
      await heard(book, 2)
      expect(book.heard[1]).to.deep.include({
        event: 'delete',
        data: { kind: 'value', key, reason: 'deleted' },
      })
      book.heard.length = 0
    }
    await put(theirs, 'jam', 'image/png', '?ttl=0.2')
    const [, end] = await heard(book, 2)
    expect(book.heard[0]?.data).to.deep.include({ kind: 'value', base64: 'amFt', content_type: 'image/png' })
    expect(book.heard[0]?.data['ttl']).to.be.within(0, 0.2)
    expect(end).to.deep.include({ event: 'delete', data: { kind: 'value', key: theirs, reason: 'expired' } })
  })

  it('are told of counters and reactions, and only of the kinds and keys that they ask for', async () => {
    await using counters = await Book.open({ urls: urls(), query: '?kinds=counter' })
    await using reactions = await Book.open({ urls: urls(), query: '?kinds=reaction&key=Stew' })
    await post(`${cluster.url('b')}/api/v1/counters/eaten`, { by: '9007199254740993' })
    await put('plain', 'text', 'text/plain')
    for (const content of ['Stew', 'Soup']) await react('add', content, 'Sam')
    await heard(reactions, 1) // Or it may be told of the last alone.
    await react('remove', 'Stew', 'Sam')
    await heard(reactions, 2)
    const stew = { kind: 'reaction', key: 'Stew', user: 'Sam', reaction: 'fire' }
    expect(reactions.heard.map(({ event, data }) => ({ event, data }))).to.deep.equal([
      { event: 'change', data: { ...stew, count: 1 } },
      { event: 'delete', data: { ...stew, count: 0, reason: 'deleted' } },
    ])
    await heard(counters, 1)
    expect(counters.heard.map(({ data }) => data)).to.deep.equal([
      { kind: 'counter', key: 'eaten', value: '9007199254740993' },
    ])
  })

  it('are told that there is none any more where a counter has become a value, or a value a counter', async () => {
    const of = (kinds: string) => Book.open({ urls: urls(), query: `?kinds=${kinds}&prefix=turn` })
    await using counters = await of('counter')
    await using values = await of('value')
    const add = () => post(`${cluster.url('b')}/api/v1/counters/turning`, { by: 1 })
    await add()
    await heard(counters, 1)
    for (const text of ['7', '8']) await put('turning', text, 'application/json')
    await heard(values, 1)
    for (let count = 0; count < 2; count++) await add()
    await until(
      async () =>
        [counters, values].map(({ now }) => [...now.values()].map(({ value, data }) => value ?? data)),
      ([counted, stored]) => counted?.[0] === '10' && stored?.length === 0,
    )
    const gone = (kind: string) => ({ kind, key: 'turning', reason: 'deleted' })
    const deletes = (book: Book) =>
      book.heard.filter(({ event }) => event === 'delete').map(({ data }) => data)
    expect(deletes(counters)).to.deep.equal([gone('counter')])
    expect(deletes(values)).to.deep.equal([gone('value')])
    expect([counters.gaps, values.gaps]).to.deep.equal([0, 0])
  })

  it('are told what there is first where they ask for that, and then what changes, without a hole', async () => {
    const holes = Array.from({ length: 300 }, (_, index) => `hole:${index}`)
    const write = (data: number) =>
      post(`${cluster.url('b')}/api/v1/batch`, { ops: holes.map((key) => ({ op: 'set', key, data })) })
    await write(1)
    const [book] = await Promise.all([
      Book.open({ urls: urls(), query: '?prefix=hole:&snapshot=1' }),
      write(2),
    ])
    await using watching = book
    await write(3)
    await until(
      async () => holes.filter((key) => watching.now.get(key)?.['data'] !== 3),
      (left) => left.length === 0,
    )
    const ends = await until(
      async () => watching.heard.filter(({ event }) => event === 'snapshot-end'),
      ({ length }) => length > 0,
    )
    expect(ends).to.have.lengthOf(1)
    expect(watching.gaps).to.equal(0)
  })

  it('go on at another node where they were', async () => {
    const seen = await Book.open({ urls: urls(), query: '?prefix=on:' })
    await post(`${cluster.url('a')}/api`, { key: 'on:1', data: 1 })
    await heard(seen, 1)
    await seen[Symbol.asyncDispose]()
    for (const key of ['on:2', 'on:3', 'on:2']) await post(`${cluster.url('a')}/api`, { key, data: key })
    const since = seen.lastId ?? ''
    await using book = await Book.open({ urls: [cluster.url('b')], query: '?prefix=on:', since })
    await heard(book, 2)
    expect([...book.now.keys()].sort()).to.deep.equal(['on:2', 'on:3'])
    expect(book.gaps).to.equal(0)
  })

  it('have missed something where an id is none, or of members that are not there', async () => {
    const strange = Buffer.from('another-life:5').toString('base64url')
    for (const since of ['nonsense', `1.${strange}`]) {
      await using book = await Book.open({ urls: urls(), since })
      const [first] = await heard(book, 1)
      expect(first?.event).to.equal('gap')
      expect(first?.id).to.be.a('string')
    }
  })

  it('are turned away with what they do not understand', async () => {
    const head = await fetch(`${cluster.url('a')}/api/v1/watch`, { method: 'HEAD' })
    expect([head.status, await head.text()]).to.deep.equal([200, ''])
    for (const query of ['kinds=soup', 'snapshot=maybe', 'perfix=a', 'key=', `prefix=${'a'.repeat(5000)}`]) {
      const response = await fetch(`${cluster.url('a')}/api/v1/watch?${query}`)
      expect(response.status, query).to.be.oneOf([400, 403])
      expect(response.headers.get('content-type')).to.equal('application/problem+json')
    }
  })

  it('may be an EventSource, as browsers have it', async () => {
    const source = new EventSource(`${cluster.url('a')}/api/v1/watch?prefix=source:`)
    const opened = Promise.withResolvers<void>()
    const told = Promise.withResolvers<MessageEvent>()
    source.addEventListener('open', () => opened.resolve())
    source.addEventListener('change', (event) => told.resolve(event as MessageEvent))
    await opened.promise
    await post(`${cluster.url('b')}/api`, { key: 'source:1', data: 'salt' })
    const { data, lastEventId } = await told.promise
    source.close()
    expect(JSON.parse(data)).to.deep.include({ key: 'source:1', data: 'salt' })
    expect(lastEventId).to.match(/^1\./)
  })

  it('may be a WebSocket, which is told the same as messages, and goes on as well', async () => {
    const [at, key] = [`${cluster.url('a').replace('http', 'ws')}/api/v1/watch?prefix=socket:`, 'socket:1']
    const messages = async (socket: WebSocket, count: number) => {
      const all: Record<string, unknown>[] = []
      socket.on('message', (data) => all.push(JSON.parse(String(data))))
      return await until(
        async () => all,
        ({ length }) => length >= count,
      ).finally(() => socket.close())
    }
    const first = new WebSocket(at)
    const hearing = messages(first, 2)
    await once(first, 'message')
    await post(`${cluster.url('b')}/api`, { key, data: 1 })
    const [beat, change] = await hearing
    expect(beat).to.have.all.keys('event', 'id')
    expect(change).to.deep.include({ event: 'change' })
    expect(change?.['data']).to.deep.include({ kind: 'value', key, data: 1 })
    await post(`${cluster.url('b')}/api`, { key, data: 2 })
    const [, missed] = await messages(new WebSocket(`${at}&since=${change?.['id']}`), 2)
    expect(missed?.['data']).to.deep.include({ key, data: 2 })
    const refused = new WebSocket(`${at}&kinds=soup`)
    const [error] = await once(refused, 'error')
    expect(error.message).to.include('400')
  })

  it('take what they are told, or miss it: nobody keeps it for them', async () => {
    const { port } = new URL(cluster.url('a'))
    const socket = connect(Number(port), '127.0.0.1')
    socket.write('GET /api/v1/watch?prefix=slow: HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await until(
      () => metric(cluster.url('a'), 'larder_watchers'),
      (count) => count === 1,
    )
    const data = 'x'.repeat(2 ** 20)
    for (let count = 0; count < 40; count++) await post(`${cluster.url('b')}/api`, { key: 'slow:1', data })
    expect(await metric(cluster.url('a'), 'larder_inflight_bytes')).to.be.below(8 * 2 ** 20)
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-4096)
    })
    await until(
      async () => text.includes('event: gap'),
      (isTold) => isTold,
    )
    socket.destroy()
    await until(
      () => metric(cluster.url('a'), 'larder_watchers'),
      (count) => count === 0,
    )
  })
}
