/** The faults of a chaos run: the same for a seed, and never more than the cluster should stand. */
import { expect } from 'chai'
import { Random } from '../../../scripts/chaos/random.ts'
import { type Fault, KINDS, nameOf, type ScheduleOptions, schedule } from '../../../scripts/chaos/schedule.ts'

const OPTIONS: ScheduleOptions = {
  kinds: KINDS,
  base: ['a', 'b', 'c', 'd'],
  guest: 'e',
  isLong: false,
  isOverlapping: false,
}

function draw(seed: number, count: number, options: Partial<ScheduleOptions> = {}): Fault[] {
  return schedule(new Random(seed), { ...OPTIONS, ...options })
    .take(count)
    .toArray()
}

describe('scripts: the schedule of a chaos run', () => {
  it('is the same for a seed, and another one for another', () => {
    expect(draw(7, 50)).to.deep.equal(draw(7, 50))
    expect(draw(7, 50)).not.to.deep.equal(draw(8, 50))
  })

  it('brings every kind once before any comes again', () => {
    const kinds = draw(7, 2 * KINDS.length).map(({ kind }) => kind)
    expect(kinds.slice(0, KINDS.length)).to.have.members([...KINDS])
    expect(kinds.slice(KINDS.length)).to.have.members([...KINDS])
    expect(new Set(draw(7, 9, { kinds: ['join', 'kill'] }).map(({ kind }) => kind))).to.have.property(
      'size',
      2,
    )
  })

  it('lets only one member leave or die at a time, and only the guest join', () => {
    for (const { kind, victims } of draw(7, 300)) {
      if (kind === 'join' || kind === 'kill-join') expect(victims).to.deep.equal(['e'])
      else if (['kill', 'kill-leave', 'leave', 'stop'].includes(kind)) expect(victims).to.have.lengthOf(1)
      else if (kind === 'restart') expect(victims).to.have.members([...OPTIONS.base])
      else if (kind === 'partition') expect(victims).to.have.lengthOf(2)
    }
  })

  it('brings two at once only where one is of uplink and the other is not', () => {
    const faults = draw(7, 300, { isOverlapping: true })
    const both = faults.filter(({ beside }) => beside !== undefined)
    expect(both.length).to.be.above(50)
    for (const fault of both) expect(nameOf(fault)).to.match(/^(?!uplink)[a-z-]+\+uplink-(down|slow)$/)
    expect(draw(7, 300).every(({ beside }) => beside === undefined)).to.equal(true)
  })

  it('freezes for longer only when told to', () => {
    const longest = (isLong: boolean) => {
      const stops = draw(7, 50, { kinds: ['stop'], isLong }).map(({ holdMs }) => holdMs)
      return Math.max(...stops)
    }
    expect(longest(false)).to.be.at.most(10_000)
    expect(longest(true)).to.be.within(30_000, 60_000)
  })
})
