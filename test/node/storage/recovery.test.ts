/** A start from disk: what it restores, what it tells meanwhile, and that it can be stopped. */
import { expect } from 'chai'
import { pino } from 'pino'
import { type Change, dueAtMs } from '../../../node/entries/entry.ts'
import { StampClock, TICKS_PER_MS } from '../../../node/entries/stamp.ts'
import type { Facts } from '../../../node/storage/database.ts'
import { Recovery, type RecoveryOptions, type Restored } from '../../../node/storage/recovery.ts'
import type { StoredEntry, StoredRow } from '../../../node/storage/rows.ts'
import { FakeClock } from '../../support/clock.ts'
import { unlimitedTurns } from '../../support/turns.ts'
import { rowOf } from './fake-target.ts'
import { AHEAD_MS, timesOf } from './times.ts'

function rows(count: number, time = 1): StoredRow[] {
  return Array.from({ length: count }, (_, index) => {
    const { table, key, cells = [] } = rowOf(`k${index}`, '')
    return { table, cells: [...key, ...cells.with(1, time)] }
  })
}

async function* chunksOf(all: readonly StoredRow[], size: number): AsyncGenerator<StoredRow[]> {
  for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size)
}

interface Started {
  readonly recovery: Recovery
  readonly into: Restored
  readonly restored: StoredEntry[]
  readonly witnessed: number[]
  /** What is written anew. */
  readonly noted: Change[]
  /** Why it was not ready when what copies are worth began to go by what comes. */
  readonly begun: (string | undefined)[]
  readonly logged: Record<string, unknown>[]
}

async function open(
  read: () => AsyncGenerator<StoredRow[]>,
  opened: { rows: number; adopted: number; facts?: Facts },
  onRestore: (recovery: Recovery) => void = () => {},
  clock = new FakeClock(AHEAD_MS),
): Promise<Started> {
  const restored: StoredEntry[] = []
  const witnessed: number[] = []
  const logged: Record<string, unknown>[] = []
  const noted: Change[] = []
  const begun: (string | undefined)[] = []
  const stamps = new StampClock('a')
  const options: RecoveryOptions = {
    disk: { open: async () => ({ facts: {}, ...opened }), read },
    clock,
    turns: unlimitedTurns(),
    times: timesOf(clock),
    writes: { note: (change) => void noted.push(change), keep() {} },
    standings: { begin: () => void begun.push(recovery.notReady) },
    log: pino({ base: null }, { write: (line: string) => void logged.push(JSON.parse(line)) }),
  }
  const recovery = new Recovery(options)
  await recovery.open()
  const into: Restored = {
    memory: {
      merge(slot, id, entry) {
        restored.push({ slot, id, entry })
        onRestore(recovery)
      },
    },
    stamps: {
      witness: ({ time }) => void witnessed.push(time),
      next: (wallMs) => stamps.next(wallMs),
    },
    slots: { restore() {}, remember() {} },
  }
  return { recovery, into, restored, witnessed, noted, begun, logged }
}

