/** What a member tells of what it owns, and to whom it has told everything. */
import { expect } from 'chai'
import { ALL } from '../../../node/feed/interest.ts'
import { Source } from '../../../node/feed/source.ts'
import { Memory } from '../../../node/memory/memory.ts'
import { slotSetOf } from '../../../shared/slot-set.ts'
import { WATCHED } from '../../../shared/watching.ts'
import { FakeClock, settled } from '../../support/clock.ts'
import { unlimitedTurns } from '../../support/turns.ts'

const interests = [{ prefix: '', kinds: WATCHED }]

class Bench {
  readonly clock = new FakeClock()
  readonly memory = new Memory(Infinity, {
    forget() {},
    expire: (entry, gone) => this.source.noteGone(entry, 'expired', gone),
  })
  readonly owned = new Set([1])
  isLeaving = false
  isCurrent = true
  mayCatchUp = false
  safe: Promise<void> | undefined
  readonly source: Source = new Source({
    bytesMax: 2 ** 20,
    clock: this.clock,
    turns: unlimitedTurns(),
    memory: this.memory,
    untilSafe: () => this.safe,
    isOwn: (slot) => this.owned.has(slot),
    isHere: (slot) => this.owned.has(slot) && this.isCurrent,
    catchUp: () => {
      if (this.mayCatchUp) this.isCurrent = true
    },
    isLeaving: () => this.isLeaving,
  })
  #time = 0

  write(slot: number, key: string, body: string, endsAtMs = Infinity): void {
    const stamp = { time: ++this.#time, origin: 'a-1' }
    const entry = { kind: 'register', stamp, value: { contentType: 'text/plain', body }, endsAtMs } as const
    this.memory.merge(slot, `v${key}`, entry, (state) =>
      this.source.note({ slot, id: `v${key}`, entry, state }),
    )
  }

  async after(after: number, from = 'b-1') {
    const answer = await this.source.answer({ type: 'changes', after, interests, holdMs: 0 }, from)
    return {
      ...answer,
      told: answer.items.map(({ told }) => ('body' in told ? told.body : 'reason' in told && told.reason)),
    }
  }
}

describe('what a member tells of changes', () => {
  it('is what stands there by then, of the slots that it owns', async () => {
    const bench = new Bench()
    bench.write(1, 'salt', 'one')
    bench.write(2, 'sugar', 'of another')
    bench.write(1, 'salt', 'two')
    const { told, position, hasMissed, isLast } = await bench.after(0)
    expect({ told, position, hasMissed, isLast }).to.deep.equal({
      told: ['two'],
      position: 2,
      hasMissed: false,
      isLast: false,
    })
    expect((await bench.after(position)).told).to.deep.equal([])
  })

  it('is remembered in a part of what may be stored, and the latest for longest', async () => {
    const bench = new Bench()
    for (let number = 0; number < 5000; number++) bench.write(1, `k${number}`, 'one')
    expect(bench.source.bytes).to.be.within(200_000, 2 ** 18)
    const { hasMissed } = await bench.after(1)
    expect([hasMissed, (await bench.after(4900)).hasMissed]).to.deep.equal([true, false])
  })

  it('is that something has ended, once it is seen to', async () => {
    const bench = new Bench()
    bench.write(1, 'salt', 'one', bench.clock.now() + 100)
    const { position } = await bench.after(0)
    await bench.clock.advance(1000)
    for (const _ of bench.memory.upkeep.sweep(bench.clock.now())) {
      // As steps.
    }
    expect((await bench.after(position)).told).to.deep.equal(['expired'])
  })

  it('is not known where the slot has gone on to others, with what was there', async () => {
    const bench = new Bench()
    bench.write(1, 'salt', 'one')
    bench.owned.clear()
    expect((await bench.after(0)).told).to.deep.equal(['one'])
    for (const _ of bench.memory.upkeep.drop([1])) {
      // As steps.
    }
    expect((await bench.after(0)).hasMissed).to.equal(true)
  })

  it('is a state only while it knows that nobody else owns it by now', async () => {
    const bench = new Bench()
    bench.write(1, 'salt', 'one')
    const state = async () => {
      const slots = slotSetOf([1])
      const answer = await bench.source.answer({ type: 'state', slots, interest: ALL }, 'b-1')
      return [answer.items.length, answer.next?.slot]
    }
    expect(await state()).to.deep.equal([1, undefined])
    bench.isCurrent = false
    expect(await state()).to.deep.equal([0, 1])
    bench.mayCatchUp = true
    expect(await state()).to.deep.equal([1, undefined])
  })

  it('begins behind what is not acknowledged yet, once it is', async () => {
    const bench = new Bench()
    const safe = Promise.withResolvers<void>()
    bench.safe = safe.promise
    bench.write(1, 'salt', 'one')
    const asked = bench.source.answer({ type: 'changes', interests, holdMs: 0 }, 'b-1')
    bench.write(1, 'salt', 'two')
    let isAnswered = false
    void asked.then(() => {
      isAnswered = true
    })
    await settled()
    expect(isAnswered).to.equal(false)
    safe.resolve()
    expect((await asked).position).to.equal(1)
  })

  it('is not kept while nobody asks for minutes, and then something is missed only if anything was written', async () => {
    const bench = new Bench()
    bench.source.start()
    bench.write(1, 'salt', 'one')
    const { position } = await bench.after(0)
    await bench.clock.advance(200_000)
    expect((await bench.after(position)).hasMissed).to.equal(false)
    await bench.clock.advance(200_000)
    bench.write(1, 'salt', 'two')
    expect((await bench.after(position)).hasMissed).to.equal(true)
    bench.source.stop()
  })

  it('is kept from the beginning on for whoever comes first', async () => {
    const bench = new Bench()
    bench.write(1, 'salt', 'one')
    await bench.clock.advance(60_000)
    expect((await bench.after(0)).told).to.deep.equal(['one'])
  })

  it('is all once it leaves and has told everything to all who ask', async () => {
    const bench = new Bench()
    const { position } = await bench.after(0)
    bench.write(1, 'salt', 'one')
    expect(bench.source.isToldAll).to.equal(true)
    bench.isLeaving = true
    expect(bench.source.isToldAll).to.equal(false)
    expect((await bench.after(position)).isLast).to.equal(true)
    expect(bench.source.isToldAll).to.equal(true)
  })
})
