/** The order in which a member begins, leaves and ends: it joins with all that it had, and closes nothing too early. */
import { expect } from 'chai'
import { Registry } from 'prom-client'
import { ClusterBackend } from '../../../node/cluster/cluster-backend.ts'
import { Members, type MembersOptions } from '../../../node/cluster/members/members.ts'
import { createClusterMetrics } from '../../../node/cluster/metrics.ts'
import { Slots, type SlotsOptions } from '../../../node/cluster/slots/slots.ts'
import { Stay, type StayOptions } from '../../../node/cluster/stay.ts'
import { StampClock } from '../../../node/entries/stamp.ts'
import { Memory } from '../../../node/memory/memory.ts'
import { REMEMBERS_NOTHING } from '../../../node/storage/standings.ts'
import { KEEPS_NOTHING } from '../../../node/storage/storage.ts'
import type { LarderError } from '../../../shared/errors.ts'
import { FakeClock, settled } from '../../support/clock.ts'
import { silent } from '../../support/cluster.ts'
import { SlotPartners } from '../../support/slot-partners.ts'
import { unlimitedTurns } from '../../support/turns.ts'
import { REMEMBERS_NOBODY, self, WATCHED_BY_NOBODY } from '../../support/views.ts'

/** What was done, in its order. */
type Tell = (what: string) => void

class ToldMembers extends Members {
  readonly #tell: Tell

  constructor(options: MembersOptions, tell: Tell) {
    super(options)
    this.#tell = tell
  }

  override start(): void {
    this.#tell('members start')
  }

  override stop(): void {
    this.#tell('members stop')
  }
}

class ToldSlots extends Slots {
  readonly #tell: Tell

  constructor(options: SlotsOptions, tell: Tell) {
    super(options)
    this.#tell = tell
  }

  override start(): void {
    this.#tell('slots start')
  }

  override stop(): void {
    this.#tell('slots stop')
  }
}

class ToldStay extends Stay {
  owed = 0
  reason: string | undefined
  readonly #tell: Tell

  constructor(options: StayOptions, tell: Tell) {
    super(options)
    this.#tell = tell
  }

  override get notReady(): string | undefined {
    return this.reason
  }

  override async end(): Promise<number> {
    this.#tell('stay begins to end')
    await settled()
    this.#tell('stay ends')
    return this.owed
  }
}

/** A backend whose parts only tell what is asked of them; its disk is read, and closed, when the test says so. */
class Bench {
  readonly told: string[] = []
  readonly recovery = Promise.withResolvers<void>()
  readonly closing = Promise.withResolvers<void>()
  readonly disk: { notReady: string | undefined } = { notReady: undefined }
  readonly stay: ToldStay
  readonly backend: ClusterBackend

  constructor({ isAlone = false } = {}) {
    const [clock, tell] = [new FakeClock(), (what: string) => void this.told.push(what)]
    const metrics = createClusterMetrics(new Registry())
    const [stamps, memory, peers] = [new StampClock('a-1'), new Memory(Infinity), new SlotPartners(clock)]
    const parts = { self, uplink: undefined, clock, turns: unlimitedTurns(), log: silent, metrics, stamps }
    const alone = { settling: () => REMEMBERS_NOBODY, isLacking: () => false }
    const members = this.#members({ ...parts, ...alone, tell })
    const [keeper, storage] = [{ note() {} }, { keeper: KEEPS_NOTHING, standings: REMEMBERS_NOTHING }]
    const { catchUp, currency } = members
    const others = { catchUp, currency, peers, memory, keeper, storage, waitForHoldersMs: 0 }
    const slots = new ToldSlots({ ...parts, ...others, views: members }, tell)
    const told = { peers: { find: () => undefined, untried: () => [] }, ...WATCHED_BY_NOBODY }
    this.stay = new ToldStay({ ...parts, ...told, members, slots }, tell)
    this.backend = new ClusterBackend({
      engine: { execute: () => Promise.reject(new Error('no command is expected')) },
      routes: [],
      uplink: isAlone ? undefined : {},
      members,
      slots,
      stamps,
      memory,
      stay: this.stay,
      storage: this.#storage(tell),
      peers: { [Symbol.asyncDispose]: async () => tell('peers are closed') },
      sweeping: { start: () => tell('sweeping starts'), stop: () => tell('sweeping stops') },
      ...WATCHED_BY_NOBODY,
    })
  }

