/** A service that is asked for more than it can do: what it answers is not late, and the rest is told at once. */
import { expect } from 'chai'
import { pino } from 'pino'
import { createHttpMetrics } from '../../../shared/http/metrics.ts'
import { empty } from '../../../shared/http/response.ts'
import type { Route } from '../../../shared/http/route.ts'
import { HttpService } from '../../../shared/http/service.ts'

const WORK_MS = 25
const CLIENTS = 30

/** Keeps the process busy, as a large batch does. */
const work: Route = {
  method: 'GET',
  path: '/work',
  summary: 'Work.',
  access: 'public',
  isHot: true,
  answers: { 204: { description: 'Done.' } },
  handle() {
    const untilMs = performance.now() + WORK_MS
    while (performance.now() < untilMs);
    return empty(204)
  },
}

describe('a service that is asked for more than it can do', () => {
  it('refuses what would be late, and nothing any more once there is less', async () => {
    const log = pino({ level: 'silent' })
    const service = await HttpService.listen({
      host: '127.0.0.1',
      port: 0,
      log,
      metrics: createHttpMetrics(),
    })
    service.serve([work], {})
    const url = `http://127.0.0.1:${service.port}/work`
    const refusal = Promise.withResolvers<Response>()
    let isRefused = false
    const client = async () => {
      while (!isRefused) {
        const answer = await fetch(url)
        if (answer.status !== 503) continue
        isRefused = true
        refusal.resolve(answer)
      }
    }
    const clients = Array.from({ length: CLIENTS }, client)
    const answer = await refusal.promise
    expect(answer.headers.get('retry-after')).equal('1')
    expect(await answer.json()).to.include({ code: 'OVERLOADED' })
    await Promise.all(clients)
    for (let index = 0; index < 5; index++) expect((await fetch(url)).status).equal(204)
    await service.close(0)
  })
})
