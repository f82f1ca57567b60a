/** What a member claims, and what it remembers, as it goes by one view after the other. */
import { expect } from 'chai'
import { PlacedView } from '../../../../node/cluster/members/placed-view.ts'
import type { SlotMessage } from '../../../../node/cluster/wire/slots.ts'
import type { SlotEntry } from '../../../../node/entries/entry.ts'
import { FakeClock, settled } from '../../../support/clock.ts'
import { valueIn } from '../../../support/entries.ts'
import { SlotPartners } from '../../../support/slot-partners.ts'
import { absent, memberOf, self, slotOf, three, viewOf } from '../../../support/views.ts'
import { SlotHolder } from './pair.ts'

const [AB, BA] = [slotOf('a', 'b'), slotOf('b', 'a')]
const x = valueIn(AB, 'x', { atMs: 3 })
const CLAIM = { sinceTime: x.entry.stamp.time, lives: [] }

class Bench {
  readonly clock = new FakeClock()
  readonly partners = new SlotPartners(this.clock)
  readonly holder = new SlotHolder(self, { clock: this.clock, peers: this.partners })

  /** Member a, whole by this view. */
  constructor(placed = three) {
    for (const id of ['b', 'c']) this.partners.drops(id)
    this.holder.current.install(placed.view)
    this.holder.completeAll()
  }

  async follow({ view }: PlacedView): Promise<void> {
    this.holder.current.install(view)
    await settled()
  }

  async misses({ silent, view, members }: PlacedView): Promise<void> {
    const absent = view.members.filter((one) => !members.includes(one))
    const lives = (some: typeof silent) => new Set(some.map(({ incarnation }) => incarnation))
    this.holder.current.miss({ absent: lives(absent), silent: lives(silent) })
    await settled()
  }

  /** Begins to tell the others, as the owner. */
  tell(entry: SlotEntry): void {
    void this.holder.slots.replicator.merged([[entry]])
  }

  claim(slot: number): unknown {
    return this.holder.standings.get(slot)?.alone
  }

  hear(message: SlotMessage): Promise<unknown> {
    const { order } = this.holder.current.placed ?? three
    return this.holder.slots.receive({ format: 4, epoch: Math.floor(order), time: 0, from: 'b-1', message })
  }
}

describe('what a member claims', () => {
  it('is what others are just being told of a slot that it loses with the next view', async () => {
    const bench = new Bench()
    bench.tell(x)
    await bench.follow(viewOf(2, ['a', 'b', 'c']))
    expect(bench.claim(AB), 'it is its own').to.equal(undefined)
    await bench.follow(viewOf(3, [memberOf('a', { leaving: true }), 'b', 'c']))
    expect(bench.claim(AB)).to.deep.equal(CLAIM)
  })

  it('is what it was told since it has not all of a slot, once somebody is gone', async () => {
    const heard = valueIn(BA, 'y', { atMs: 4 })
    for (const isWholeAgain of [false, true]) {
      const bench = new Bench()
      const { standings, holdings } = bench.holder.slots
      standings.fallBehind(BA, 1)
      await bench.hear({ type: 'stream', items: [{ changes: [heard] }] })
      if (isWholeAgain) holdings.complete(BA)
      standings.fallBehind(BA, 1)
      await bench.follow(viewOf(2, ['a', 'b']))
      const claim = { sinceTime: heard.entry.stamp.time, lives: [] }
      expect(bench.claim(BA)).to.deep.equal(isWholeAgain ? undefined : claim)
    }
  })

  it('is what others are just being told when it finds that it stood still', async () => {
    const bench = new Bench()
    bench.tell(x)
    bench.holder.slots.doubtAll(three)
    expect(bench.claim(AB)).to.deep.equal(CLAIM)
  })

  it('is what it writes while others are taken for absent, though a replica has it', async () => {
    const bench = new Bench()
    bench.partners.answers('b')
    bench.tell(x)
    await settled()
    expect(bench.claim(AB)).to.equal(undefined)
    await bench.misses(absent(three, ['c']))
    bench.tell(x)
    await settled()
    expect(bench.claim(AB)).to.deep.equal(CLAIM)
  })

  it('is, as a replica, what the owner writes meanwhile', async () => {
    const bench = new Bench()
    const change = valueIn(BA, 'y', { atMs: 3 })
    const message = { type: 'stream', items: [{ changes: [change] }] } as const
    await bench.hear(message)
    expect(bench.claim(BA)).to.equal(undefined)
    await bench.misses(absent(three, ['c']))
    await bench.hear(message)
    expect(bench.claim(BA)).to.deep.equal(CLAIM)
  })

  it('is what it writes where nobody is left to have a copy, and is asked for more than one', async () => {
    for (const [copies, claim] of [
      [2, CLAIM],
      [1, undefined],
    ] as const) {
      const bench = new Bench(viewOf(1, ['a'], copies))
      bench.tell(x)
      expect(bench.claim(AB)).to.deep.equal(claim)
    }
  })
})

describe('the last view that a member remembers', () => {
  it('is one by which all was here that should be', async () => {
    const bench = new Bench()
    await settled()
    expect(bench.holder.slots.settling.latest()).to.deep.equal({
      epoch: 1,
      copies: 2,
      members: ['a', 'b', 'c'],
    })
    await bench.follow(viewOf(2, ['a', 'b']))
    expect(bench.holder.slots.holdings.isWhole).to.equal(false)
    expect(bench.holder.slots.settling.latest()?.epoch).to.equal(1)
    bench.holder.completeAll()
    await settled()
    expect(bench.holder.slots.settling.latest()).to.deep.equal({ epoch: 2, copies: 2, members: ['a', 'b'] })
  })

  it('is the one that uplink tells whoever has never had all, and no earlier one', async () => {
    const bench = new Bench(viewOf(4, ['b', 'c']))
    const { settling } = bench.holder.slots
    const last = { epoch: 3, copies: 2, members: ['b', 'c'] }
    settling.learn(last)
    settling.learn({ ...last, epoch: 2 })
    expect(settling.latest()).to.deep.equal(last)
  })

  it('is none while somebody is leaving, or is taken for absent, or in which it is no member', async () => {
    const bench = new Bench()
    await settled()
    await bench.follow(viewOf(2, ['a', 'b', memberOf('c', { leaving: true })]))
    bench.holder.completeAll()
    expect(bench.holder.slots.settling.latest()?.epoch, 'leaving').to.equal(1)
    await bench.misses(absent(three, ['b']))
    await bench.follow(viewOf(3, ['a', 'b', 'c']))
    bench.holder.completeAll()
    expect(bench.holder.slots.settling.latest()?.epoch, 'absent').to.equal(1)
    await bench.follow(viewOf(4, ['b', 'c']))
    expect(bench.holder.slots.settling.latest()?.epoch, 'dropped').to.equal(1)
  })

  it('is the one that others are waited for by, where that is later', async () => {
    const last = { epoch: 9, copies: 2, members: ['b', 'd'] }
    const waiting = (epoch: number) => new PlacedView({ ...viewOf(epoch, ['b', 'c']).view, last })
    const bench = new Bench(waiting(10))
    await settled()
    expect(bench.holder.slots.settling.latest()).to.deep.equal(last)
    bench.holder.slots.remember({ ...last, epoch: 11 })
    await bench.follow(waiting(12))
    expect(bench.holder.slots.settling.latest()?.epoch).to.equal(11)
  })
})
