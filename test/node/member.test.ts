/** A member in memory, without uplink or disk: a backend like any other, whose keepers hear of all that is applied. */
import { expect } from 'chai'
import { Registry } from 'prom-client'
import type { Backend } from '../../node/backend.ts'
import { createClusterMetrics } from '../../node/cluster/metrics.ts'
import { StampClock } from '../../node/entries/stamp.ts'
import { createMember } from '../../node/member.ts'
import type { Keeper } from '../../node/shard/keeper.ts'
import { REMEMBERS_NOTHING } from '../../node/storage/standings.ts'
import { KEEPS_NOTHING } from '../../node/storage/storage.ts'
import type { Command } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { InFlight } from '../../shared/in-flight.ts'
import { FakeClock } from '../support/clock.ts'
import { silent } from '../support/cluster.ts'
import { unlimitedTurns } from '../support/turns.ts'
import { self } from '../support/views.ts'

function createBackend(keepers: readonly Keeper[], inFlight = new InFlight(UNLIMITED)): Backend {
  const registry = new Registry()
  return createMember({
    self,
    clock: new FakeClock(),
    turns: unlimitedTurns(),
    log: silent,
    registry,
    metrics: createClusterMetrics(registry),
    stamps: new StampClock('a-1'),
    uplink: undefined,
    storage: {
      keeper: KEEPS_NOTHING,
      standings: REMEMBERS_NOTHING,
      notReady: undefined,
      open: async () => {},
      recover: async () => {},
      cancelRecovery() {},
      stop: async () => {},
    },
    keepers,
    inFlight,
    shardLimit: 1,
    queueMax: 10,
    bytesMax: 2 ** 20,
    bodyBytesMax: 2 ** 20,
    waitForHoldersMs: 0,
    requests: () => 0,
    connect: () => {
      throw new Error('there is nobody else')
    },
    inFrontOf: (shards) => shards,
    onView() {},
    onRejected() {},
  }).backend
}

const UNLIMITED = { bytesMax: Infinity, log: silent }
const options = { deadlineAtMs: Infinity, requestId: 'r', traced: false }

describe('a member as a backend', () => {
  it('counts what comes from other members in parts as in flight', () => {
    const inFlight = new InFlight(UNLIMITED)
    createBackend([], inFlight)
    expect([...inFlight.holders].map(({ bytes }) => bytes)).to.deep.equal([0])
  })

  it('carries out commands once it has started, and says so', async () => {
    const backend = createBackend([])
    const get: Command = { type: 'value.get', key: 'jam' }
    expect(backend.notReady).to.include('has not joined')
    expect(() => backend.engine.execute(get, options)).to.throw('still starting')
    await backend.open()
    await backend.start()
    expect(backend.notReady).to.equal(undefined)
    expect(await backend.engine.execute(get, options)).to.deep.equal({ type: 'missing', owner: 'a' })
    await backend.leave()
    expect(backend.notReady).to.include('leaving')
    await backend.stop()
  })

  it('tells every keeper of what is applied, and asks each before', async () => {
    const noted: string[] = []
    const watching: Keeper = {
      refusalOf: ({ key }) => (key === 'no' ? new LarderError('OVERLOADED', 'not this one') : undefined),
      note: ({ id }) => void noted.push(id),
      saved: () => new Set(),
    }
    const backend = createBackend([watching])
    await backend.start()
    const add = (key: string) => backend.engine.execute({ type: 'counter.add', key, by: '1' }, options)
    await add('plates')
    const refused = await Promise.resolve(add('no')).catch(({ code }: LarderError) => code)
    expect([noted, refused]).to.deep.equal([['vplates'], 'OVERLOADED'])
    await backend.leave()
    await backend.stop()
  })
})
