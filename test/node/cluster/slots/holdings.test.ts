/** What a member has all of, from one view to the next: it serves what is complete, and nothing that it may have missed. */
import { expect } from 'chai'
import type { PlacedView } from '../../../../node/cluster/members/placed-view.ts'
import type { LarderError } from '../../../../shared/errors.ts'
import { SLOTS } from '../../../../shared/placement.ts'
import { settled } from '../../../support/clock.ts'
import { HoldingsBench } from '../../../support/slot-holdings.ts'
import { absent, memberOf, self, slotOf, three, viewOf } from '../../../support/views.ts'

const [AB, BA, BC, CB] = [slotOf('a', 'b'), slotOf('b', 'a'), slotOf('b', 'c'), slotOf('c', 'b')]

async function codeOf(waiting: Promise<void>): Promise<string> {
  return waiting.then(
    () => 'here',
    (error: LarderError) => error.code,
  )
}

describe('what a member holds', () => {
  it('is nothing at first: it has all of no slot, and says so of those that are its own', () => {
    const bench = new HoldingsBench()
    bench.holdings.install(three, undefined)
    const { owned, replicated, arriving } = bench.holdings.counts
    expect(arriving).to.equal(owned + replicated)
    expect(bench.holdings.missing).to.have.lengthOf(owned)
    expect([AB, BA, BC].map((slot) => bench.holdings.roleOf(slot))).to.deep.equal([
      'owner',
      'replica',
      'none',
    ])
    expect(bench.holdings.isHere(AB)).to.equal(false)
    bench.holdings.complete(AB)
    bench.holdings.complete(AB)
    expect([bench.holdings.isHere(AB), bench.completed]).to.deep.equal([true, [AB]])
  })

  it('stays whole when others come and go', () => {
    const four = viewOf(2, ['a', 'b', 'c', 'd'])
    const bench = new HoldingsBench(three, four, viewOf(3, ['a', 'b', 'c']))
    const roles = [three, four].map((view) => view.rolesOf(self))
    for (let slot = 0; slot < SLOTS; slot++) {
      const wasKept = roles.every((some) => some[slot] === 'owner')
      if (wasKept && !bench.holdings.isHere(slot)) expect(slot).to.equal('whole')
    }
    expect(new HoldingsBench(three, viewOf(2, ['a', 'b'])).holdings.isHere(AB)).to.equal(true)
  })

  it('is whole as its owner when the one before is dead, and not when that one is there or on its leave', () => {
    expect(new HoldingsBench(three, viewOf(2, ['a', 'c'])).holdings.isHere(BA)).to.equal(true)
    const leaving = new HoldingsBench(three, viewOf(2, ['a', memberOf('b', { leaving: true }), 'c']))
    expect(leaving.holdings.roleOf(BA)).to.equal('owner')
    expect(leaving.holdings.isHere(BA)).to.equal(false)
    // Another life under the name is another member: the one before is dead.
    const again = memberOf('b', { incarnation: 'b-2', since: 2, leaving: true })
    expect(new HoldingsBench(three, viewOf(2, ['a', again, 'c'])).holdings.isHere(BA)).to.equal(true)
  })

  it('is not whole as its owner when it was not as a replica', () => {
    const bench = new HoldingsBench()
    bench.holdings.install(three, undefined)
    bench.holdings.install(viewOf(2, ['a', 'c']), three)
    expect(bench.holdings.isHere(BA)).to.equal(false)
  })

  it('is all in doubt once the member was away', () => {
    const bench = new HoldingsBench(three, viewOf(3, [memberOf('a', { since: 3 }), 'b', 'c']))
    expect([AB, BA].map((slot) => bench.holdings.isComplete(slot))).to.deep.equal([false, false])
  })

  it('is in doubt as far as it is owned when views were missed in which others may have owned it', () => {
    const missed = new HoldingsBench(three, viewOf(3, ['a', 'b', 'c', 'd', 'e']))
    expect(missed.holdings.counts.owned).to.equal(missed.holdings.missing.length)
    const other = new HoldingsBench(three, viewOf(3, ['a', 'b', memberOf('c', { incarnation: 'c-2' })]))
    expect(other.holdings.isComplete(AB)).to.equal(false)
    expect(other.holdings.isComplete(BA)).to.equal(true)
    // An uplink that comes back counts on from where it was: nothing has changed.
    expect(new HoldingsBench(three, viewOf(7, ['a', 'b', 'c'])).holdings.isHere(AB)).to.equal(true)
  })

  it('has missed nothing where it stays with its owner, unless others may have gone on with it elsewhere', () => {
    const stays = (...views: readonly PlacedView[]) =>
      new HoldingsBench(...views).holdings.hasMissedNothing(AB)
    expect(stays(three, viewOf(2, ['a', 'b', 'c', memberOf('d', { leaving: true })]))).to.equal(true)
    const apart = absent(three, ['b'])
    expect([stays(three, apart), stays(three, apart, viewOf(2, ['a', 'b', 'c']))]).to.deep.equal([
      false,
      false,
    ])
    expect(stays(three, apart, viewOf(2, ['a', 'b', 'c']), viewOf(3, ['a', 'b', 'c']))).to.equal(true)
    expect(stays(three, viewOf(3, [memberOf('a', { since: 3 }), 'b', 'c']))).to.equal(false)
  })

  it('is not whole when a slot comes back, and is worth what it was when the slot went', () => {
    const five = viewOf(2, ['a', 'b', 'c', 'd', 'e'])
    const lost = Array.from({ length: SLOTS }, (_, slot) => slot).find(
      (slot) => three.owns(self, slot) && !five.holdersOf(slot).some(({ id }) => id === 'a'),
    )
    if (lost === undefined) throw new Error('there is no such slot')
    const bench = new HoldingsBench(three, five)
    expect([bench.holdings.roleOf(lost), bench.standings.of(lost).asOf]).to.deep.equal(['none', 1])
    bench.follow(viewOf(3, ['a', 'b', 'c']))
    expect(bench.holdings.isComplete(lost)).to.equal(false)
    expect(bench.standings.of(lost).asOf).to.equal(1)
  })
})

