/** The set of those who react to one content, held against a naive model of it. */
import { expect } from 'chai'
import fc from 'fast-check'
import { applyToReactions } from '../../../node/entries/engage.ts'
import { mergeReactions, type Page, type Presence, Reactions } from '../../../node/entries/reactions.ts'
import { StampClock } from '../../../node/entries/stamp.ts'
import type { PageEnd } from '../../../shared/command.ts'

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
  return a.endsAtMs === b.endsAtMs ? a.isGone && !b.isGone : a.endsAtMs > b.endsAtMs
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
  if (act === 'merge') mergeReactions(reactions, Reactions.of(one))
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
  const shown = Object.entries(reactions.counts()).filter(([, count]) => count > 0)
  expect(Object.fromEntries(shown)).to.deep.equal(model.counts())
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

describe('a reaction', () => {
  const stamps = new StampClock('a')
  const moment = { nowMs: 1000, origin: 'a', stamp: () => stamps.next(1000) }
  const ask = (reactions: Reactions, type: 'reaction.add' | 'reaction.remove', ttlMs?: number) => {
    const command = { type, key: 'Stew', user: 'Sam', reaction: 'fire', ...(ttlMs && { ttlMs }) } as const
    const { change } = applyToReactions(reactions, command, moment)
    if (change) mergeReactions(reactions, change)
    return change !== undefined
  }

  it('changes nothing where it is there already, or is removed where it is not', () => {
    const reactions = new Reactions()
    expect(ask(reactions, 'reaction.remove')).to.equal(false)
    expect(ask(reactions, 'reaction.add')).to.equal(true)
    expect(ask(reactions, 'reaction.add')).to.equal(false)
    expect(ask(reactions, 'reaction.remove')).to.equal(true)
    expect(ask(reactions, 'reaction.remove')).to.equal(false)
    expect(ask(reactions, 'reaction.add')).to.equal(true)
    expect(reactions.counts()).to.deep.equal({ fire: 1 })
  })

  it('lasts as long as it was last told to, shorter or longer, and for good without a time', () => {
    const reactions = new Reactions()
    for (const [ttlMs, endsAtMs] of [
      [50, 1050],
      [20, 1020],
      [90, 1090],
      [undefined, Infinity],
      [10, 1010],
    ] as const) {
      ask(reactions, 'reaction.add', ttlMs)
      expect(reactions.find('fire', 'Sam')).to.include({ endsAtMs })
      expect(reactions.dueAtMs(5)).to.equal(endsAtMs)
      expect(reactions.users).to.equal(1)
    }
    reactions.settle(1010, 1)
    expect(reactions.counts()).to.deep.equal({ fire: 0 })
  })
})
