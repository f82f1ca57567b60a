/** Reading reactions over HTTP: pages of users, and what is going on. */
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { call, expectProblem, send } from './call.ts'

interface Users {
  readonly content_id: string
  readonly users: Readonly<Record<string, readonly string[]>>
  readonly cursor?: string
}

let node: TestNode
let list: (query?: string) => ReturnType<typeof call>
let activity: (query?: string) => ReturnType<typeof call>
function onNode(): void {
  before(async () => {
    node = await startTestNode()
    list = (query = '') => call(`GET ${node.url}/api/v1/reaction/users/Stew${query}`)
    activity = (query = '') => call(`GET ${node.url}/api/v1/activity${query}`)
    for (const [content, count] of [
      ['Stew', 7],
      ['Soup', 9],
      ['Salad', 7],
      ['Tart', 0],
    ] as const) {
      for (let user = 0; user < count; user++) await react(content, `user ${user}`, 'fire')
    }
    for (const user of ['user 0', 'user 1', 'other']) await react('Stew', user, 'ice')
    await react('Tart', 'Sam', 'fire')
    await react('Tart', 'Sam', 'fire', 'remove')
  })
  after(() => node[Symbol.asyncDispose]())
}

async function react(
  content_id: string,
  user_id: string,
  reaction_type: string,
  action = 'add',
): Promise<void> {
  const body = { type: 'reaction', action, content_id, user_id, reaction_type }
  expect(await send(`POST ${node.url}/api/v1/reaction`, body)).to.include({ status: 201 })
}

async function pages(query: string): Promise<Users[]> {
  const pages: Users[] = []
  for (let cursor = ''; ; ) {
    const page = (await list(`?${query}&cursor=${cursor}`)).json as Users
    pages.push(page)
    if (page.cursor === undefined) return pages
    cursor = page.cursor
  }
}

describe('GET /api/v1/reaction/users/{content_id}', () => {
  onNode()

  const fire = Array.from({ length: 7 }, (_, user) => `user ${user}`)
  const ice = ['other', 'user 0', 'user 1']

  it('lists users by reaction, in their order, of one reaction or of all', async () => {
    expect((await list()).json).to.deep.equal({ content_id: 'Stew', users: { fire, ice } })
    expect((await list('?reaction_type=ice&limit=3')).json).to.deep.equal({
      content_id: 'Stew',
      users: { ice },
    })
    expect((await list('?reaction_type=&cursor=')).json).to.deep.equal({
      content_id: 'Stew',
      users: { fire, ice },
    })
    for (const none of ['smoke', '__proto__', 'constructor']) {
      const { text } = await list(`?reaction_type=${none}`)
      expect(text).to.equal(`{"content_id":"Stew","users":{"${none}":[]}}`)
    }
  })

  it('gives everyone once over its pages, and a cursor with every page but the last', async () => {
    for (let limit = 1; limit <= 11; limit++) {
      const all = await pages(`limit=${limit}`)
      expect(all.flatMap(({ users }) => users['fire'] ?? [])).to.deep.equal(fire)
      expect(all.flatMap(({ users }) => users['ice'] ?? [])).to.deep.equal(ice)
      expect(all.length).to.equal(Math.ceil(10 / limit))
      const one = await pages(`limit=${limit}&reaction_type=fire`)
      expect(one.flatMap(({ users }) => users['fire'] ?? [])).to.deep.equal(fire)
      expect(one.length).to.equal(Math.ceil(7 / limit))
    }
  })

  it('takes a cursor of ours and no other', async () => {
    const cursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const broken = [
      'x',
      '%00',
      '%ff',
      '!!!',
      'W10',
      'null',
      '__proto__',
      'e30',
      cursor(['fire']),
      cursor(null),
    ]
    const wrong = [
      cursor(['fire', 1]),
      cursor([null, 'Sam']),
      cursor(['fire', 'Sam', 'more']),
      cursor({ 0: 'a', 1: 'b' }),
    ]
    for (const text of [...broken, ...wrong]) expectProblem(await list(`?cursor=${text}`), 400, 'BAD_REQUEST')
    expectProblem(await list('?cursor=a&cursor=b'), 400, 'BAD_REQUEST')
    for (const names of [
      ['zzz', 'zzz'],
      ['ice', 'zzz'],
    ])
      expect((await list(`?cursor=${cursor(names)}`)).json).to.deep.equal({ content_id: 'Stew', users: {} })
    for (const names of [
      ['', ''],
      ['__proto__', '\ud800'],
      ['fire', ''],
    ])
      expect((await list(`?cursor=${cursor(names)}`)).json).to.deep.include({ users: { fire, ice } })
  })

  it('is 404 for a content that nobody has reacted to, and for none', async () => {
    for (const path of ['users/none', 'users/__proto__', 'reactions_count/none', 'reaction_counts/toString'])
      expectProblem(await call(`GET ${node.url}/api/v1/reaction/${path}`), 404, 'NO_SUCH_KEY')
    for (const path of ['users', 'users/', 'reactions_count/', 'reactions_counts/Stew'])
      expectProblem(await call(`GET ${node.url}/api/v1/reaction/${path}`), 404, 'NO_SUCH_PATH')
    for (const path of ['users/%', 'reactions_count/%ff'])
      expectProblem(await call(`GET ${node.url}/api/v1/reaction/${path}`), 400, 'BAD_REQUEST')
  })
})

describe('GET /api/v1/activity', () => {
  onNode()

  it('has the most engaged first, each user counted once a content, and contents of a tie by name', async () => {
    expect((await activity()).json).to.deep.equal({
      activity: [
        { content_id: 'Soup', users: 9, reaction_count: { fire: 9 } },
        { content_id: 'Stew', users: 8, reaction_count: { fire: 7, ice: 3 } },
        { content_id: 'Salad', users: 7, reaction_count: { fire: 7 } },
      ],
    })
    expect((await activity('?limit=1')).json)
      .to.have.property('activity')
      .with.lengthOf(1)
  })
})

describe('a limit', () => {
  onNode()

  it('is an integer from 1 to 1000', async () => {
    for (const limit of [
      '0',
      '-1',
      'abc',
      '1e3',
      '1001',
      '',
      '1.5',
      '+1',
      '%201',
      '0x1',
      '99999',
      'null',
      '١',
    ]) {
      expectProblem(await list(`?limit=${limit}`), 400, 'BAD_REQUEST')
      expectProblem(await activity(`?limit=${limit}`), 400, 'BAD_REQUEST')
    }
    for (const limit of ['1', '0001', '1000']) {
      expect((await list(`?limit=${limit}`)).status).to.equal(200)
      expect((await activity(`?limit=${limit}`)).status).to.equal(200)
    }
  })
})
