/** For whom slots wait: members that are silent, and those who held them before all were stopped. */
import { expect } from 'chai'
import { PlacedView } from '../../../../node/cluster/members/placed-view.ts'
import { placeSlots } from '../../../../shared/placing.ts'
import type { Member } from '../../../../shared/view.ts'
import { settled } from '../../../support/clock.ts'
import { ArrivalsBench } from '../../../support/slot-arrivals.ts'
import { asOf } from '../../../support/slot-partners.ts'
import { absent, memberOf, slotOf, three, viewOf } from '../../../support/views.ts'

const [AB, AC, BC] = [slotOf('a', 'b'), slotOf('a', 'c'), slotOf('b', 'c')]

/** What a command on the slot is told, at once. */
async function refusalOf(bench: ArrivalsBench, slot: number): Promise<string> {
  const failure = await bench.holdings.arrival(slot, bench.clock.now()).catch((error: Error) => error)
  return failure instanceof Error ? failure.message : 'served'
}

describe('a slot whose holders merely do not answer', () => {
  /** Member a, which has nothing of the slot, once no uplink says who is there. */
  const without = async (gone: readonly string[], silent: readonly string[]) => {
    const bench = new ArrivalsBench()
    await bench.follow(three, [])
    await bench.follow(absent(three, gone, silent), [BC])
    await bench.clock.advance(600_000)
    return bench
  }

  it('waits for them without end, and says so at once', async () => {
    const bench = await without([], ['b', 'c'])
    expect([bench.isHere(BC), bench.arrivals.awaitedFor(BC)]).to.deep.equal([false, ['b', 'c']])
    expect(await refusalOf(bench, BC)).to.include('waits for b, c')
  })

  it('waits for the one who may be there, and for nobody who is known to be gone', async () => {
    const one = await without(['c'], ['b'])
    expect([one.isHere(BC), one.arrivals.awaitedFor(BC)]).to.deep.equal([false, ['b']])
    const nobody = await without(['b', 'c'], [])
    expect([nobody.isHere(BC), await nobody.lost()]).to.deep.equal([true, 1])
  })

  it('goes on once they are there again', async () => {
    const bench = await without([], ['b', 'c'])
    expect(bench.asked).to.deep.equal([])
    await bench.follow(viewOf(2, ['a', memberOf('b', { leaving: true })]), [BC])
    expect([bench.isHere(BC), bench.asked, await bench.lost()]).to.deep.equal([true, ['b'], 0])
  })

  it('waits for anybody who is silent where it is not known who held it', async () => {
    const bench = new ArrivalsBench()
    await bench.follow(absent(three, [], ['b', 'c']), [AB])
    await bench.clock.advance(600_000)
    expect([bench.isHere(AB), bench.arrivals.awaitedFor(AB)]).to.deep.equal([false, ['b', 'c']])
  })
})