describe('a start from disk', () => {
  it('restores every row, and witnesses its time first', async () => {
    const read = () => chunksOf(rows(5, 77), 2)
    const { recovery, into, restored, witnessed } = await open(read, { rows: 5, adopted: 0 })
    await recovery.run(into)
    expect(restored.map(({ id }) => id)).to.deep.equal(['vk0', 'vk1', 'vk2', 'vk3', 'vk4'])
    expect(witnessed).to.deep.equal([77, 77, 77, 77, 77])
  })

  it('witnesses the delete of a counter and the time of a presence, which have stamps too', async () => {
    const stored: StoredRow[] = [
      { table: 'counters', cells: ['jam', 1, null, '{"reset":{"time":8,"origin":"a"},"tallies":[]}', null] },
      { table: 'presences', cells: ['stew', 'like', 'ann', 1, 9, null, 0] },
    ]
    const { recovery, into, witnessed } = await open(() => chunksOf(stored, 2), { rows: 2, adopted: 0 })
    await recovery.run(into)
    expect(witnessed).to.deep.equal([8, 9])
  })

  it('keeps what was written at a time that cannot be, as written now, and writes it so', async () => {
    const clock = new FakeClock(AHEAD_MS)
    const good = (clock.wall() + 3_600_000) * TICKS_PER_MS
    const all = [...rows(1, good), ...rows(3, 1e300).slice(1), ...rows(4, -1).slice(3)]
    const read = () => chunksOf(all, 2)
    const opened = await open(read, { rows: 4, adopted: 0 }, () => {}, clock)
    const { recovery, into, restored, witnessed, noted, logged } = opened
    await recovery.run(into)
    const times = restored.map(({ entry }) => (entry.kind === 'register' ? entry.stamp.time : undefined))
    const now = clock.wall() * TICKS_PER_MS
    expect(times).to.deep.equal([good, now, now + 1, now + 2])
    expect(witnessed).to.deep.equal([good])
    expect(restored.every(({ entry }) => entry.kind === 'register' && entry.value?.body === '')).to.equal(
      true,
    )
    expect(noted.map(({ id }) => id)).to.deep.equal(['vk1', 'vk2', 'vk3'])
    expect(noted.map(({ state }) => state)).to.deep.equal(restored.slice(1).map(({ entry }) => entry))
    expect(logged.at(-1))
      .to.include({ rows: 3 })
      .and.have.property('msg')
      .that.includes('is the clock right?')
  })

  it('does the same with the delete of a counter, whose tallies it keeps, and with a presence', async () => {
    const tallies = '[["a","5","0"]]'
    const stored: StoredRow[] = [
      {
        table: 'counters',
        cells: ['jam', 1, null, `{"reset":{"time":1e300,"origin":"a"},"tallies":${tallies}}`, null],
      },
      { table: 'presences', cells: ['stew', 'like', 'ann', 1, 1e300, null, 0] },
    ]
    const { recovery, into, restored, noted } = await open(() => chunksOf(stored, 2), { rows: 2, adopted: 0 })
    await recovery.run(into)
    const [jam, stew] = restored.map(({ entry }) => entry)
    expect(jam).to.have.nested.property('reset.time').that.is.below(1e18)
    expect(jam).to.deep.include({ tallies: { a: { added: 5n, taken: 0n } } })
    expect(stew?.kind === 'reactions' && stew.find('like', 'ann')?.time).to.be.below(1e18)
    expect(noted).to.have.length(2)
  })

  it('goes on with the time of the file, so that what was left of a life is what is left', async () => {
    const clock = new FakeClock(AHEAD_MS)
    const facts = { file_time: 1000, wall_time: clock.wall() - 40 }
    const ending = rows(1).map(({ table, cells }) => ({ table, cells: cells.with(4, 1100) }))
    const { recovery, into, restored } = await open(
      () => chunksOf(ending, 1),
      { rows: 1, adopted: 0, facts },
      () => {},
      clock,
    )
    await recovery.run(into)
    expect(restored[0]?.entry).to.include({ endsAtMs: clock.now() + 60 })
  })

  it('remembers from now on what has ended meanwhile: another disk may have what was there before', async () => {
    const clock = new FakeClock(AHEAD_MS)
    const facts = { file_time: 5000, wall_time: clock.wall() - 3_600_000 }
    const stored: StoredRow[] = [
      { table: 'registers', cells: ['vsalt', 1, 5, 'a', 6000, 'text/plain', 'x', null, null] },
      { table: 'counters', cells: ['jam', 1, 3, '{"tallies":[["a","3","0"]]}', 6000] },
      { table: 'presences', cells: ['stew', 'like', 'ann', 1, 5, 6000, 0] },
    ]
    const read = () => chunksOf(stored, 3)
    const { recovery, into, restored } = await open(read, { rows: 3, adopted: 0, facts }, () => {}, clock)
    await recovery.run(into)
    const ends = restored.map(({ entry }) => dueAtMs(entry, 0))
    expect(ends).to.deep.equal([clock.now(), clock.now(), clock.now()])
  })

  it('is not ready before it is through, and tells how far it is', async () => {
    const seen: (string | undefined)[] = []
    const read = () => chunksOf(rows(4), 2)
    const { recovery, into, begun } = await open(read, { rows: 4, adopted: 0 }, ({ notReady }) =>
      seen.push(notReady),
    )
    expect(recovery.notReady).to.equal('It is reading its disk: 0 of 4 rows so far.')
    await recovery.run(into)
    expect(seen.at(-1)).to.equal('It is reading its disk: 2 of 4 rows so far.')
    expect([recovery.notReady, begun]).to.deep.equal([undefined, [undefined]])
  })

  it('logs every 100,000 rows', async () => {
    const count = 250_000
    const read = () => chunksOf(rows(count), 1000)
    const { recovery, into, logged } = await open(read, { rows: count, adopted: 0 })
    await recovery.run(into)
    const progress = logged.filter(({ msg }) => msg === 'reading the disk')
    expect(progress.map(({ read }) => read)).to.deep.equal([undefined, 100_000, 200_000])
    expect(logged.at(-1)).to.include({ msg: 'the disk is read', rows: count })
  })

  it('ends early once it is cancelled, and is not ready then', async () => {
    const read = () => chunksOf(rows(10), 2)
    const { recovery, into, restored, begun } = await open(read, { rows: 10, adopted: 0 }, (one) =>
      one.cancel(),
    )
    await recovery.run(into)
    expect([restored.length, begun]).to.deep.equal([2, []])
    expect(recovery.notReady).to.include('reading its disk')
  })

  it('logs numbers that it has taken over, and says nothing where there are none', async () => {
    const none = await open(() => chunksOf([], 1), { rows: 0, adopted: 0 })
    expect(none.logged).to.deep.equal([])
    const some = await open(() => chunksOf([], 1), { rows: 2, adopted: 2 })
    expect(some.logged[0]).to.include({ adopted: 2 })
  })

  it('fails where the file cannot be read to its end, or holds what is not ours', async () => {
    const broken = async function* (): AsyncGenerator<StoredRow[]> {
      yield rows(1)
      throw new Error('disk I/O error')
    }
    const failed = await open(broken, { rows: 2, adopted: 0 })
    expect(await failed.recovery.run(failed.into).catch(String)).to.include('disk I/O error')
    const foreign = () => chunksOf([{ table: 'registers', cells: ['v', 'x'] }], 1)
    const refused = await open(foreign, { rows: 1, adopted: 0 })
    expect(await refused.recovery.run(refused.into).catch(String)).to.include('a stored row has')
    expect(refused.recovery.notReady).to.include('reading its disk')
  })
})
