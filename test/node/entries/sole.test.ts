/** A key as one thing alone: what is asked of values, counters and sets where there is another, or the same. */
import { expect } from 'chai'
import fc from 'fast-check'
import { apply, idOf, merge } from '../../../node/entries/entry.ts'
import type { Entry } from '../../../node/entries/kinds.ts'
import type { Outcome, SingleCommand } from '../../../shared/command.ts'
import { tagOf } from '../../../shared/command.ts'
import { LarderError } from '../../../shared/errors.ts'

const key = 'k'
const isSole = true

/** All that a key names, with the time as it is told. */
class Place {
  readonly entries = new Map<string, Entry>()
  nowMs = 0
  #time = 0

  do(command: SingleCommand): Outcome | string {
    const moment = {
      nowMs: this.nowMs,
      origin: 'a',
      isCertain: true,
      isOver: () => false,
      stamp: () => ({ time: ++this.#time, origin: 'a' }),
    }
    try {
      const { outcome, changes } = apply(
        command,
        { get: (id) => this.entries.get(id), under: () => [] },
        moment,
      )
      for (const { id, entry } of changes) {
        const known = this.entries.get(id)
        this.entries.set(id, known === undefined ? entry : merge(known, entry))
      }
      return outcome
    } catch (error) {
      if (error instanceof LarderError) return error.code
      throw error
    }
  }

  get type(): string {
    const outcome = this.do({ type: 'value.describe', key, isSole })
    if (typeof outcome === 'string' || outcome.type !== 'description') return 'none'
    return outcome.members === undefined ? 'string' : 'set'
  }
}

const set = (body: string): SingleCommand => ({ type: 'value.set', key, contentType: 'a/b', body, isSole })
const add: SingleCommand = { type: 'counter.add', key, by: '1', isSole }
const get: SingleCommand = { type: 'value.get', key, isSole }
const remove: SingleCommand = { type: 'value.delete', key, isSole }
const change = (come: string[], more: object = {}): SingleCommand => ({
  type: 'reaction.change',
  key,
  reaction: 'member',
  come,
  go: [],
  isSole,
  ...more,
})

describe('a key as one thing alone', () => {
  it('is what a model of it says, whatever is asked', () => {
    const step = fc.constantFrom('set', 'add', 'get', 'remove', 'join', 'replace', 'new')
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const place = new Place()
        let type = 'none'
        for (const one of steps) {
          if (one === 'set') {
            expect(place.do(set('1'))).to.have.property('type', 'stored')
            type = 'string'
          } else if (one === 'add') {
            const outcome = place.do(add)
            if (type === 'set') expect(outcome).to.equal('WRONG_TYPE')
            else {
              expect(outcome).to.have.property('type', 'total')
              type = 'string'
            }
          } else if (one === 'get') {
            const outcome = place.do(get)
            if (type === 'set') expect(outcome).to.equal('WRONG_TYPE')
            else expect(outcome).to.have.property('type', type === 'none' ? 'missing' : 'value')
          } else if (one === 'remove') {
            expect(place.do(remove)).to.have.property('type', type === 'none' ? 'missing' : 'deleted')
            type = 'none'
          } else if (one === 'join') {
            const outcome = place.do(change(['x']))
            if (type === 'string') expect(outcome).to.equal('WRONG_TYPE')
            else {
              expect(outcome).to.deep.include({ type: 'changed', come: type === 'none' ? 1 : 0 })
              type = 'set'
            }
          } else if (one === 'replace') {
            expect(place.do(change(['x'], { isReplaced: true }))).to.have.property('type', 'changed')
            type = 'set'
          } else {
            const outcome = place.do(change(['x'], { isNew: true }))
            expect(outcome).to.have.property('type', type === 'none' ? 'changed' : 'mismatch')
            if (type === 'none') type = 'set'
          }
          expect(place.type, one).to.equal(type)
        }
      }),
    )
  })

  it('has a tag that another member of its set, or one fewer, makes another one', () => {
    const place = new Place()
    const tag = () => {
      const outcome = place.do({ type: 'value.describe', key, isSole })
      return typeof outcome === 'string' || outcome.type !== 'description' ? '' : tagOf(outcome.stamp)
    }
    place.do(change(['x']))
    const first = tag()
    place.do(change(['y']))
    expect(tag()).not.to.equal(first)
    expect(place.do({ ...remove, condition: { ifMatch: [first] } } as SingleCommand)).to.have.property(
      'type',
      'mismatch',
    )
    expect(place.do({ ...remove, condition: { ifMatch: [tag()] } } as SingleCommand)).to.have.property(
      'type',
      'deleted',
    )
    expect(place.type).to.equal('none')
  })

  it('ends as a whole, also for who joins later, and not before', () => {
    const place = new Place()
    place.do(change(['x', 'y']))
    expect(place.do({ type: 'value.touch', key, ttlMs: 10, isSole })).to.have.property('type', 'stored')
    place.do(change(['z']))
    place.nowMs = 9
    expect(place.type).to.equal('set')
    expect(place.do({ type: 'value.touch', key, ttlMs: 5, only: ['sooner'], isSole })).to.have.property(
      'type',
      'mismatch',
    )
    place.nowMs = 10
    expect(place.type).to.equal('none')
    expect(place.do(get)).to.have.property('type', 'missing')
  })

  it('stands beside contents for whoever does not say so', () => {
    const place = new Place()
    place.do({ type: 'reaction.add', key, user: 'Sam', reaction: 'fire' })
    expect(place.do(get)).to.have.property('type', 'missing')
    place.do(change(['x']))
    place.do({ type: 'value.set', key, contentType: 'a/b', body: 'v' })
    expect(place.type).to.equal('string')
    place.do(set('w'))
    const counts = place.do({ type: 'reaction.count', key })
    expect(counts).to.deep.include({ counts: { fire: 1 } })
    expect(place.entries.has(idOf.reactions(key))).to.equal(true)
  })
})
