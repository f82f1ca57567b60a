/** What is forgotten of responses, and what is left so that no other copy brings it back. */
import { expect } from 'chai'
import { apply } from '../../../node/entries/entry.ts'
import { isMeant, markOf, pathOf, tracesOver } from '../../../node/entries/response.ts'
import type { Moment } from '../../../node/entries/verbs.ts'
import { Memory } from '../../../node/memory/memory.ts'
import type { SingleCommand } from '../../../shared/command.ts'
import type { Purge } from '../../../shared/response-command.ts'

const SLOT = 7
const put = (key: string, tag: string, tenant = 'acme'): SingleCommand => ({
  type: 'response.put',
  key,
  tenant,
  query: '',
  contentType: 't',
  body: key,
  headers: { 'surrogate-key': tag },
  ttlMs: 1000,
})

let time = 0

/** A copy of a slot, and who writes to it. */
class Copy {
  readonly memory = new Memory(1_000_000, { forget() {} })
  readonly #isCertain: boolean

  constructor(isCertain: boolean) {
    this.#isCertain = isCertain
  }

  do(command: SingleCommand): void {
    const moment: Moment = {
      nowMs: 0,
      origin: 'a',
      isCertain: this.#isCertain,
      isOver: () => false,
      stamp: () => ({ time: ++time, origin: 'a' }),
    }
    for (const { id, entry } of apply(command, this.memory.entriesOf(SLOT, moment), moment).changes)
      this.memory.merge(SLOT, id, entry)
  }

  /** As a member does it that hears of a purge of all slots. */
  purge(what: Purge): void {
    this.memory.slots.marks.note(markOf(what), { time: ++time, origin: 'a' })
    const meant = [...this.memory.slots.of(SLOT)].flatMap(({ id, entry }) =>
      entry.kind === 'register' && entry.value && isMeant(id, entry.value, what) ? [pathOf(id)] : [],
    )
    for (const key of new Set(meant)) this.do({ type: 'response.invalidate', key, isRefresh: false, ...what })
  }

  /** What the other has, too. */
  take(other: Copy): void {
    for (const part of other.memory.slots.partsOf(SLOT))
      this.memory.takeIn({ slot: SLOT, ...part }, 0, () => {})
  }

  get keys(): string[] {
    const live = [...this.memory.slots.of(SLOT)].filter(
      ({ entry }) => entry.kind === 'register' && entry.value,
    )
    return live.map(({ id }) => id.slice(1).split('\0').slice(0, 2).join(' ')).sort()
  }
}

describe('a purge of a slot', () => {
  beforeEach(() => {
    time = 0
  })

  it('by tag forgets what has it, and leaves nothing else where nobody else can have any', () => {
    const copy = new Copy(true)
    for (const command of [put('/a', 'x y'), put('/b', 'y'), put('/c', 'z')]) copy.do(command)
    copy.purge({ tag: 'y' })
    expect(copy.keys).to.deep.equal(['/c acme'])
    expect([...copy.memory.slots.of(SLOT)]).to.have.length(3)
  })

  it('holds for what another copy brings later, whichever it is, and for nothing newer', () => {
    for (const isTracedFirst of [true, false]) {
      const [copy, away] = [new Copy(false), new Copy(false)]
      for (const command of [put('/a', 'x'), put('/b', 'y'), put('/a', 'x', 'zeta')]) away.do(command)
      copy.purge({ tag: 'x', tenant: 'acme' })
      const [into, from] = isTracedFirst ? [copy, away] : [away, copy]
      into.take(from)
      expect(into.keys).to.deep.equal(['/a zeta', '/b acme'])
      into.do(put('/a', 'x'))
      into.take(from)
      expect(into.keys).to.deep.equal(['/a acme', '/a zeta', '/b acme'])
    }
  })

  it('that is soft keeps what is here, and not what another copy brings as fresh', () => {
    const [copy, away] = [new Copy(false), new Copy(false)]
    copy.do(put('/here', 'x'))
    away.do(put('/there', 'x'))
    copy.purge({ tag: 'x', isSoft: true })
    copy.take(away)
    expect(copy.keys).to.deep.equal(['/here acme'])
    const facts = [...copy.memory.slots.of(SLOT)].flatMap(({ entry }) =>
      entry.kind === 'register' && entry.value ? [entry.value.facts] : [],
    )
    expect(facts).to.deep.equal([{ staleAtMs: 0 }])
  })

  it('of very many tags goes on holding for all of them, and for nothing that is newer', () => {
    const [copy, away] = [new Copy(false), new Copy(false)]
    for (let tag = 0; tag < 50; tag++) away.do(put(`/old-${tag}`, `t${tag}`))
    for (let tag = 0; tag < 50; tag++) copy.purge({ tag: `t${tag}` })
    expect([...copy.memory.slots.marks].length).to.be.below(20)
    away.do(put('/new', 't1'))
    copy.take(away)
    expect(copy.keys).to.deep.equal(['/new acme'])
  })

  it('of all forgets all of a tenant, or of everyone', () => {
    const copy = new Copy(false)
    for (const command of [put('/a', 'x'), put('/a', 'x', 'zeta')]) copy.do(command)
    copy.purge({ tenant: 'acme' })
    expect(copy.keys).to.deep.equal(['/a zeta'])
    copy.purge({})
    expect(copy.keys).to.deep.equal([])
  })

  it('is of the traces that hold for a response', () => {
    const value = { contentType: 't', body: '', headers: { 'cache-tag': 'x,y' } }
    for (const trace of ['a/a\0acme', 'a/a', 'a#x\0acme', 'a#y', 'a\0acme', 'a'])
      expect(tracesOver('a/a\0acme\0', value)).to.include(trace)
  })
})
