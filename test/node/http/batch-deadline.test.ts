/** A batch whose keys belong to a member that hangs. */
import { expect } from 'chai'
import { pino } from 'pino'
import { createDispatch } from '../../../node/dispatch.ts'
import type { Engine } from '../../../node/engine.ts'
import { batchRoutes } from '../../../node/http/batch.ts'
import { LarderError } from '../../../shared/errors.ts'
import { createHttpMetrics } from '../../../shared/http/metrics.ts'
import { HttpService } from '../../../shared/http/service.ts'
import { FakeClock } from '../../support/clock.ts'
import { send } from './call.ts'

const PEER_TIMEOUT_MS = 2000

describe('a batch to a member that hangs', () => {
  const clock = new FakeClock()
  const begun = Promise.withResolvers<void>()
  let service: HttpService

  before(async () => {
    const hanging: Engine = {
      execute(_command, { deadlineAtMs }) {
        const { promise, reject } = Promise.withResolvers<never>()
        const late = new LarderError('UNREACHABLE', 'It did not answer in time.')
        clock.after(deadlineAtMs - clock.now(), () => reject(late))
        begun.resolve()
        return promise
      },
    }
    const log = pino({ level: 'silent' })
    service = await HttpService.listen({ host: '127.0.0.1', port: 0, log, metrics: createHttpMetrics() })
    service.serve(batchRoutes(createDispatch(hanging, clock, PEER_TIMEOUT_MS), 1_000_000), {})
  })
  after(() => service.close(0))

  it('waits as long as one command would, however its operations depend on each other', async function () {
    this.timeout(2000) // Real ones; the peer is waited for in the clock's time.
    const ops = Array.from({ length: 20 }, (_, index) =>
      index % 2 === 0 ? { op: 'set', key: 'k', data: 1 } : { op: 'get', key: 'k' },
    )
    const answering = send(`POST http://127.0.0.1:${service.port}/api/v1/batch`, { ops })
    await begun.promise
    await clock.advance(PEER_TIMEOUT_MS)
    const { json } = await answering
    expect(json).to.have.nested.property('results[0].code', 'UNREACHABLE')
    expect(json).to.have.nested.property('results[19].code', 'UNREACHABLE')
  })
})
