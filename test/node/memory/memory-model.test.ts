/** Memory under every mix of steps: what it counts is what it holds, and it tells of all that it lets go. */
import { expect } from 'chai'
import fc from 'fast-check'
import { isEither, partsOf } from '../../../node/entries/either.ts'
import type { Entry } from '../../../node/entries/entry.ts'
import type { Presence } from '../../../node/entries/presence.ts'
import { Reactions } from '../../../node/entries/reactions.ts'
import type { Forgotten } from '../../../node/memory/forgotten.ts'
import { TOMBSTONE_GRACE_MS } from '../../../node/memory/held.ts'
import { Memory } from '../../../node/memory/memory.ts'
import { allOf } from '../../support/turns.ts'

const EMPTY = { values: 0, counters: 0, contents: 0, records: 0, tombstones: 0, bytes: 0 }

const step = fc.record({
  act: fc.constantFrom(
    ...(['value', 'tombstone', 'record', 'counter', 'reset', 'reaction', 'removal'] as const),
    ...(['sweep', 'activity', 'use', 'drop'] as const),
  ),
  slot: fc.nat(3),
  name: fc.nat(3),
  user: fc.nat(3),
  size: fc.nat(500),
  atMs: fc.integer({ min: 1, max: 2 * TOMBSTONE_GRACE_MS }),
  lasts: fc.boolean(),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** What a step writes, if it does. */
function changeOf({ act, name, user, size, atMs, lasts }: Step, time: number): [string, Entry] | undefined {
  const stamp = { time: time * 1024, origin: 'a' }
  const value = { contentType: 'text/plain', body: 'x'.repeat(size) }
  const endsAtMs = lasts ? Infinity : atMs
  const end = { endsAtMs }
  const presence = { reaction: `kind ${size % 2}`, user: `${user}`, time }
  switch (act) {
    case 'value':
      return [`v${name}`, { kind: 'register', stamp, value, endsAtMs }]
    case 'tombstone':
      return [`v${name}`, { kind: 'register', stamp, endsAtMs: atMs }]
    case 'record':
      return [`i${name}\0once`, { kind: 'register', stamp, value, endsAtMs: atMs }]
    case 'counter':
      return [
        `v${name}`,
        { kind: 'counter', tallies: { [`origin ${user}`]: { added: 1n, taken: 0n } }, last: stamp, end },
      ]
    case 'reset':
      return [`v${name}`, { kind: 'counter', reset: { ...stamp, atMs }, tallies: {}, last: stamp }]
    case 'reaction':
      return [`r${name}`, Reactions.of({ ...presence, endsAtMs, isGone: false })]
    case 'removal':
      return [`r${name}`, Reactions.of({ ...presence, endsAtMs: atMs, isGone: true })]
    default:
      return undefined
  }
}

interface Known {
  readonly slot: number
  readonly id: string
  readonly users: Set<string>
  readonly parts: Set<string>
}

/** A memory, and what it must hold by what was written and what it has told. */
class Watched {
  readonly #known = new Map<string, Known>()
  readonly memory = new Memory(5000, { forget: (forgotten) => this.#forget(forgotten) })

  #forget({ slot, id, kind, presence }: Forgotten): void {
    const known = this.#known.get(`${slot} ${id}`)
    expect(known, `${id} is told once`).to.not.equal(undefined)
    if (presence) expect(known?.users.delete(nameOf(presence)), 'a presence is told once').to.equal(true)
    else expect(known?.parts.delete(kind), 'a part is told once').to.equal(true)
    // A content goes with the last of its presences, and a key with its value and its counter.
    if (known?.users.size === 0 && known.parts.size === 0) this.#known.delete(`${slot} ${id}`)
  }

  #time = 0

  take(step: Step): void {
    const { memory } = this
    const { act, slot, name, atMs } = step
    const [id, entry] = changeOf(step, ++this.#time) ?? []
    if (id !== undefined && entry !== undefined) {
      const known = this.#known.get(`${slot} ${id}`) ?? { slot, id, users: new Set(), parts: new Set() }
      this.#known.set(`${slot} ${id}`, known)
      if (entry.kind === 'reactions') for (const presence of entry) known.users.add(nameOf(presence))
      // Times grow with every step, so that whatever is written stands.
      else known.parts.add(entry.kind)
      memory.merge(slot, id, entry)
    }
    if (act === 'sweep') allOf(memory.upkeep.sweep(atMs))
    if (act === 'activity') allOf(memory.upkeep.activity(2, atMs, () => true))
    if (act === 'use') for (const family of 'vr') memory.use(slot, `${family}${name}`, { nowMs: atMs })
    if (act === 'drop') this.drop(slot)
  }

  /** What is dropped is told nobody: it is dropped from the disk as a whole. */
  drop(slot: number): void {
    allOf(this.memory.upkeep.drop([slot]))
    for (const [name, known] of this.#known) if (known.slot === slot) this.#known.delete(name)
  }

  check(): void {
    for (let slot = 0; slot <= 3; slot++) {
      for (const id of [0, 1, 2, 3].flatMap((name) => [`v${name}`, `r${name}`, `i${name}\0once`])) {
        const [known, entry] = [this.#known.get(`${slot} ${id}`), this.memory.use(slot, id, { nowMs: 0 })]
        expect(entry !== undefined, id).to.equal(known !== undefined)
        if (entry !== undefined && isEither(entry))
          expect(partsOf(entry).map(({ kind }) => kind)).to.have.members([...(known?.parts ?? [])])
        if (entry?.kind !== 'reactions') continue
        expect([...entry].map(nameOf).sort()).to.deep.equal([...(known?.users ?? [])].sort())
      }
    }
    const { bytes, evicted: _, evictions, expirations, ...held } = this.memory.counts
    expect(Object.values(held).reduce((sum, count) => sum + count)).to.equal(this.#known.size)
    expect(bytes > 0).to.equal(this.#known.size > 0)
    for (const count of [evictions, expirations]) expect(count).to.be.at.least(0)
  }
}

function nameOf({ reaction, user }: Presence): string {
  return `${reaction} of ${user}`
}

describe('memory, whatever is written, ended, evicted or let go,', () => {
  it('counts what it holds, and tells of everything that it forgets', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const watched = new Watched()
        for (const step of steps) {
          watched.take(step)
          watched.check()
        }
        for (let slot = 0; slot <= 3; slot++) watched.drop(slot)
        watched.check()
        expect(watched.memory.counts).to.include(EMPTY)
      }),
      { numRuns: 300 },
    )
  })

  it('is empty in the end when everything in it ends', () => {
    const ending = step.map((one) => ({ ...one, lasts: false }))
    fc.assert(
      fc.property(fc.array(ending, { maxLength: 40 }), (steps) => {
        const watched = new Watched()
        for (const step of steps) watched.take(step)
        for (const graces of [5, 7, 7]) allOf(watched.memory.upkeep.sweep(graces * TOMBSTONE_GRACE_MS))
        expect(watched.memory.counts).to.include(EMPTY)
        watched.check()
      }),
      { numRuns: 300 },
    )
  })
})
