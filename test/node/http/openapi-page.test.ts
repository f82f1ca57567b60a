/** The page at /openapi.json as those read it who generate clients: what is on it, and how it is named. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { call } from './call.ts'

const ACCESS = { 'api-key': 'salt-and-pepper-1', authorization: 'Bearer what-members-show' }

describe('the page of the API', () => {
  let node: TestNode
  before(async () => {
    node = await startTestNode({ API_KEY: ACCESS['api-key'], CLUSTER_SECRET: 'what-members-show' })
  })
  after(() => node[Symbol.asyncDispose]())

  it('has the calls of members for members only, and tells nobody of paths that say what to ask instead', async () => {
    const ask = (query: string, headers: Record<string, string>) =>
      call(`GET ${node.url}/openapi.json${query}`, { headers })
    const { authorization, ...caller } = ACCESS
    const { text: shown } = await ask('', caller)
    expect(shown).to.not.include('/cluster/')
    expect((await ask('?internal=1', caller)).status).to.equal(401)
    expect((await ask('?internal=1', { authorization })).text).to.include('/cluster/execute')
    expect((await ask('?internal=2', caller)).status).to.equal(400)
    expect(shown).to.not.include('"/api/v1/counters"')
  })

  it('names every operation once, says what it is about, and what its components look like', async () => {
    const { json: document } = await call(`GET ${node.url}/openapi.json`, { headers: ACCESS })
    const { paths, components, tags } = document as {
      paths: Record<string, Record<string, { operationId: string; tags: string[]; security: object[] }>>
      components: { schemas: Record<string, { examples?: unknown[] }>; securitySchemes: object }
      tags: { name: string }[]
    }
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods))
    const names = operations.map(({ operationId }) => operationId)
    expect(new Set(names).size).to.equal(names.length)
    for (const name of names) expect(name).to.match(/^[a-z][A-Za-z0-9]*$/)
    const known = tags.map(({ name }) => name)
    for (const { tags, security } of operations) {
      expect(known).to.include.members(tags)
      const schemes = security.flatMap((scheme) => Object.keys(scheme))
      for (const scheme of schemes) expect(components.securitySchemes).to.have.property(scheme)
    }
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    for (const [name, schema] of Object.entries(components.schemas))
      for (const example of schema.examples ?? [])
        expect(ajv.validate({ ...schema, components }, example), `${name}: ${ajv.errorsText()}`).to.equal(
          true,
        )
    expect(components.schemas).to.include.keys('Entry', 'Problem', 'Total', 'Operation', 'ReactionUsers')
  })
})