describe('a command on a slot', () => {
  it('waits until it has arrived, and asks for it', async () => {
    const bench = new HoldingsBench()
    bench.holdings.install(three, undefined)
    const waiting = [1, 2].map(() => codeOf(bench.holdings.arrival(AB, bench.clock.now() + 1000)))
    await settled()
    expect(bench.wanted).to.deep.equal([AB, AB])
    bench.holdings.complete(AB)
    expect(await Promise.all(waiting)).to.deep.equal(['here', 'here'])
    expect(await codeOf(bench.holdings.arrival(AB, 0))).to.equal('here')
  })

  it('is refused at its deadline, and at once where the slot is not owned', async () => {
    const bench = new HoldingsBench()
    bench.holdings.install(three, undefined)
    const late = codeOf(bench.holdings.arrival(AB, bench.clock.now() + 1000))
    await bench.clock.advance(1000)
    expect(await late).to.equal('NOT_READY')
    for (const slot of [BA, CB])
      expect(await codeOf(bench.holdings.arrival(slot, Infinity))).to.equal('WRONG_OWNER')
  })

  it('is refused at once where the slot waits for others, who are named', async () => {
    const bench = new HoldingsBench()
    bench.holdings.install(three, undefined)
    bench.awaited = ['b', 'c']
    const failure = await bench.holdings.arrival(AB, Infinity).catch((error: LarderError) => error)
    expect(failure).to.include({ code: 'NOT_READY' }).and.to.have.property('message').that.includes('b, c')
    expect(bench.wanted).to.deep.equal([])
  })

  it('is refused when the slot goes to another member while it waits', async () => {
    const bench = new HoldingsBench()
    bench.holdings.install(three, undefined)
    const waiting = codeOf(bench.holdings.arrival(AB, bench.clock.now() + 1000))
    await settled()
    bench.holdings.install(viewOf(2, [memberOf('a', { leaving: true }), 'b', 'c']), three)
    expect(await waiting).to.equal('WRONG_OWNER')
  })

  it('that needs all slots waits for every one that is owned', async () => {
    const bench = new HoldingsBench()
    bench.holdings.install(three, undefined)
    let isHere = false
    const waiting = bench.holdings.arrivals(bench.clock.now() + 1000).then(() => {
      isHere = true
    })
    const { missing } = bench.holdings
    for (const slot of missing.slice(1)) bench.holdings.complete(slot)
    await settled()
    expect(isHere).to.equal(false)
    bench.holdings.complete(missing[0] ?? 0)
    await waiting
  })

  it('is not carried out by a member that may have been passed by, before it has asked', async () => {
    const bench = new HoldingsBench(three)
    bench.isCurrent = false
    expect([bench.holdings.isHere(AB), bench.holdings.isOwn(AB)]).to.deep.equal([false, true])
    expect(await codeOf(bench.holdings.arrival(AB, Infinity))).to.equal('here')
    expect([bench.catchUps, bench.holdings.isHere(AB)]).to.deep.equal([1, true])
  })
})
