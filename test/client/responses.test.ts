/** Cached responses, purging and events, as the client has them, at real nodes before a real upstream. */
import { expect } from 'chai'
import { TestUpstream } from '../support/upstream.ts'
import { failure, through } from './through.ts'

const PATH = '/server/object(42)/header'
const acme = { orgId: 'acme', authorization: 'Bearer t' }

describe('client: responses', () => {
  let upstream: TestUpstream
  before(async () => {
    upstream = await TestUpstream.start()
  })
  after(() => upstream?.[Symbol.asyncDispose]())

  through(
    'responses',
    (client) => {
      const numberIn = async (options: object = acme) => {
        const { status, body } = await client().responses.get(PATH, options)
        expect(status).equal(200)
        return (body as { number: number }).number
      }
      beforeEach(async () => {
        upstream.answer = ({ number, tenant }) => ({
          headers: { 'content-type': 'application/json', 'surrogate-key': 'recipe-7' },
          body: JSON.stringify({ number, tenant }),
        })
        await client().responses.clear()
      })

      it('are fetched once, and are of a tenant', async () => {
        const first = await numberIn()
        expect(await numberIn()).equal(first)
        expect(await numberIn({ ...acme, orgId: 'other' })).equal(first + 1)
        const { headers } = await client().responses.get(PATH, acme)
        expect(headers.get('cache-status')).include('hit')
      })

      it('are forgotten: by path, by tag, by an event, of a tenant, of all', async () => {
        const { responses } = client()
        let number = await numberIn()
        for (const forget of [
          () => responses.delete(PATH, acme),
          () => responses.purge({ path: PATH }),
          () => responses.purge({ tag: 'recipe-7', orgId: 'acme' }),
          () => responses.purge({ tag: 'recipe-7', soft: false }),
          () => responses.event({ type: 'object.update', objectid: '42' }),
          () => responses.clear({ orgId: 'acme' }),
          () => responses.clear(),
        ]) {
          await forget()
          number++
          expect(await numberIn(), String(forget)).equal(number)
        }
        await responses.purge({ tag: 'another' })
        expect(await numberIn()).equal(number)
        expect(await failure(responses.purge({}))).include({ status: 400 })
      })

      it('may be what the application has made', async () => {
        const { responses } = client()
        await responses.put(PATH, JSON.stringify({ number: -1 }), acme)
        expect(await numberIn()).equal(-1)
        await responses.put(PATH, new Uint8Array([1, 2]), { ...acme, contentType: 'image/png' })
        expect((await responses.get(PATH, acme)).body).deep.equal(new Uint8Array([1, 2]))
      })

      it('that are errors of upstream are answers, and none is asked for twice', async () => {
        for (const status of [404, 429, 500, 502, 503, 504]) {
          const calls = upstream.calls.length
          upstream.answer = () => ({
            status,
            headers: { 'content-type': 'application/json' },
            body: '{"no":',
          })
          const { status: found, body } = await client().responses.get(PATH, acme)
          expect(found).equal(status)
          expect(new TextDecoder().decode(body as Uint8Array)).equal('{"no":')
          expect(upstream.calls.length).equal(calls + 1)
        }
        upstream.answer = () => ({ breaks: 'silent' })
        const { status, body } = await client().responses.get(PATH, acme)
        expect([status, (body as { code: string }).code]).deep.equal([502, 'UPSTREAM_UNREACHABLE'])
      })
    },
    async () => ({ ROUTES_FILE: await upstream.contract() }),
  )
})
