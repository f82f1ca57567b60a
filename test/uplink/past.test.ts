/** Who held the slots last, as pure logic: each way in which all members of a cluster may stop, and come back. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { LastView, Member } from '../../shared/view.ts'
import { giveUp, hear, lastFor, missing, seesFork } from '../../uplink/past.ts'
import { adopt, EMPTY, isNews, join, leave, memberOf, type Registry, viewOf } from '../../uplink/registry.ts'
import { anyLast, anyRegistry, member, registered, type Step } from './registries.ts'

const last = (epoch: number, ...members: string[]): LastView => ({ epoch, copies: 2, members })
const doing = (from: Registry, ...steps: Step[]) => steps.reduce((made, step) => step(made), from)
const tells =
  (told: LastView): Step =>
  (now) =>
    hear(now, told)
const comes =
  (one: Member): Step =>
  (now) =>
    join(now, one, memberOf(now, one.id))
const goes =
  ({ id, incarnation }: Member): Step =>
  (now) =>
    leave(now, id, incarnation)
const awaited = (registry: Registry) => {
  const view = viewOf(registry)
  return view.last === undefined ? [] : missing(view.last, view)
}

const [a, b, c] = [member('a'), member('b'), member('c')]
const [a2, b2, c2] = [member('a', 2), member('b', 2), member('c', 2)]
/** Three that run, and have said so. */
const running = doing(registered(a, b, c), tells(last(3, 'a', 'b', 'c')))