describe('a slot after all members were stopped', () => {
  const WAIT_MS = 30_000
  const last = { epoch: 5, copies: 2, members: ['a', 'b', 'c'] }
  const back = (id: string, since: number, incarnation = `${id}-2`): Member =>
    memberOf(id, { since, incarnation })
  const viewWith = (epoch: number, others: readonly Member[], gone: readonly string[] = []) =>
    new PlacedView({
      epoch,
      copies: 2,
      members: [memberOf('a', { since: 6 }), ...others],
      last,
      gone: [...gone],
    })
  /** Of these, last held by a and b, and by a and c: those that a owns again. */
  const places = placeSlots(last.members, last.copies)
  const holdersOf = (slot: number) =>
    [...places.subarray(2 * slot, 2 * slot + 2)].map((one) => last.members[one])
  const start = async (placed: PlacedView, prepare = (_: ArrivalsBench) => {}) => {
    const bench = new ArrivalsBench({ waitForHoldersMs: WAIT_MS })
    prepare(bench)
    for (const id of ['b', 'c']) bench.partners.answers(id, { want: asOf(5) })
    await bench.follow(placed, [AB, AC])
    return bench
  }

  it('waits where one of its last holders is not back, and nowhere else', async () => {
    expect([AB, AC].map(holdersOf)).to.deep.equal([
      ['a', 'b'],
      ['a', 'c'],
    ])
    const bench = await start(viewWith(8, [back('b', 7)]))
    await bench.clock.advance(WAIT_MS - 1)
    expect([AB, AC].map((slot) => bench.isHere(slot))).to.deep.equal([true, false])
    expect([bench.arrivals.awaitedFor(AC), bench.awaited.members]).to.deep.equal([['c'], ['c']])
    expect(await refusalOf(bench, AC)).to.include('waits for c')
  })

  it('waits for whoever is not back where those who are have only older copies: it was handed on since', async () => {
    const bench = await start(viewWith(8, [back('b', 7)]))
    const late = new ArrivalsBench({ waitForHoldersMs: WAIT_MS })
    late.partners.answers('b', { want: asOf(3) })
    await late.follow(viewWith(8, [back('b', 7)]), [AB])
    expect([late.isHere(AB), late.arrivals.awaitedFor(AB), late.outstanding.waiting]).to.deep.equal([
      false,
      ['c'],
      { slots: 1, members: ['c'] },
    ])
    expect(bench.isHere(AB), 'its holder has all').to.equal(true)
  })

  it('waits too where only the disk of its owner knows of them, until somebody of that time answers', async () => {
    for (const since of [7, 5]) {
      const bench = new ArrivalsBench({ waitForHoldersMs: WAIT_MS })
      bench.awaited.remember(last)
      bench.partners.answers('b', { want: asOf(5) })
      const members = [memberOf('a', { since: 6 }), back('b', since)]
      await bench.follow(new PlacedView({ epoch: 8, copies: 2, members }), [AC])
      expect([bench.isHere(AC), bench.awaited.members]).to.deep.equal(
        since > last.epoch ? [false, ['c']] : [true, []],
      )
    }
  })

  it('goes on after the time with what those have who are back, and says what was not found', async () => {
    const bench = await start(viewWith(8, [back('b', 7)]))
    await bench.clock.advance(WAIT_MS)
    expect([bench.isHere(AC), bench.awaited.members]).to.deep.equal([true, []])
    expect([bench.holdings.originOf(AC), bench.standings.of(AC).lapses]).to.deep.equal(['a-1', []])
  })

  it('waits no more for who is back, and asks that one', async () => {
    const bench = await start(viewWith(8, [back('b', 7)]))
    bench.partners.forget()
    await bench.follow(viewWith(9, [back('b', 7), back('c', 9)]), [AC])
    expect([bench.isHere(AC), bench.awaited.members]).to.deep.equal([true, []])
    expect(new Set(bench.asked)).to.deep.equal(new Set(['c', 'b']))
  })

  it('waits for who is there only as a life of before, whom the registry still has', async () => {
    const bench = await start(viewWith(8, [back('b', 7), back('c', 4, 'c-1')]), ({ partners }) =>
      partners.refuses('c'),
    )
    expect([bench.isHere(AC), bench.arrivals.awaitedFor(AC)]).to.deep.equal([false, ['c']])
  })

  it('waits no more for who was given up by name', async () => {
    const bench = await start(viewWith(8, [back('b', 7)]))
    await bench.follow(viewWith(9, [back('b', 7)], ['c']), [AC])
    expect([bench.isHere(AC), bench.awaited.members]).to.deep.equal([true, []])
  })

  it('begins anew where none of those who held it is back in time', async () => {
    const bench = await start(viewWith(8, []), ({ partners }) => {
      for (const id of ['b', 'c']) partners.refuses(id)
    })
    expect(bench.isHere(AB)).to.equal(false)
    await bench.clock.advance(WAIT_MS)
    expect([bench.isHere(AB), bench.holdings.originOf(AB)]).to.deep.equal([true, 'a-1~1'])
    expect(bench.standings.of(AB).lapses).to.deep.equal([{ from: 0, to: 8 }])
  })

  it('has its newest copy found though the time is over while somebody does not answer', async () => {
    const bench = await start(viewWith(8, [back('b', 7), back('c', 8)]))
    const late = new ArrivalsBench({ waitForHoldersMs: 100 })
    late.partners.refuses('b')
    late.partners.answers('c', { want: asOf(5) })
    await late.follow(viewWith(8, [back('b', 7), back('c', 8)]), [AB])
    await late.clock.advance(100)
    late.partners.answers('b', { want: asOf(4) })
    await late.clock.advance(200)
    await settled()
    const anyway = late.partners.saidToAll('want').filter(({ said }) => said.isAnyway)
    expect([late.isHere(AB), anyway.map(({ to }) => to), bench.isHere(AB)]).to.deep.equal([true, ['c'], true])
  })

  it('waits for nobody where that is not wanted', async () => {
    const bench = new ArrivalsBench({ waitForHoldersMs: 0 })
    bench.partners.answers('b', { want: asOf(5) })
    await bench.follow(viewWith(8, [back('b', 7)]), [AC])
    expect(bench.isHere(AC)).to.equal(true)
  })
})
