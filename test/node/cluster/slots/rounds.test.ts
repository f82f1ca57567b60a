/** Work for other members, a batch after the other: nothing of it holds up the rest, and none is forgotten. */
import { expect } from 'chai'
import { Rounds } from '../../../../node/cluster/slots/rounds.ts'
import type { Member } from '../../../../shared/view.ts'
import { FakeClock, settled } from '../../../support/clock.ts'
import { memberOf } from '../../../support/views.ts'

const [b, c] = [memberOf('b'), memberOf('c')]
const RETRY_MS = 250

interface Act {
  readonly id: string
  readonly slots: readonly number[]
  readonly atMs: number
}

/** Rounds of two slots a batch; what is due for each member, and what was tried when. */
class Bench {
  readonly clock = new FakeClock()
  readonly due = new Map<Member, number[]>()
  readonly acts: Act[] = []
  /** Cannot be done. */
  readonly stuck = new Set<number>()
  /** What a batch waits for before it is done. */
  waiting: Promise<void> = Promise.resolve()
  /** Called when somebody wants to know what is due. */
  onLook = () => {}
  readonly rounds = new Rounds({
    clock: this.clock,
    batchMax: 2,
    due: (member) => this.#look(member),
    act: (member, slots) => this.#act(member, slots),
  })
  readonly #startedAtMs = this.clock.now()

  wake(member: Member, ...slots: readonly number[]): void {
    this.due.set(member, [...(this.due.get(member) ?? []), ...slots])
    this.rounds.wake(member)
  }

  tried(member = b): (readonly number[])[] {
    return this.acts.filter(({ id }) => id === member.id).map(({ slots }) => slots)
  }

  get times(): number[] {
    return this.acts.map(({ atMs }) => atMs)
  }

  #look(member: Member): readonly number[] {
    const due = this.due.get(member) ?? []
    this.onLook()
    return due
  }

  async #act(member: Member, slots: readonly number[]): Promise<void> {
    this.acts.push({ id: member.id, slots, atMs: this.clock.now() - this.#startedAtMs })
    await this.waiting
    const left = this.due.get(member)?.filter((slot) => !slots.includes(slot) || this.stuck.has(slot))
    this.due.set(member, left ?? [])
  }
}

describe('rounds for another member', () => {
  it('do all that is due, a batch after the other, and then rest until they are woken', async () => {
    const bench = new Bench()
    bench.wake(b, 1, 2, 3)
    await settled()
    expect(bench.tried()).to.deep.equal([[1, 2], [3]])
    bench.rounds.wake(b)
    await bench.clock.advance(1000)
    expect(bench.tried()).to.have.lengthOf(2)
    bench.wake(b, 4)
    await settled()
    expect(bench.tried()).to.deep.equal([[1, 2], [3], [4]])
    expect(new Set(bench.times)).to.deep.equal(new Set([0, 1000]))
  })

  it('see to everything together that comes up in one turn', async () => {
    const bench = new Bench()
    bench.wake(b, 1)
    bench.wake(b, 2)
    await settled()
    expect(bench.tried()).to.deep.equal([[1, 2]])
  })

  it('are one for each member, and do not wait for those of another', async () => {
    const bench = new Bench()
    const { promise, resolve } = Promise.withResolvers<void>()
    bench.waiting = promise
    bench.wake(b, 1, 2, 3)
    await settled()
    bench.wake(b, 4)
    bench.wake(c, 5)
    await settled()
    expect([bench.tried(b), bench.tried(c)]).to.deep.equal([[[1, 2]], [[5]]])
    resolve()
    await settled()
    expect(bench.tried(b), 'what came up meanwhile too').to.deep.equal([
      [1, 2],
      [3, 4],
    ])
  })

  it('see to what comes up in the very turn in which they end', async () => {
    const bench = new Bench()
    bench.onLook = () => {
      if (bench.acts.length === 0 || bench.due.get(b)?.length !== 0) return
      bench.onLook = () => {}
      queueMicrotask(() => bench.wake(b, 2))
    }
    bench.wake(b, 1)
    await settled()
    expect(bench.tried()).to.deep.equal([[1], [2]])
  })
})

describe('what cannot be done yet', () => {
  it('holds up nothing else: a batch of which something could be done is followed at once', async () => {
    const bench = new Bench()
    bench.stuck.add(1).add(4)
    bench.wake(b, 1, 2, 3, 4, 5)
    await settled()
    expect(bench.tried().slice(0, 3)).to.deep.equal([[1, 2], [3, 4], [5]])
    expect(bench.times.slice(0, 3)).to.deep.equal([0, 0, 0])
  })

  it('is tried again after a pause, and so is the batch after it', async () => {
    const bench = new Bench()
    bench.stuck.add(1).add(2)
    bench.wake(b, 1, 2, 3)
    await bench.clock.advance(2 * RETRY_MS - 1)
    expect(bench.acts.map(({ slots, atMs }) => [atMs, ...slots])).to.deep.equal([
      [0, 1, 2],
      [RETRY_MS, 3],
      [RETRY_MS, 1, 2],
    ])
    bench.stuck.clear()
    await bench.clock.advance(1000)
    expect(bench.tried().at(-1)).to.deep.equal([1, 2])
    expect(bench.acts, 'once it is done that was all').to.have.lengthOf(4)
  })

  it('may as well fail', async () => {
    const bench = new Bench()
    bench.stuck.add(1)
    bench.waiting = Promise.reject(new Error('no answer'))
    bench.wake(b, 1, 2)
    await bench.clock.advance(RETRY_MS - 1)
    expect(bench.tried()).to.deep.equal([[1, 2]])
    bench.waiting = Promise.resolve()
    bench.stuck.clear()
    await bench.clock.advance(1)
    expect([bench.tried(), bench.due.get(b)]).to.deep.equal([
      [
        [1, 2],
        [1, 2],
      ],
      [],
    ])
  })
})

describe('rounds that are stopped', () => {
  it('try nothing again, and begin nothing', async () => {
    const bench = new Bench()
    bench.stuck.add(1)
    bench.wake(b, 1)
    await settled()
    bench.rounds.stop()
    await bench.clock.advance(10 * RETRY_MS)
    bench.wake(c, 2)
    await bench.clock.advance(10 * RETRY_MS)
    expect([bench.tried(b), bench.tried(c)]).to.deep.equal([[[1]], []])
  })

  it('do not go on with the next batch', async () => {
    const bench = new Bench()
    const { promise, resolve } = Promise.withResolvers<void>()
    bench.waiting = promise
    bench.wake(b, 1, 2, 3)
    await settled()
    bench.rounds.stop()
    resolve()
    await settled()
    expect(bench.tried()).to.deep.equal([[1, 2]])
  })
})
