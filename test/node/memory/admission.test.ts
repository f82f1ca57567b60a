/** What an owner may take in: whatever comes, memory stays within its budget, and what was taken in is there. */
import { expect } from 'chai'
import fc from 'fast-check'
import { counterWith } from '../../../node/entries/counter.ts'
import type { Entry } from '../../../node/entries/entry.ts'
import { Reactions } from '../../../node/entries/reactions.ts'
import { Memory } from '../../../node/memory/memory.ts'
import { allOf } from '../../support/turns.ts'

const BYTES_MAX = 20_000

const step = fc.record({
  act: fc.constantFrom(
    ...(['value', 'value', 'response', 'record', 'counter', 'react'] as const),
    ...(['delete', 'forget', 'reset', 'unreact', 'sweep'] as const),
  ),
  name: fc.nat(40),
  user: fc.nat(20),
  size: fc.oneof(fc.nat(200), fc.nat(BYTES_MAX)),
  tenant: fc.nat(3),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const REMOVALS: readonly Step['act'][] = ['delete', 'forget', 'reset', 'unreact']

function changeOf({ act, name, user, size, tenant }: Step, time: number): [string, Entry] | undefined {
  const stamp = { time, origin: 'a' }
  const value = { contentType: 'text/plain', body: 'x'.repeat(size) }
  const presence = { reaction: `kind ${user % 2}`, user: `${user}`, time }
  switch (act) {
    case 'value':
      return [`v${name}`, { kind: 'register', stamp, value, endsAtMs: Infinity }]
    case 'delete':
      return [`v${name}`, { kind: 'register', stamp, endsAtMs: time }]
    case 'response':
      return [`a/${name}\0${tenant}\0`, { kind: 'register', stamp, value, endsAtMs: 1e9 }]
    case 'forget':
      return [`a/${name}\0${tenant}\0`, { kind: 'register', stamp, endsAtMs: time }]
    case 'record':
      return [`i${name}\0${time}`, { kind: 'register', stamp, value, endsAtMs: 1e9 }]
    case 'counter':
      return [
        `vcounter ${name}`,
        counterWith({}, { [`life ${user}`]: { added: BigInt(time), taken: 0n } }, 0),
      ]
    case 'reset':
      return [`vcounter ${name}`, counterWith({ reset: { ...stamp, atMs: 0 } }, {}, 0)]
    case 'react':
      return [`r${name}`, Reactions.of({ ...presence, endsAtMs: Infinity, isGone: false })]
    case 'unreact':
      return [`r${name}`, Reactions.of({ ...presence, endsAtMs: time, isGone: true })]
    default:
      return undefined
  }
}

const memoryOf = (bytesMax = BYTES_MAX) => new Memory(bytesMax)
const counter = (): Entry => counterWith({}, { a: { added: 1n, taken: 0n } }, 0)
const value = (size: number, time = 1): Entry => ({
  kind: 'register',
  stamp: { time, origin: 'a' },
  value: { contentType: 'text/plain', body: 'x'.repeat(size) },
  endsAtMs: Infinity,
})

describe('memory, of what an owner would take in,', () => {
  it('stays within its budget, and has what it did not refuse, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
        const memory = memoryOf()
        for (const [index, one] of steps.entries()) {
          const [id, entry] = changeOf(one, index + 1) ?? []
          if (id === undefined || entry === undefined) {
            allOf(memory.upkeep.sweep(index))
            continue
          }
          if (memory.refusalOf(1, [{ id, entry }]) !== undefined) continue
          memory.merge(1, id, entry)
          // Deleting what is not here is a matter of the commands.
          if (!REMOVALS.includes(one.act))
            expect(memory.slots.find(1, id), 'what was taken in').to.not.equal(undefined)
          expect(memory.books.bytes).to.be.within(0, BYTES_MAX)
          expect(memory.books.keptBytes).to.be.within(0, memory.books.bytes)
        }
      }),
    )
  })

  it('refuses no removal of what is here, however full it is', () => {
    const memory = memoryOf(3000)
    for (let index = 0; index < 50; index++) memory.merge(1, `vc${index}`, counter())
    const here = { reaction: 'fire', user: 'Sam', time: 1, endsAtMs: Infinity, isGone: false }
    memory.merge(1, 'rStew', Reactions.of(here))
    for (const [id, entry] of [
      ['vc7', counterWith({ reset: { time: 2, origin: 'a', atMs: 0 } }, {}, 0)],
      ['rStew', Reactions.of({ ...here, time: 2, isGone: true, endsAtMs: 2 })],
      ['rSoup', Reactions.of({ ...here, time: 2, isGone: true, endsAtMs: 2 })],
      ['vjam', { kind: 'register', stamp: { time: 2, origin: 'a' }, endsAtMs: 2 }],
      ['a/menu\0acme\0', { kind: 'register', stamp: { time: 2, origin: 'a' }, endsAtMs: 2 }],
    ] as const)
      expect(memory.refusalOf(1, [{ id, entry }]), id).to.equal(undefined)
  })

  it('goes on with counters that are here, when it has no room for others', () => {
    const memory = memoryOf(3000)
    for (let index = 0; index < 50; index++) memory.merge(1, `vc${index}`, counter())
    expect(memory.refusalOf(1, [{ id: 'vcnew', entry: counter() }])).to.equal('kept')
    expect(memory.refusalOf(1, [{ id: 'vc7', entry: counter() }])).to.equal(undefined)
    const another = counterWith({}, { b: { added: 1n, taken: 0n } }, 0)
    expect(memory.refusalOf(1, [{ id: 'vc7', entry: another }])).to.equal('kept')
  })

  it('counts the changes of a command together', () => {
    const memory = memoryOf(1000)
    const record = (key: string) => ({ id: `ijam\0${key}`, entry: value(250) })
    expect(memory.refusalOf(1, [{ id: 'vtea', entry: counter() }, record('one')])).to.equal(undefined)
    const both = [{ id: 'vtea', entry: counter() }, record('one'), record('two')]
    expect(memory.refusalOf(1, both)).to.equal('kept')
  })

  it('refuses a value for which nothing else could go, and takes it where something can', () => {
    const memory = memoryOf(10_000)
    for (let index = 0; index < 20; index++) memory.merge(1, `v${index}`, value(400))
    expect(memory.refusalOf(1, [{ id: 'vlarge', entry: value(8000) }])).to.equal(undefined)
    for (let index = 0; index < 10; index++) memory.merge(1, `vc${index}`, counter())
    expect(memory.refusalOf(1, [{ id: 'vlarge', entry: value(8000) }])).to.equal('value')
  })

  it('leaves a pool its share: what would have to go before that does is refused', () => {
    const memory = memoryOf(10_000)
    for (let index = 0; index < 4; index++) memory.merge(1, `a/${index}\0acme\0`, value(400))
    const held = memory.counts.responses
    expect(memory.refusalOf(1, [{ id: 'vlarge', entry: value(8000) }])).to.equal('value')
    expect(memory.refusalOf(1, [{ id: 'vless', entry: value(4000) }])).to.equal(undefined)
    memory.merge(1, 'vless', value(4000))
    expect(memory.counts.responses).to.equal(held)
  })

  it('keeps no more on the heap than that can carry, and gives up responses for it', () => {
    const memory = new Memory(1_000_000, undefined, { heapBytesMax: 5000 })
    for (let index = 0; index < 20; index++) memory.merge(1, `a/${index}\0acme\0`, value(10))
    expect(memory.counts.responses).to.be.within(5, 9)
    for (let index = 0; index < 20; index++)
      if (memory.refusalOf(1, [{ id: `vc${index}`, entry: counter() }]) === undefined)
        memory.merge(1, `vc${index}`, counter())
    expect(memory.counts).to.include({ responses: 0 })
    expect(memory.counts.counters).to.be.within(10, 14)
    expect(memory.refusalOf(1, [{ id: 'vjam', entry: value(10_000) }])).to.equal(undefined)
  })

  it('takes in what other members hold beyond its budget, and refuses as an owner then', () => {
    const memory = memoryOf(3000)
    for (let index = 0; index < 50; index++)
      memory.takeIn({ slot: 1, id: `vc${index}`, entry: counter() }, 0, () => {})
    expect(memory.counts.counters).to.equal(50)
    expect(memory.refusalOf(1, [{ id: 'cmore', entry: counter() }])).to.equal('kept')
    expect(memory.refusalOf(1, [{ id: 'vjam', entry: value(1) }])).to.equal('value')
  })

  it('gives up who has gone from a content, and nobody who is there', () => {
    const memory = memoryOf(BYTES_MAX)
    const presence = (user: number, isGone: boolean) =>
      Reactions.of({
        reaction: 'fire',
        user: `${user}`,
        time: user + 1,
        endsAtMs: isGone ? 1 : Infinity,
        isGone,
      })
    for (let user = 0; user < 50; user++) memory.merge(1, 'rStew', presence(user, false))
    for (let user = 50; user < 500; user++) memory.merge(1, 'rStew', presence(user, true))
    expect(memory.books.bytes).to.be.at.most(BYTES_MAX)
    const held = memory.slots.find(1, 'rStew')
    expect(held?.kind === 'reactions' && held.users).to.equal(50)
    expect(held?.kind === 'reactions' && held.find('fire', '499')?.isGone, 'the last to go').to.equal(true)
  })

  it('gives up what is too much in steps, a hundred in each', () => {
    const memory = memoryOf(200_000)
    for (let index = 0; index < 2500; index++) memory.merge(1, `v${index}`, value(10))
    memory.merge(1, 'vlarge', value(180_000, 2))
    expect(memory.books.bytes, 'for a moment').to.be.above(200_000)
    const steps = [...memory.upkeep.evict()].length
    expect(steps).to.be.within(10, 25)
    expect(memory.books.bytes).to.be.at.most(200_000)
    expect(memory.slots.find(1, 'vlarge')).to.not.equal(undefined)
  })

  it('has less room for values while more lies beside them, but for most of it', () => {
    let beside = 0
    const memory = new Memory(100_000, undefined, { beside: { backlog: () => beside } })
    for (let index = 0; index < 2000; index++) memory.merge(1, `v${index}`, value(10))
    expect(memory.books.bytes).to.be.within(95_000, 100_000)
    beside = 10_000
    allOf(memory.upkeep.evict())
    expect(memory.books.bytes + beside).to.be.within(95_000, 100_000)
    beside = 1_000_000
    allOf(memory.upkeep.evict())
    expect(memory.books.bytes).to.be.within(74_000, 75_000)
  })
})
