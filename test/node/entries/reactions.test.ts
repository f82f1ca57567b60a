/** The set of those who react to one content, held against a naive model of it. */
import { expect } from 'chai'
import fc from 'fast-check'
import { REACTIONS } from '../../../node/entries/engage.ts'
import type { Page } from '../../../node/entries/page.ts'
import type { Presence } from '../../../node/entries/presence.ts'
import { Reactions } from '../../../node/entries/reactions.ts'
import type { PageEnd } from '../../../shared/reaction-command.ts'

/** Some end where others begin. */
const KINDS = ['fire', 'ice', '__proto__', 'fire:'] as const
const USERS = ['Sam', ':Sam', '__proto__', 'constructor', '\0', '\u{1f525}', '\uffff', '4:fire'] as const

/** Everyone who is known by (reaction, user), in a plain list. */
class Model {
  known: Presence[] = []

  get here(): Presence[] {
    return this.known.filter(({ isGone }) => !isGone)
  }

  put(presence: Presence): void {
    const old = this.known.find((one) => isSame(one, presence))
    if (old && !isLater(presence, old)) return
    this.known = [...this.known.filter((one) => one !== old), presence]
  }

  settle(nowMs: number): number {
    const ended = this.here.filter(({ endsAtMs }) => endsAtMs <= nowMs)
    for (const one of ended) this.put({ ...one, isGone: true })
    return ended.length
  }

  /** In the order of pages. */
  list(reaction?: string): PageEnd[] {
    const listed = this.here.filter((one) => reaction === undefined || one.reaction === reaction)
    return listed.map(({ reaction, user }) => ({ reaction, user })).sort(inOrder)
  }

  counts(): Record<string, number> {
    const groups = Map.groupBy(this.here, ({ reaction }) => reaction)
    return Object.fromEntries([...groups].map(([reaction, ones]) => [reaction, ones.length]))
  }
}

function isSame(a: PageEnd, b: PageEnd): boolean {
  return a.reaction === b.reaction && a.user === b.user
}

function isLater(a: Presence, b: Presence): boolean {
  if (a.time !== b.time) return a.time > b.time
  return a.isGone === b.isGone ? a.endsAtMs < b.endsAtMs : a.isGone
}

function inOrder(a: PageEnd, b: PageEnd): number {
  if (a.reaction !== b.reaction) return a.reaction < b.reaction ? -1 : 1
  return a.user < b.user ? -1 : 1
}

/** All pages, one after the other; between two of them something may happen. */
function walk(reactions: Reactions, limit: number, reaction?: string, between = () => {}): PageEnd[] {
  const listed: PageEnd[] = []
  let after: PageEnd | undefined
  do {
    const { users, next }: Page = reactions.page(limit, {
      ...(reaction && { reaction }),
      ...(after && { after }),
    })
    const page = Object.entries(users).flatMap(([kind, names]) =>
      names.map((user) => ({ reaction: kind, user })),
    )
    expect(page.length).to.be.at.most(limit)
    if (next) expect(page.at(-1)).to.deep.equal(next)
    listed.push(...page)
    after = next
    between()
  } while (after)
  return listed
}

const step = fc.record({
  act: fc.constantFrom('put', 'put', 'put', 'settle', 'forget', 'merge'),
  reaction: fc.constantFrom(...KINDS),
  user: fc.constantFrom(...USERS),
  time: fc.nat(6),
  endsAtMs: fc.oneof(fc.nat(20), fc.constant(Infinity)),
  isGone: fc.boolean(),
  most: fc.nat(4),
})

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function take({ act, most, ...presence }: Step, reactions: Reactions, model: Model): void {
  const atMs = Math.min(presence.endsAtMs, 25)
  const one = { ...presence, isGone: presence.isGone && presence.endsAtMs < Infinity }
  if (act === 'put') reactions.put(one)
  if (act === 'merge') REACTIONS.merge(reactions, Reactions.of(one))
  if (act === 'put' || act === 'merge') model.put(one)
  if (act === 'settle') {
    const ended: number[] = []
    do ended.push(reactions.settle(atMs, most + 1))
    while (ended.at(-1) === most + 1)
    expect(ended.reduce((sum, count) => sum + count)).to.equal(model.settle(atMs))
  }
  if (act === 'forget') {
    for (const gone of reactions.forget(atMs, most)) {
      const known = model.known.find((other) => isSame(other, gone))
      expect(known).to.deep.equal(gone)
      expect(gone).to.include({ isGone: true }).and.have.property('endsAtMs').that.is.at.most(atMs)
      model.known = model.known.filter((other) => other !== known)
    }
  }
}