describe('registry: who held the slots last', () => {
  it('nobody is waited for at first, nor while members come and go who tell what they hold', () => {
    const steps = [goes(a), tells(last(4, 'b', 'c')), comes(a2), tells(last(5, 'a', 'b', 'c')), goes(b)]
    let now = running
    for (const step of [
      ...steps,
      tells(last(6, 'a', 'c')),
      comes(b2),
      tells(last(7, 'a', 'b', 'c')),
      goes(c),
    ]) {
      now = step(now)
      expect(awaited(now)).deep.equal([])
    }
  })

  it('is told to whoever has not all yet and knows an earlier one, as disks are to know it', () => {
    const told = last(3, 'a', 'b', 'c')
    const newcomer = { incarnation: 'd-1' }
    expect(lastFor(running, newcomer)).deep.equal(told)
    expect(lastFor(running, { ...newcomer, last: last(2, 'x') })).deep.equal(told)
    expect(lastFor(running, { ...newcomer, last: told })).equal(undefined)
    expect(lastFor(registered(a), newcomer), 'nobody has said so').equal(undefined)
    const joined = doing(running, comes(member('d')))
    expect(lastFor(joined, { incarnation: member('d').incarnation, lacking: true })).deep.equal(told)
    expect(lastFor(joined, { incarnation: member('d').incarnation })).equal(undefined)
    const stopped = doing(running, goes(a), goes(b), goes(c))
    expect(lastFor(stopped, newcomer), 'the view tells it').equal(undefined)
  })

  it('members that hold nothing on a disk tell nothing, and are not waited for', () => {
    expect(awaited(doing(registered(a, b), goes(a), goes(b), comes(a2)))).deep.equal([])
  })

  it('all killed at once: those who come back wait for all of the others, whatever uplink dropped meanwhile', () => {
    const stopped = doing(running, goes(a), goes(b), goes(c))
    expect(viewOf(stopped).last).deep.equal(last(3, 'a', 'b', 'c'))
    const first = doing(stopped, tells(last(3, 'a', 'b', 'c')), comes(b2))
    expect(awaited(first)).deep.equal(['a', 'c'])
    const all = doing(first, comes(a2), comes(c2))
    expect(viewOf(all)).not.have.any.keys('last', 'gone')
    expect(all.epoch).equal(first.epoch + 2)
    expect(awaited(doing(all, goes(b2)))).deep.equal([])
  })

  it('some are back before uplink has noticed: from when none of the former lives is left', () => {
    const half = doing(running, comes(a2), comes(b2))
    expect(awaited(half)).deep.equal([])
    expect(awaited(doing(half, goes(c)))).deep.equal(['c'])
    expect(awaited(doing(half, comes(c2)))).deep.equal([])
  })

  it('all stopped in turn: it is the last one that is waited for, who was handed everything', () => {
    const steps = [goes(a), tells(last(4, 'b', 'c')), goes(b), tells(last(5, 'c')), goes(c)]
    const stopped = doing(running, ...steps)
    const first = doing(stopped, tells(last(3, 'a', 'b', 'c')), comes(a2))
    expect(awaited(first)).deep.equal(['c'])
    expect(awaited(doing(first, comes(c2)))).deep.equal([])
  })

  it('uplink has forgotten it all: the latest that anybody tells counts, and epochs go on beyond it', () => {
    const first = doing(EMPTY, tells(last(10, 'a', 'b', 'c')), comes(a2))
    expect(awaited(first)).deep.equal(['b', 'c'])
    const second = doing(first, tells(last(11, 'b', 'c')), comes(b2))
    expect(awaited(second)).deep.equal(['c'])
    expect(awaited(doing(second, tells(last(12, 'c')), comes(c2)))).deep.equal([])
    for (const { epoch } of [first, second]) expect(epoch).above(12)
  })

  it('who is back already is not waited for when another tells of a run that was as late', () => {
    const two = doing(EMPTY, tells(last(5, 'a', 'b', 'c')), comes(a2), comes(b2))
    const later = doing(two, tells(last(two.epoch + 1, 'a', 'b', 'c')))
    expect(awaited(later)).deep.equal(['c'])
    for (const { since } of later.members) expect(since).equal(later.epoch)
    expect(awaited(doing(later, goes(a2)))).deep.equal(['a', 'c'])
  })

  it('in whatever order they tell it, the same is remembered', () => {
    fc.assert(
      fc.property(fc.array(anyLast, { minLength: 1 }), (told) => {
        const latest = Math.max(...told.map(({ epoch }) => epoch))
        const made = doing(EMPTY, ...told.map(tells))
        expect(made.past?.last.epoch).equal(latest)
        expect(made.past?.isAwaited).equal(true)
      }),
    )
  })

  it('who waits may go on alone: a view of the new run ends it for all', () => {
    const alone = doing(EMPTY, tells(last(10, 'a', 'b')), comes(a2))
    expect(awaited(doing(alone, tells(last(alone.epoch, 'a'))))).deep.equal([])
  })

  it('who was a stranger to the former run is none who carries it on', () => {
    const founded = registered(member('d'))
    const found = doing(founded, tells(last(50, 'a', 'b')), comes(a2), tells(last(51, 'a', 'b')))
    expect(awaited(found)).deep.equal(['b'])
  })

  it('members who knew nothing of a run that disks tell of are told so, for as long as one of them is there', () => {
    const founded = registered(member('d'))
    const found = doing(founded, tells(last(50, 'a', 'b')))
    expect(viewOf(found).forked).equal(found.epoch)
    expect(found.epoch).above(50)
    const whole = doing(found, comes(a2), tells(last(found.epoch, 'd')), comes(b2))
    expect([awaited(whole), viewOf(whole).forked]).deep.equal([[], found.epoch])
    expect(viewOf(doing(whole, goes(member('d'))))).not.have.any.keys('forked')
    const first = doing(EMPTY, tells(last(50, 'a', 'b')), comes(a2))
    for (const now of [first, doing(first, comes(b2)), running]) expect(now.forked).equal(undefined)
  })

  it('a namesake of one that is awaited is back once it has seen that others were before it', () => {
    const told = doing(registered(a), tells(last(50, 'a', 'b')))
    expect(awaited(told)).deep.equal(['a', 'b'])
    expect(seesFork(told, a, told.epoch - 1)).equal(told)
    expect(seesFork(told, a2, told.epoch)).equal(told)
    const seen = seesFork(told, a, told.epoch)
    expect([awaited(seen), seen.epoch, viewOf(seen).forked]).deep.equal([['b'], told.epoch + 1, told.epoch])
    expect(seesFork(seen, a, seen.epoch)).equal(seen)
  })

  it('a namesake in a cluster of its own does not carry on what it knows nothing of', () => {
    const namesake = doing(registered(member('d'), member('e')), tells(last(2, 'd', 'e')))
    const told = doing(namesake, comes(member('f')), comes(member('g')), tells(last(4, 'a', 'b')))
    expect([awaited(told), viewOf(told).forked]).deep.equal([['a', 'b'], told.epoch])
  })

  it('who is registered in an old copy of the registry only is not back', () => {
    const first = doing(registered(a, b), tells(last(50, 'a', 'b')), comes(a2))
    expect(awaited(first)).deep.equal(['b'])
    expect(awaited(doing(first, comes(b2)))).deep.equal([])
    expect(awaited(doing(first, goes(b)))).deep.equal(['b'])
  })

  it('an old disk in a cluster that runs changes nothing', () => {
    const later = doing(running, goes(c), tells(last(4, 'a', 'b')))
    expect(doing(later, tells(last(3, 'a', 'b', 'c')))).equal(later)
  })

  it('a store that was wiped is told it too', () => {
    fc.assert(
      fc.property(anyRegistry, (known) => {
        fc.pre(known.epoch > 0)
        const { epoch, ...told } = viewOf(adopt(EMPTY, known))
        const { epoch: former, ...before } = viewOf(known)
        expect(told).deep.equal(before)
        expect(epoch).above(former)
      }),
    )
  })

  it('only who is neither there nor given up is waited for', () => {
    fc.assert(
      fc.property(anyRegistry, (registry) => {
        const { members, gone = [], last: shown } = viewOf(registry)
        expect(members.filter(({ id }) => gone.includes(id))).deep.equal([])
        if (shown !== undefined) expect(awaited(registry)).not.empty
      }),
    )
  })
})

