/** A lifetime that is changed by itself: of the write that it was said of, in whatever order the two are heard of. */
import { expect } from 'chai'
import fc from 'fast-check'
import { apply, type Entry, isNews, merge } from '../../../node/entries/entry.ts'
import { lastStampOf, type Register } from '../../../node/entries/register.ts'
import { StampClock } from '../../../node/entries/stamp.ts'
import { type CommandOf, type Outcome, tagOf } from '../../../shared/command.ts'
import { momentAt } from '../../support/moment.ts'

type ValueCommand = CommandOf<'value.get' | 'value.describe' | 'value.set' | 'value.touch' | 'value.delete'>

/** One owner of one key: what it holds, and every change that it told. */
class Owner {
  nowMs = 0
  held: Register | undefined
  readonly changes: Register[] = []
  readonly #stamps = new StampClock('a')

  do(command: ValueCommand): Outcome {
    const { outcome, changes } = apply(
      command,
      { get: () => this.held, under: () => [] },
      momentAt(this.nowMs, this.#stamps),
    )
    for (const { entry } of changes) {
      this.held = (this.held === undefined ? entry : merge(this.held, entry)) as Register
      this.changes.push(entry as Register)
    }
    return outcome
  }
}

const key = 'soup'
const set = (body: string, life: object = {}): ValueCommand => ({
  type: 'value.set',
  key,
  contentType: 'text/plain',
  body,
  ...life,
})
const touch = (ttlMs?: number): ValueCommand => ({
  type: 'value.touch',
  key,
  ...(ttlMs !== undefined && { ttlMs }),
})
const command: fc.Arbitrary<ValueCommand> = fc.oneof(
  fc.constantFrom('a', 'b').map((body) => set(body)),
  fc.constantFrom('c', 'd').map((body) => set(body, { ttlMs: 3000 })),
  fc.constantFrom('e', 'f').map((body) => set(body, { keepsTtl: true })),
  fc.constantFrom(touch(), touch(5000), touch(20_000)),
  fc.constant({ type: 'value.delete', key } as const),
)

describe('a lifetime', () => {
  it('is changed without the value, its entity tag or its media type', () => {
    const owner = new Owner()
    const stored = owner.do(set('stew', { ttlMs: 1000 }))
    if (stored.type !== 'stored') throw new Error(stored.type)
    const touched = owner.do(touch(5000))
    expect(touched).to.deep.equal({ type: 'stored', stamp: stored.stamp, created: false })
    owner.nowMs = 4000
    const told = { contentType: 'text/plain', stamp: stored.stamp, ttlMs: 1000 }
    expect(owner.do({ type: 'value.get', key })).to.deep.equal({ type: 'value', body: 'stew', ...told })
    expect(owner.do({ type: 'value.describe', key })).to.deep.equal({
      type: 'description',
      bytes: 4,
      ...told,
    })
    owner.do(touch())
    owner.nowMs = 1e9
    expect(owner.do({ type: 'value.get', key })).to.not.have.property('ttlMs')
    expect(owner.do({ type: 'value.get', key })).to.include({ body: 'stew' })
  })

  it('is changed on the condition that the value is the one that is meant', () => {
    const owner = new Owner()
    const stored = owner.do(set('stew'))
    const ifMatch = stored.type === 'stored' ? [tagOf(stored.stamp)] : []
    const on = (tags: readonly string[]) =>
      owner.do({ ...touch(5), condition: { ifMatch: tags } } as ValueCommand)
    expect(on(['"other"'])).to.include({ type: 'mismatch', failed: 'ifMatch' })
    expect(on(ifMatch), 'once').to.include({ type: 'stored' })
    expect(on(ifMatch), 'the tag stays').to.include({ type: 'stored' })
  })

  it('of nothing, or of what has ended, cannot be changed', () => {
    const owner = new Owner()
    expect(owner.do(touch(5))).to.deep.equal({ type: 'missing' })
    owner.do(set('stew', { ttlMs: 10 }))
    owner.nowMs = 10
    expect(owner.do(touch(5))).to.deep.equal({ type: 'missing' })
    expect(owner.do({ type: 'value.describe', key })).to.deep.equal({ type: 'missing' })
  })

  it('is kept by a set that asks for it, and begins anew with any other', () => {
    const owner = new Owner()
    owner.do(set('a', { keepsTtl: true }))
    expect(owner.held?.endsAtMs, 'where there was none').to.equal(Infinity)
    owner.do(touch(1000))
    owner.nowMs = 400
    owner.do(set('b', { keepsTtl: true }))
    expect(owner.do({ type: 'value.get', key })).to.include({ body: 'b', ttlMs: 600 })
    owner.nowMs = 1000
    owner.do(set('c', { keepsTtl: true }))
    expect(owner.held?.endsAtMs, 'where it has ended').to.equal(Infinity)
  })

  it('and value are on a copy as on the owner, in whatever order, and however often, it hears of changes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(command, fc.nat(2000)), { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        (commands, picks) => {
          const owner = new Owner()
          for (const [one, later] of commands) {
            owner.nowMs += later
            owner.do(one)
          }
          const waiting = [...owner.changes, ...owner.changes]
          let copy: Entry | undefined
          while (waiting.length > 0) {
            const [change] = waiting.splice((picks.next().value ?? 0) % waiting.length, 1)
            if (change === undefined) continue
            const isNew = isNews(copy, change)
            const before = copy
            copy = copy === undefined ? change : merge(copy, change)
            if (!isNew) expect(copy).to.deep.equal(before)
          }
          expect(copy).to.deep.equal(owner.held)
        },
      ),
    )
  })

  it('of a value that another half has replaced meanwhile is that of the new value', () => {
    const stamp = (time: number) => ({ time, origin: 'a' })
    const value = (body: string) => ({ contentType: 'text/plain', body })
    const old: Register = {
      kind: 'register',
      stamp: stamp(1),
      touched: stamp(9),
      value: value('old'),
      endsAtMs: 5,
    }
    const anew: Register = { kind: 'register', stamp: stamp(2), value: value('new'), endsAtMs: Infinity }
    expect(merge(old, anew)).to.deep.equal(anew)
    expect(merge(anew, old)).to.deep.equal(anew)
    const deleted: Register = { kind: 'register', stamp: stamp(3), endsAtMs: 0 }
    expect(merge(old, deleted)).to.deep.equal(deleted)
    expect(lastStampOf(old)).to.deep.equal(stamp(9))
  })

  it('that was prolonged in time outlives a copy that has let the value end', () => {
    const owner = new Owner()
    owner.do(set('stew', { ttlMs: 10 }))
    const [first] = owner.changes
    owner.do(touch(1000))
    const ended: Register = { kind: 'register', stamp: first?.stamp ?? { time: 0, origin: '' }, endsAtMs: 10 }
    expect(owner.held && merge(ended, owner.held)).to.deep.equal(owner.held)
  })
})
