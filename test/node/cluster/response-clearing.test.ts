/** A purge of all members is later than all that was acknowledged before, and is told to the members of the last view. */
import { expect } from 'chai'
import { CurrentView } from '../../../node/cluster/members/current-view.ts'
import { type OtherMember, ResponseClearing } from '../../../node/cluster/response-clearing.ts'
import { StampClock, TICKS_PER_MS } from '../../../node/entries/stamp.ts'
import type { Command, Reply } from '../../../shared/command.ts'
import type { LarderError } from '../../../shared/errors.ts'
import type { Member } from '../../../shared/view.ts'
import { FakeClock } from '../../support/clock.ts'
import { countedTurns } from '../../support/turns.ts'
import { memberOf } from '../../support/views.ts'

const AHEAD_MS = 5000
const MANY = 500

/** Members, of which each is asked by way of the first one, which hears their time with whatever they answer. */
class Bench {
  readonly clock = new FakeClock()
  readonly stamps = new StampClock('a-1')
  readonly views = new CurrentView({ clock: this.clock, turns: countedTurns(2), onView() {} })
  /** What each was told, and in which order. */
  readonly told: string[] = []
  readonly times: number[] = []
  /** What happens at a member that is told. */
  onTold = (_id: string) => {}
  takesMs = 0
  timeOf = (_id: string) => 0

  purge(): Promise<Reply> {
    const { clock, stamps, views } = this
    const peers = { of: (member: Member) => this.#engineOf(member) }
    const self = memberOf('a')
    const clearing = new ResponseClearing({ self, clock, local: this.#engineOf(self), peers, views, stamps })
    const options = { deadlineAtMs: clock.now() + 10_000, requestId: 'r', traced: false }
    return clearing.clear({ type: 'responses.clear', tag: 'menu' }, options)
  }

  #engineOf({ id }: Member): OtherMember {
    return {
      ping: async () => {
        this.told.push(`${id} pinged`)
        this.stamps.witness({ time: this.timeOf(id) })
      },
      execute: async (command: Command) => {
        this.told.push(id)
        if (command.type === 'responses.clear') this.times.push(command.time ?? 0)
        this.onTold(id)
        await this.clock.advance(this.takesMs)
        return { type: 'deleted', owner: id }
      },
    }
  }
}

function viewOf(epoch: number, ...ids: string[]) {
  return { epoch, copies: 2, members: ids.map((id) => memberOf(id)) }
}

describe('a purge of all members', () => {
  it('is later than what was acknowledged by a member whose clock is ahead', async () => {
    const bench = new Bench()
    const acknowledged = (bench.clock.wall() + AHEAD_MS) * TICKS_PER_MS
    bench.timeOf = (id) => (id === 'c' ? acknowledged : 0)
    bench.views.install(viewOf(1, 'a', 'b', 'c'))
    expect(await bench.purge()).to.deep.equal({ type: 'deleted', owner: 'a' })
    expect(bench.told).to.deep.equal(['b pinged', 'c pinged', 'a', 'b', 'c'])
    expect(Math.min(...bench.times)).to.be.above(acknowledged)
  })

  it('is told again, with a later stamp, to the members of a view that came meanwhile', async () => {
    const bench = new Bench()
    bench.views.install(viewOf(1, 'a', 'b'))
    bench.onTold = () => void bench.views.install(viewOf(2, 'a', 'b', 'c'))
    await bench.purge()
    expect(bench.told.filter((what) => what.length === 1)).to.deep.equal(['a', 'b', 'a', 'b', 'c'])
    expect(bench.times[2]).to.be.above(bench.times[0] ?? 0)
  })

  it('is told again also where that view is still being placed at the end', async () => {
    const bench = new Bench()
    bench.views.install(viewOf(1, 'a', 'b'))
    const many = Array.from({ length: MANY }, (_, number) => `n${number}`)
    bench.onTold = () => void bench.views.install(viewOf(2, 'a', 'b', ...many))
    await bench.purge()
    expect(bench.told.filter((what) => !what.endsWith('pinged'))).to.deep.equal(['a', 'b', 'a', 'b', ...many])
  })

  it('is not done where all members are away, who have what they had, once they are back', async () => {
    const bench = new Bench()
    const codeOf = () => bench.purge().catch(({ code }: LarderError) => code)
    bench.views.install(viewOf(1))
    expect(await codeOf()).to.equal('NOT_READY')
    bench.views.install(viewOf(2, 'a', 'b'))
    bench.onTold = () => void bench.views.install(viewOf(3))
    expect(await codeOf()).to.equal('NOT_READY')
    expect(bench.told).to.deep.equal(['b pinged', 'a', 'b'])
  })

  it('is given up at its deadline where the members change all the time, and before the first view', async () => {
    const bench = new Bench()
    const codeOf = () => bench.purge().catch(({ code }: LarderError) => code)
    expect(await codeOf()).to.equal('NOT_READY')
    let epoch = 1
    bench.views.install(viewOf(epoch, 'a'))
    bench.takesMs = 4000
    bench.onTold = () => void bench.views.install(viewOf(++epoch, 'a'))
    expect(await codeOf()).to.equal('UNREACHABLE')
    expect(bench.told).to.deep.equal(['a', 'a', 'a'])
  })
})
