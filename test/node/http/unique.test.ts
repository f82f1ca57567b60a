/** Reactions of which a user shows one at a time, what a user shows, and both in a batch. */
import { expect } from 'chai'
import { eachOnNode, type TestNode } from '../../support/node.ts'
import { call, expectProblem, send } from './call.ts'

let node: TestNode
const react = (user_id: string, reaction_type: string, more: object = {}) =>
  send(`POST ${node.url}/api/v1/reaction`, {
    ...{ type: 'reaction', action: 'add', content_id: 'Stew' },
    ...{ user_id, reaction_type },
    ...more,
  })
const count = async (query = '') =>
  (await call(`GET ${node.url}/api/v1/reaction/reactions_count/Stew${query}`)).json

describe('a reaction', () => {
  eachOnNode((started) => {
    node = started
  })

  it('that is unique ends the others of its user to its content, and no others', async () => {
    await react('Sam', 'fire')
    await react('Sam', 'ice', { ttl: 60 })
    await react('Max', 'fire')
    expect((await react('Sam', 'salt', { unique: true })).status).to.equal(201)
    expect(await count()).to.deep.equal({ content_id: 'Stew', reaction_count: { fire: 1, salt: 1 } })
    await react('Sam', 'salt', { unique: true })
    await react('Sam', 'fire', { unique: false })
    expect(await count()).to.have.deep.property('reaction_count', { fire: 2, salt: 1 })
    expectProblem(await react('Sam', 'fire', { unique: 1 }), 422, 'UNPROCESSABLE')
  })

  it('is removed by what has added it, with another action', async () => {
    for (const more of [{ ttl: 60 }, { unique: true }]) {
      await react('Sam', 'fire', more)
      await react('Ann', 'fire')
      expect((await react('Sam', 'fire', { action: 'remove', ...more })).status).to.equal(201)
      expect(await count()).to.have.deep.property('reaction_count', { fire: 1 })
    }
  })

  it('is told as one of its own to the user that is asked for', async () => {
    await react('Sam', 'fire')
    await react('Sam', 'ice')
    await react('Max', 'fire')
    expect(await count('?user_id=Sam')).to.deep.equal({
      content_id: 'Stew',
      reaction_count: { fire: 2, ice: 1 },
      own: ['fire', 'ice'],
    })
    expect(await count('?user_id=Kim')).to.have.deep.property('own', [])
    const empty = await call(`GET ${node.url}/api/v1/reaction/reactions_count/Stew?user_id=`)
    expectProblem(empty, 400, 'BAD_REQUEST')
    expect(empty.text).to.include('user_id: it is empty')
  })

  it('is added, removed and counted in a batch', async () => {
    const who = { key: 'Stew', user: 'Sam', reaction: 'fire' }
    const ops = [
      ...[
        { op: 'reactions', key: 'Stew' },
        { op: 'react', ...who },
        { op: 'reactions', key: 'Stew' },
      ],
      ...[
        { op: 'unreact', ...who },
        { op: 'reactions', key: 'Stew' },
        { op: 'react', ...who, ttl: 5 },
      ],
      ...[
        { op: 'react', key: 'Stew', user: '' },
        { op: 'react', ...who, ttl: 0 },
      ],
    ]
    const { json } = await send(`POST ${node.url}/api/v1/batch`, { ops })
    const { results } = json as { results: Record<string, unknown>[] }
    expect(results.map(({ status }) => status)).to.deep.equal([404, 200, 200, 200, 404, 200, 422, 400])
    expect(results[2]).to.deep.equal({ status: 200, key: 'Stew', reaction_count: { fire: 1 } })
    await node.clock.advance(5000)
    expect(await count()).to.include({ code: 'NO_SUCH_KEY' })
  })
})
