/** Shards before a disk in trouble: what is refused was not applied, and what was applied is not forgotten. */
import { expect } from 'chai'
import { pino } from 'pino'
import { StampClock } from '../../../node/entries/stamp.ts'
import { Memory } from '../../../node/memory/memory.ts'
import { Shards } from '../../../node/shard/shards.ts'
import type { Command } from '../../../shared/command.ts'
import type { LarderError } from '../../../shared/errors.ts'
import { settled } from '../../support/clock.ts'
import { unlimitedTurns } from '../../support/turns.ts'
import { startWriting, type Writing } from './fake-target.ts'

const BYTES_MAX = 1_000_000

interface Bench extends Writing {
  /** What came of it: a body, a total, or a code. */
  execute(command: Command): Promise<string>
}

function start(options: { intervalMs: number; waitingBytesMax?: number }): Bench {
  const writing = startWriting(options)
  const { clock, writes } = writing
  const stamps = new StampClock('a')
  const shards = new Shards({
    clock,
    turns: unlimitedTurns(),
    log: pino({ level: 'silent' }),
    self: 'a',
    shardLimit: 2,
    queueMax: 100,
    memory: new Memory(BYTES_MAX, { forget: (forgotten) => writes.forget(forgotten) }),
    holdings: { isHere: () => true, owns: () => true, async arrival() {}, async arrivals() {} },
    replication: { async merged() {} },
    stamps,
    moment: () => ({
      nowMs: clock.now(),
      origin: 'a',
      isCertain: true,
      isOver: () => false,
      stamp: () => stamps.next(clock.wall()),
    }),
    keeper: writes,
  })
  const execute = (command: Command): Promise<string> =>
    Promise.try(() => shards.execute(command, { deadlineAtMs: Infinity })).then(
      (reply) =>
        reply.type === 'value' ? String(reply.body) : reply.type === 'total' ? reply.value : reply.type,
      (error: LarderError) => error.code,
    )
  return { ...writing, execute }
}

const set = (key: string, body: string): Command => {
  return { type: 'value.set', key, contentType: 'text/plain', body }
}
const get = (key: string): Command => ({ type: 'value.get', key })
const add = (key: string, by: number): Command => ({ type: 'counter.add', key, by: String(by) })
const total = (key: string): Command => ({ type: 'counter.get', key })

describe('shards, while too much waits for the disk', () => {
  it('apply nothing of what they refuse, read on, and take writes again once the disk has caught up', async () => {
    const { clock, target, execute } = start({ intervalMs: 1000, waitingBytesMax: 5000 })
    expect(await execute(set('salt', 'x'.repeat(6000)))).to.equal('stored')
    for (const command of [set('salt', 'new'), add('jam', 1), { type: 'value.delete', key: 'salt' } as const])
      expect(await execute(command)).to.equal('OVERLOADED')
    expect(await execute(get('salt'))).to.have.length(6000)
    expect(await execute(total('jam'))).to.equal('missing')
    await clock.advance(500)
    await target.finish()
    expect(await execute(add('jam', 1))).to.equal('1')
  })

  it('never let more wait than the limit and one batch, however long the disk fails', async () => {
    const { clock, target, writes, execute } = start({ intervalMs: 1000, waitingBytesMax: 20_000 })
    const codes = new Set<string>()
    for (let index = 0; index < 200; index++) {
      codes.add(await execute(set(`k${index}`, 'x'.repeat(500))))
      if (index % 10 > 0) continue
      await clock.advance(1000)
      if (target.isWriting) await target.fail()
    }
    expect([...codes]).to.deep.equal(['stored', 'OVERLOADED'])
    expect(writes.waiting).to.be.within(20, 40)
  })
})

describe('shards, with a disk that has to have each write', () => {
  it('answer when the disk has it, also whoever has only read it; reads of other slots at once', async () => {
    const { target, execute } = start({ intervalMs: 0 })
    const answers: string[] = []
    for (const command of [add('jam', 5), total('jam')]) {
      void execute(command).then((text) => answers.push(text))
      await settled()
    }
    expect(await execute(total('salt'))).to.equal('missing')
    expect(answers).to.deep.equal([])
    await target.finish()
    expect(answers).to.deep.equal(['5', '5'])
  })

  it('say that a write was not saved, and keep it for the next try', async () => {
    const { clock, target, execute } = start({ intervalMs: 0 })
    const answer = execute(add('jam', 5))
    await settled()
    await target.fail()
    expect(await answer).to.equal('NOT_SAVED')
    expect(await execute(add('jam', 1))).to.equal('NOT_SAVED')
    expect(await execute(total('jam'))).to.equal('5')
    await clock.advance(1000)
    await target.finish()
    const next = execute(add('jam', 1))
    await settled()
    await target.finish()
    expect(await next).to.equal('6')
  })

  it('do not acknowledge a write that changes nothing before the one that it rests on', async () => {
    const { target, execute } = start({ intervalMs: 0 })
    const once: Command = { type: 'counter.add', key: 'jam', by: '5', idempotencyKey: 'once' }
    const answers = [execute(once), execute(once)]
    await settled()
    await target.fail()
    expect(await Promise.all(answers)).to.deep.equal(['NOT_SAVED', 'NOT_SAVED'])
    expect(await execute(total('jam'))).to.equal('5')
  })
})
