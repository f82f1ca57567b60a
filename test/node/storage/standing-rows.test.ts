/** What the disk knows of the copies beside their entries: through SQLite itself, and with slots that go. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { joinLapses, type Standing } from '../../../node/entries/standing.ts'
import { Database } from '../../../node/storage/database.ts'
import type { Row } from '../../../node/storage/rows.ts'
import {
  factOf,
  rowOfLast,
  rowOfOrder,
  rowOfStanding,
  standingOf,
} from '../../../node/storage/standing-rows.ts'
import { StoredStandings } from '../../../node/storage/standings.ts'
import type { WriteBehind } from '../../../node/storage/write-behind.ts'
import type { LastView } from '../../../shared/view.ts'
import { settled } from '../../support/clock.ts'
import { changeOf, rowOf, startWriting } from './fake-target.ts'
import { recovered } from './recovered.ts'

const order = fc.nat(Number.MAX_SAFE_INTEGER)
const standing: fc.Arbitrary<Standing> = fc
  .record({
    slot: fc.nat(16_380),
    asOf: fc.oneof(order, fc.constant(Infinity)),
    lapses: fc
      .array(fc.record({ from: order, to: order }, { noNullPrototype: true }), { maxLength: 12 })
      .map((lapses) => joinLapses([], lapses)),
    alone: fc.option(
      fc.record(
        {
          sinceTime: fc.oneof(order, fc.constant(Infinity)),
          lives: fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a-1', `'"`, '🧂')), {
            maxLength: 4,
          }),
        },
        { noNullPrototype: true },
      ),
      { nil: undefined },
    ),
  })
  .map(({ alone, ...rest }) => ({ ...rest, ...(alone && { alone }) }))

const LAST: LastView = { epoch: 7, copies: 2, members: ['a', 'b'] }

describe('what copies are worth, in the file of a node', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'larder-'))
    path = join(folder, 'pantry.db')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const write = (rows: readonly Row[], dropped: readonly number[] = []) => {
    const database = new Database(path)
    expect(database.write({ isFirst: true, isLast: true, dropped, rows })).to.deep.equal([])
    database.close()
  }

  it('comes back as it was; what was worth all then is worth all as of the view that was in force', async () => {
    const several = fc.uniqueArray(standing, { selector: ({ slot }) => slot, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(several, order, async (standings, order) => {
        write([...standings.map(rowOfStanding), rowOfOrder(order)])
        const found = (await recovered(path)).standings
        write(
          [],
          standings.map(({ slot }) => slot),
        )
        const bySlot = (a: Standing, b: Standing) => a.slot - b.slot
        const expected = standings.map((one) => (one.asOf === Infinity ? { ...one, asOf: order } : one))
        expect(found.sort(bySlot)).to.deep.equal(expected.sort(bySlot))
      }),
      { numRuns: 30 },
    )
  })

  it('is worth no more for later views that went by while it was away', async () => {
    write([rowOfStanding({ slot: 4, asOf: Infinity, lapses: [] }), rowOfOrder(4)])
    const { kept } = await recovered(path)
    write([...kept, rowOfStanding({ slot: 5, asOf: Infinity, lapses: [] }), rowOfOrder(14)])
    const { standings } = await recovered(path)
    expect(standings.map(({ slot, asOf }) => [slot, asOf])).to.deep.equal([
      [4, 4],
      [5, 14],
    ])
  })

  it('is as of no view where none was ever in force', async () => {
    write([rowOfStanding({ slot: 4, asOf: Infinity, lapses: [] })])
    expect((await recovered(path)).standings).to.deep.equal([{ slot: 4, asOf: 0, lapses: [] }])
  })

  it('is in the last state of each, and so are the order and the last view', async () => {
    write([rowOfOrder(3), rowOfLast({ ...LAST, epoch: 3 }), rowOfStanding({ slot: 4, asOf: 3, lapses: [] })])
    write([
      rowOfOrder(8),
      rowOfLast(LAST),
      rowOfStanding({ slot: 4, asOf: Infinity, lapses: [{ from: 3, to: 5 }] }),
    ])
    const { standings, lasts } = await recovered(path)
    expect(standings).to.deep.equal([{ slot: 4, asOf: 8, lapses: [{ from: 3, to: 5 }] }])
    expect(lasts).to.deep.equal([LAST])
  })

  it('goes with its slot; the order and the last view stay', async () => {
    write([
      ...[1, 2, 3].map((slot) => rowOfStanding({ slot, asOf: Infinity, lapses: [] })),
      rowOfOrder(6),
      rowOfLast(LAST),
    ])
    write([rowOf('salt', '1', 2), rowOfStanding({ slot: 2, asOf: 5, lapses: [] })], [1, 2])
    const { standings, lasts, ids } = await recovered(path)
    expect(standings.map(({ slot, asOf }) => [slot, asOf])).to.deep.equal([
      [2, 5],
      [3, 6],
    ])
    expect([lasts, ids]).to.deep.equal([[LAST], ['vsalt']])
  })

  it('is refused where it is not ours', () => {
    for (const cells of [
      ['1', 'one', null, '[]', null, null],
      ['1', 1, 'seven', '[]', null, null],
      ['1', 1, null, null, null, null],
      ['1', 1, null, '[', null, null],
      ['1', 1, null, '[]', 'x', '[]'],
    ])
      expect(() => standingOf({ table: 'standings', cells }, 1)).to.throw()
    for (const cells of [
      ['order', 'seven'],
      ['last', '{"epoch":0}'],
      ['last', '{'],
    ])
      expect(() => factOf({ table: 'facts', cells })).to.throw()
    expect(factOf({ table: 'facts', cells: ['of a later version', 1] })).to.deep.equal({})
  })
})

function begun(writes: WriteBehind): StoredStandings {
  const standings = new StoredStandings(writes)
  standings.begin()
  return standings
}

describe('what a copy is worth', () => {
  const CLAIMED: Standing = { slot: 4, asOf: 3, lapses: [], alone: { sinceTime: 9, lives: ['a-1'] } }

  it('is over once it is on disk, with an interval of 0', async () => {
    const { target, writes } = startWriting({ intervalMs: 0 })
    let isOver = false
    void Promise.resolve(new StoredStandings(writes).stand(CLAIMED)).then(() => {
      isOver = true
    })
    await settled()
    expect([target.isWriting, isOver]).to.deep.equal([true, false])
    await target.finish()
    expect(isOver).to.equal(true)
    expect(target.batches).to.deep.equal([['["a-1"]']])
  })

  it('is over at once with another interval, and written with all else that waits', async () => {
    const { clock, target, writes } = startWriting({ intervalMs: 1000 })
    expect(new StoredStandings(writes).stand(CLAIMED)).to.equal(undefined)
    begun(writes).goBy(3)
    writes.note(changeOf('salt', 'fine'))
    await settled()
    expect(target.isWriting).to.equal(false)
    await clock.advance(500)
    expect(target.batches).to.deep.equal([['["a-1"]', 3, 'fine']])
  })

  it('is written at once with the last view, which nobody else may tell after a kill', async () => {
    const { clock, target, writes } = startWriting({ intervalMs: 1000 })
    begun(writes).goBy(3)
    expect(new StoredStandings(writes).settle(LAST)).to.equal(LAST)
    await settled()
    expect(target.batches).to.deep.equal([[3, JSON.stringify(LAST)]])
    await target.finish()
    writes.note(changeOf('salt', 'fine'))
    await clock.advance(499)
    expect(target.batches).to.have.length(1)
  })

  it('goes by the former view until all is read, and by the latest from then on', async () => {
    const { clock, target, writes } = startWriting({ intervalMs: 1000 })
    const standings = new StoredStandings(writes)
    standings.goBy(3)
    standings.goBy(4)
    await standings.stand(CLAIMED)
    await clock.advance(500)
    expect(target.batches).to.deep.equal([['["a-1"]']])
    await target.finish()
    standings.begin()
    await clock.advance(500)
    expect(target.batches.slice(1)).to.deep.equal([[4]])
  })

  it('holds nobody up for longer than the disk may take, nor where the disk fails', async () => {
    for (const end of ['late', 'failed']) {
      const { clock, target, writes } = startWriting({ intervalMs: 0, waitMaxMs: 2000 })
      const standing = Promise.resolve(new StoredStandings(writes).stand(CLAIMED)).then(() => 'over')
      await settled()
      if (end === 'late') await clock.advance(2000)
      else await target.fail()
      expect(await Promise.race([standing, settled().then(() => 'waiting')]), end).to.equal('over')
    }
  })

  it('is not written any more once its slot is dropped', async () => {
    const { clock, target, writes } = startWriting({ intervalMs: 1000 })
    new StoredStandings(writes).stand(CLAIMED)
    begun(writes).goBy(3)
    writes.drop([4, 3])
    await clock.advance(500)
    expect([target.batches, target.dropped]).to.deep.equal([[[3]], [[4, 3]]])
  })
})
