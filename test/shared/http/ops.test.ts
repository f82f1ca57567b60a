/** What a service says of whether requests should be sent to it. */
import { expect } from 'chai'
import { Registry } from 'prom-client'
import { type OpsOptions, opsRoutes } from '../../../shared/http/ops.ts'

async function readyz(parts: Partial<OpsOptions>): Promise<unknown> {
  const basis = { title: '', registry: new Registry(), identity: { id: 'a' }, routes: [] }
  const routes = opsRoutes({ ...basis, notReady: () => undefined, ...parts })
  const route = routes.find(({ path }) => path === '/readyz')
  return JSON.parse(String((await route?.handle({} as never))?.body))
}

describe('/readyz', () => {
  it('says who is waited for and what has been arriving for long, where there is such', async () => {
    expect(await readyz({})).to.deep.equal({ status: 'ok', id: 'a' })
    expect(await readyz({ waitingFor: () => [], overdue: () => [] })).to.deep.equal({ status: 'ok', id: 'a' })
    const late = { slots: 7, seconds: 31, reason: 'b gives no answer' }
    expect(await readyz({ waitingFor: () => ['b'], overdue: () => [late] })).to.deep.equal({
      status: 'ok',
      id: 'a',
      waiting_for: ['b'],
      arriving: [late],
    })
  })
})
