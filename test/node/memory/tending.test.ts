/** For how long it is remembered what is gone. */
import { expect } from 'chai'
import { counterWith } from '../../../node/entries/counter.ts'
import type { Change, Entry } from '../../../node/entries/entry.ts'
import { Reactions } from '../../../node/entries/reactions.ts'
import type { Forgotten } from '../../../node/memory/forgotten.ts'
import { TOMBSTONE_GRACE_MS } from '../../../node/memory/held.ts'
import { Memory } from '../../../node/memory/memory.ts'
import { allOf } from '../../support/turns.ts'

const SLOT = 7
const HOUR_MS = 3_600_000
const here = { reaction: 'fire', user: 'Sam', time: 1, endsAtMs: Infinity, isGone: false }
const live = (): readonly (readonly [id: string, entry: Entry])[] => [
  [
    'vjam',
    {
      kind: 'register',
      stamp: { time: 1, origin: 'a' },
      value: { contentType: 'text/plain', body: 'x' },
      endsAtMs: Infinity,
    },
  ],
  ['vtea', counterWith({}, { a: { added: 1n, taken: 0n } }, 0)],
  ['rjam', Reactions.of(here)],
]
const gone = (): readonly (readonly [id: string, entry: Entry])[] => [
  ['vjam', { kind: 'register', stamp: { time: 2, origin: 'a' }, endsAtMs: 0 }],
  ['vtea', counterWith({ reset: { time: 2, origin: 'a', atMs: 0 } }, {}, 0)],
  ['rjam', Reactions.of({ ...here, time: 2, endsAtMs: 0, isGone: true })],
]

/** The sweeper comes once a second; once a minute will do here. */
function passing(memory: Memory, fromMs: number, toMs: number): void {
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 60_000) allOf(memory.upkeep.sweep(nowMs))
}

function livingIn(memory: Memory): number {
  const { values, counters } = memory.counts
  return (
    values +
    counters +
    allOf(memory.upkeep.activity(10, HOUR_MS, () => true)).filter(({ users }) => users > 0).length
  )
}

describe('what is gone', () => {
  it('is forgotten after its grace, and then an older copy brings it back', () => {
    const memory = new Memory(Infinity)
    for (const [id, entry] of gone()) memory.merge(SLOT, id, entry)
    passing(memory, 0, TOMBSTONE_GRACE_MS + 120_000)
    expect(memory.counts).to.include({ tombstones: 0, contents: 0, bytes: 0 })
    for (const [id, entry] of live()) memory.merge(SLOT, id, entry)
    expect(livingIn(memory)).to.equal(3)
  })

  it('is remembered as long as an older copy may come back, and forgotten after that', () => {
    let mayComeBack = true
    const forgotten: Forgotten[] = []
    const memory = new Memory(Infinity, {
      forget: (one) => forgotten.push(one),
      mayComeBack: (slot) => slot === SLOT && mayComeBack,
    })
    for (const slot of [SLOT, SLOT + 1]) for (const [id, entry] of gone()) memory.merge(slot, id, entry)
    passing(memory, 0, HOUR_MS)
    expect(memory.counts, 'in that slot alone').to.include({ tombstones: 2, contents: 1 })
    expect(forgotten.every(({ slot }) => slot === SLOT + 1)).to.equal(true)
    for (const [id, entry] of live()) memory.merge(SLOT, id, entry)
    expect(livingIn(memory)).to.equal(0)

    mayComeBack = false
    passing(memory, HOUR_MS, HOUR_MS + TOMBSTONE_GRACE_MS + 120_000)
    expect(memory.counts).to.include({ tombstones: 0, contents: 0, bytes: 0 })
    expect(forgotten.filter(({ slot }) => slot === SLOT)).to.have.lengthOf(3)
  })
})

describe('a counter that has ended', () => {
  it('is told as what is left of it, so that its number is not on the disk any more', () => {
    const told: Change[] = []
    const memory = new Memory(Infinity, { forget() {}, end: (change) => told.push(change) })
    const last = { time: 3, origin: 'a' }
    const counter = counterWith({ last, end: { endsAtMs: 500 } }, { a: { added: 1n, taken: 0n } }, 0)
    memory.merge(SLOT, 'vtea', counter)
    passing(memory, 0, 60_000)
    expect(told.map(({ id }) => id)).to.deep.equal(['vtea'])
    expect(told[0]?.state).to.deep.include({ kind: 'counter', tallies: {}, reset: { ...last, atMs: 500 } })
  })
})
