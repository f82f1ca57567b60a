/** Events as Kafka brings them: which of them are passed over, and which have to come again. */
import { expect } from 'chai'
import { pino } from 'pino'
import type { Engine } from '../../../../node/engine.ts'
import type { CachedRoute } from '../../../../node/route-table.ts'
import { Events } from '../../../../node/sources/events.ts'
import { createSourceMetrics } from '../../../../node/sources/metrics.ts'
import type { Command } from '../../../../shared/command.ts'
import { LarderError } from '../../../../shared/errors.ts'
import { createHttpMetrics } from '../../../../shared/http/metrics.ts'
import { FakeClock } from '../../../support/clock.ts'
import { testMeans } from '../../../support/means.ts'

describe('events from Kafka', () => {
  const routes: readonly CachedRoute[] = [
    {
      type: 'object',
      path: '/o/{id}',
      upstream: 'http://a/{id}',
      ttlMs: 1,
      staleWhileRevalidateMs: 0,
      staleIfErrorMs: 0,
      timeoutMs: 1,
      freshness: 'route',
      hasTenants: true,
      unsafe: 'store',
      headers: [],
      events: { topic: 'objects', id: 'objectid', action: 'invalidate', types: ['update'] },
    },
  ]

  function eventsOn(engine: Engine): { events: Events; lines: string[] } {
    const lines: string[] = []
    const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
    const metrics = createSourceMetrics(createHttpMetrics().registry)
    const clock = new FakeClock()
    return {
      events: new Events({ engine, routes, clock, log, metrics, timeoutMs: 100, ...testMeans() }),
      lines,
    }
  }
  const message = (value: unknown, topic = 'objects') => ({
    topic,
    value: Buffer.from(JSON.stringify(value)),
  })

  it('are the same messages, of the topic that the route names', async () => {
    const told: Command[] = []
    const { events } = eventsOn({
      async execute(command) {
        told.push(command)
        return { type: 'deleted', owner: 'a' }
      },
    })
    await events.take(message({ type: 'update', objectid: 42 }))
    await events.take(message({ type: 'update', objectid: 43 }, 'others'))
    expect(told).to.deep.equal([{ type: 'response.invalidate', key: '/o/42', isRefresh: false }])
  })

  it('are passed over with a line in the log when they cannot be understood', async () => {
    const { events, lines } = eventsOn({
      async execute() {
        throw new Error('nothing was to be done')
      },
    })
    for (const value of [Buffer.from('{'), null, Buffer.of(255), Buffer.from('{"type":"update"}')])
      await events.take({ topic: 'objects', value })
    expect(lines).to.have.length(4)
    for (const line of lines) expect(JSON.parse(line)).to.include({ topic: 'objects' })
  })

  it('have to come again when an owner could not be told', async () => {
    const { events } = eventsOn({
      async execute() {
        throw new LarderError('UNREACHABLE', 'b did not answer')
      },
    })
    const outcome = await events
      .take(message({ type: 'update', objectid: '1' }))
      .catch((error: unknown) => error)
    expect(outcome).to.include({ code: 'UNREACHABLE' })
  })
})