  #members({
    tell,
    ...parts
  }: Omit<MembersOptions, 'peers' | 'onView' | 'onAway' | 'onRejected'> & { tell: Tell }) {
    const nobody = () => {
      throw new Error('there is nobody to speak to')
    }
    const peers = { of: nobody, [Symbol.iterator]: nobody }
    return new ToldMembers({ ...parts, peers, onView() {}, onAway() {}, onRejected() {} }, tell)
  }

  #storage(tell: Tell) {
    const bench = this
    return {
      get notReady() {
        return bench.disk.notReady
      },
      open: async () => tell('the disk is opened'),
      recover: async () => {
        tell('the disk is read')
        await this.recovery.promise
      },
      cancelRecovery: () => tell('reading is called off'),
      stop: async () => {
        await this.closing.promise
        tell('the disk is closed')
      },
    }
  }
}

describe('a member that begins', () => {
  it('joins nobody before its disk is read', async () => {
    const bench = new Bench()
    await bench.backend.open()
    const starting = bench.backend.start()
    await settled()
    expect(bench.told).to.deep.equal(['the disk is opened', 'sweeping starts', 'the disk is read'])
    bench.recovery.resolve()
    await starting
    expect(bench.told.slice(3)).to.deep.equal(['members start', 'slots start'])
  })

  it('does not join when its disk cannot be read', async () => {
    const bench = new Bench()
    bench.recovery.reject(new Error('torn'))
    const failure = await bench.backend.start().catch((error: Error) => error.message)
    expect([failure, ...bench.told]).to.deep.equal(['torn', 'sweeping starts', 'the disk is read'])
  })

  it('looks after no copies where there is no uplink, and nobody else', async () => {
    const bench = new Bench({ isAlone: true })
    bench.recovery.resolve()
    await bench.backend.start()
    expect(bench.told).to.deep.equal(['sweeping starts', 'the disk is read', 'members start'])
  })

  it('is not ready for the reason that the disk has, and only then for one of its own', () => {
    const bench = new Bench()
    expect(bench.backend.notReady).to.equal(undefined)
    bench.stay.reason = 'it has not joined'
    expect(bench.backend.notReady).to.equal('it has not joined')
    bench.disk.notReady = 'it is being read'
    expect(bench.backend.notReady).to.equal('it is being read')
    bench.stay.reason = undefined
    expect(bench.backend.notReady).to.equal('it is being read')
  })
})

describe('a member that leaves', () => {
  it('hands over what it has, and is not gone before that', async () => {
    const bench = new Bench()
    bench.recovery.resolve()
    await bench.backend.start()
    bench.told.length = 0
    await bench.backend.leave()
    expect(bench.told).to.deep.equal(['reading is called off', 'stay begins to end', 'stay ends'])
  })

  it('calls off what it reads when it has not joined yet, waits for that, and never joins', async () => {
    const bench = new Bench()
    const starting = bench.backend.start()
    const leaving = bench.backend.leave()
    await settled()
    expect(bench.told.slice(2)).to.deep.equal(['reading is called off'])
    bench.recovery.resolve()
    await Promise.all([starting, leaving])
    expect(bench.told.slice(3)).to.deep.equal(['stay begins to end', 'stay ends'])
  })

  it('leaves in good order although its disk could not be read', async () => {
    const bench = new Bench()
    const starting = bench.backend.start().catch((error: Error) => error.message)
    const leaving = bench.backend.leave()
    bench.recovery.reject(new Error('torn'))
    await leaving
    expect([await starting, bench.told.at(-1)]).to.deep.equal(['torn', 'stay ends'])
  })
})

describe('a member that ends', () => {
  const end = (bench: Bench) => bench.backend.stop().catch((error: LarderError) => error.code)

  it('ends what it does by itself, then what others wait for, and its disk last', async () => {
    const bench = new Bench()
    const ending = end(bench)
    await settled()
    expect(new Set(bench.told.slice(0, 3))).to.deep.equal(
      new Set(['sweeping stops', 'members stop', 'slots stop']),
    )
    expect(bench.told.slice(3)).to.deep.equal(['peers are closed'])
    bench.closing.resolve()
    expect(await ending).to.equal(undefined)
    expect(bench.told.at(-1)).to.equal('the disk is closed')
  })

  it('says what it could hand over to nobody, once everything is closed', async () => {
    const bench = new Bench()
    bench.recovery.resolve()
    bench.stay.owed = 7
    await bench.backend.leave()
    expect(bench.backend.owed).to.equal(7)
    let failure: string | undefined
    const ending = end(bench).then((code) => {
      failure = code ?? undefined
    })
    await settled()
    expect([bench.told.at(-1), failure]).to.deep.equal(['peers are closed', undefined])
    bench.closing.resolve()
    await ending
    expect([bench.told.at(-1), failure]).to.deep.equal(['the disk is closed', 'NOT_SAVED'])
  })
})