function check(reactions: Reactions, model: Model): void {
  expect(reactions.counts()).to.deep.equal(model.counts())
  expect(reactions.users).to.equal(new Set(model.here.map(({ user }) => user)).size)
  expect(reactions.isEmpty).to.equal(model.known.length === 0)
  for (const limit of [1, 2, 100]) expect(walk(reactions, limit)).to.deep.equal(model.list())
  for (const kind of KINDS) expect(walk(reactions, 2, kind)).to.deep.equal(model.list(kind))
  for (const one of model.known) expect(reactions.find(one.reaction, one.user)).to.deep.equal(one)
  const names = [...reactions].map(({ reaction, user }) => `${reaction} of ${user}`)
  expect(names.sort()).to.deep.equal(model.known.map(({ reaction, user }) => `${reaction} of ${user}`).sort())
}

describe('reactions to a content', () => {
  it('are what a plain list of them would say, through every mix of steps', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const [reactions, model] = [new Reactions(), new Model()]
        for (const one of steps) {
          take(one, reactions, model)
          check(reactions, model)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('are made of their parts, whatever the size of these, also if they change in between', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), (steps, most) => {
        const [reactions, model] = [new Reactions(), new Model()]
        for (const one of steps.slice(2)) take(one, reactions, model)
        const known = model.known
        const whole = new Reactions()
        for (const part of reactions.parts(most)) {
          expect([...part].length).to.be.within(1, most)
          REACTIONS.merge(whole, part)
        }
        check(whole, model)
        expect([whole.digest, whole.bytes]).to.deep.equal([reactions.digest, reactions.bytes])

        const later = new Reactions()
        for (const part of reactions.parts(most)) {
          for (const one of steps.slice(0, 2)) take({ ...one, act: 'put' }, reactions, model)
          REACTIONS.merge(later, part)
        }
        // What changes meanwhile may or may not be among them.
        const hasChanged = (one: Presence) => steps.slice(0, 2).some((other) => isSame(one, other))
        const isLost = (one: Presence) => !hasChanged(one) && !later.find(one.reaction, one.user)
        expect(known.filter(isLost)).to.deep.equal([])
      }),
      { numRuns: 200 },
    )
  })

  it('weigh in the end what they weighed before anybody came', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const [reactions, model] = [new Reactions(), new Model()]
        for (const one of steps) take(one, reactions, model)
        for (const one of model.here) reactions.put({ ...one, time: 7, endsAtMs: 30, isGone: true })
        while (reactions.forget(30, 3).length > 0);
        expect(reactions.bytes).to.equal(new Reactions().bytes)
        expect([reactions.isEmpty, reactions.users, reactions.dueAtMs(1)]).to.deep.equal([true, 0, Infinity])
      }),
    )
  })

  it('weigh more the more there are, and those who end by themselves the most', () => {
    const weights = [Infinity, 5].map((endsAtMs) => {
      const reactions = new Reactions()
      const before = reactions.put({ reaction: 'fire', user: 'first', time: 1, endsAtMs, isGone: false })
      expect(before).to.equal(undefined)
      const { bytes } = reactions
      reactions.put({ reaction: 'fire', user: 'other', time: 1, endsAtMs, isGone: false })
      return reactions.bytes - bytes
    })
    expect(weights[0]).to.be.above(0)
    expect(weights[1]).to.be.above(weights[0] ?? 0)
  })

  it('of 100,000 users are all on some page, once, also while others come and go between the pages', () => {
    const reactions = new Reactions()
    const put = (user: string, time: number, isGone = false) =>
      reactions.put({ reaction: 'fire', user, time, endsAtMs: isGone ? time : Infinity, isGone })
    const staying = Array.from({ length: 100_000 }, (_, index) => `user ${String(index).padStart(6, '0')}`)
    for (const user of staying.toReversed()) put(user, 1)
    let page = 0
    const listed = walk(reactions, 1000, 'fire', () => {
      page++
      // Some begin before the page, some behind it; whoever came two pages ago leaves.
      put(`user ${String(page * 500).padStart(6, '0')} a`, page)
      put(`user ${String(page * 1500).padStart(6, '0')} b`, page)
      if (page > 2) put(`user ${String((page - 2) * 1500).padStart(6, '0')} b`, page, true)
    })
    const names = listed.map(({ user }) => user)
    expect(new Set(names).size).to.equal(names.length)
    expect(names.filter((name) => /^user \d+$/.test(name))).to.deep.equal(staying)
    expect(reactions.users).to.be.above(100_000)
  })

  it('of 100,000 users who all end at once are tended to in parts', () => {
    const reactions = new Reactions()
    for (let index = 0; index < 100_000; index++)
      reactions.put({ reaction: 'fire', user: `${index}`, time: 1, endsAtMs: 1000, isGone: false })
    expect(reactions.settle(999, 1000)).to.equal(0)
    let turns = 0
    while (reactions.settle(1000, 1000) > 0) turns++
    expect([turns, reactions.users]).to.deep.equal([100, 0])
    while (reactions.forget(1000, 1000).length > 0) turns++
    expect([turns, reactions.isEmpty]).to.deep.equal([200, true])
  })
})