describe('registry: giving up a member', () => {
  const waiting = doing(EMPTY, tells(last(10, 'a', 'b', 'c')), comes(a2), comes(b2))

  it('ends the waiting for it, until it comes all the same', () => {
    const given = giveUp(waiting, 'c')
    expect(viewOf(given)).deep.include({ epoch: waiting.epoch + 1, gone: ['c'] })
    expect(awaited(given)).deep.equal([])
    expect(giveUp(given, 'c')).equal(given)
    expect(viewOf(doing(given, comes(c2)))).not.have.any.keys('last', 'gone')
  })

  it('leaves the others to be waited for', () => {
    const given = giveUp(doing(waiting, goes(b2)), 'c')
    expect(viewOf(given).last?.members).deep.equal(['a', 'b', 'c'])
    expect(awaited(given)).deep.equal(['b'])
  })

  it('can be said before anybody is waited for, and not of one who is there', () => {
    expect(giveUp(running, 'c')).equal(running)
    const said = doing(EMPTY, (now) => giveUp(now, 'c'), tells(last(10, 'a', 'b', 'c')))
    expect(awaited(said)).deep.equal(['a', 'b'])
  })
})

describe('registry: a run that was taken for stopped', () => {
  /** Uplink was started empty, and a member with an old disk was faster than those who run. */
  const waiting = doing(EMPTY, tells(last(48, 'a', 'b', 'c')), comes(b2))

  it('goes on as soon as one of it comes, and nobody of it is lost', () => {
    expect(isNews(waiting, 'a', 50)).equal(true)
    const found = adopt(waiting, { epoch: 50, members: [member('a', 1, 2), member('d', 1, 49)] })
    expect(found.members.map(({ id }) => id)).deep.equal(['a', 'b', 'd'])
    expect(found.epoch).above(waiting.epoch)
    expect(awaited(found)).deep.equal([])
    expect(awaited(doing(found, goes(b2)))).deep.equal([])
    expect(adopt(found, { epoch: 50, members: [member('a', 1, 2)] })).equal(found)
  })

  it('is not what somebody claims who knows no more than what was awaited, or what uplink itself has told', () => {
    expect(isNews(waiting, 'a', 47)).equal(false)
    expect(isNews(waiting, 'a', waiting.epoch)).equal(false)
    expect(isNews(waiting, 'b', 50)).equal(false)
  })
})
