/** The law of mirroring: an old copy becomes what it was told, with what came meanwhile and what it claims, and no more. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Claim } from '../../../../node/entries/claim.ts'
import type { Entry, EntryChange } from '../../../../node/entries/entry.ts'
import { verbsOf } from '../../../../node/entries/kinds.ts'
import { Memory } from '../../../../node/memory/memory.ts'
import { count, digestOf, MirroringBench, react, SLOT, value } from '../../../support/slot-mirroring.ts'

describe('whatever an old copy has', () => {
  const time = fc.integer({ min: 1, max: 9 })
  const name = fc.constantFrom('x', 'y')
  const life = fc.constantFrom('a-1', 'b-1', 'c-1')
  /** One write has one body, and a life counts to a number once. */
  const register = fc.tuple(name, time, fc.boolean()).map(
    ([key, at, isGone]) =>
      () =>
        value(key, at, isGone ? undefined : `${at}`),
  )
  const counter = fc
    .tuple(
      name,
      fc.dictionary(life, fc.integer({ min: 1, max: 5 }), { minKeys: 1 }),
      fc.option(time, { nil: undefined }),
    )
    .map(
      ([key, tallies, reset]) =>
        () =>
          count(key, tallies, reset),
    )
  const reactions = fc
    .tuple(name, fc.dictionary(fc.constantFrom('Sam', 'Max'), time, { minKeys: 1 }), fc.boolean())
    .map(
      ([content, users, isGone]) =>
        () =>
          react(content, users, isGone),
    )
  const copy = fc.array(fc.oneof(register, counter, reactions), { maxLength: 8 })
  const claims = fc.option(
    fc.record({ sinceTime: fc.oneof(time, fc.constant(Infinity)), lives: fc.uniqueArray(life) }),
    { nil: undefined },
  )

  it('is in the end what was told, with what was late and what is claimed, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(copy, copy, copy, claims, async (stale, told, late, claim) => {
        const mine = memoryOf(stale, late)
        const claimed = [...mine.slots.partsOf(SLOT)].flatMap(({ id, entry }) => claimedOf(id, entry, claim))
        const bench = new MirroringBench(made(stale), claim)
        bench.arrive(...made(late))
        bench.tell(...memoryOf(told).slots.partsOf(SLOT))
        expect(await bench.end()).to.equal(true)
        expect(bench.digest).to.equal(digestOf(...made(told), ...made(late), ...claimed))
      }),
      { numRuns: 500 },
    )
  })
})

function memoryOf(...copies: readonly (readonly (() => EntryChange)[])[]): Memory {
  const memory = new Memory(Infinity)
  for (const { id, entry } of copies.flatMap(made)) memory.merge(SLOT, id, entry)
  return memory
}

function made(all: readonly (() => EntryChange)[]): EntryChange[] {
  return all.map((make) => make())
}

function claimedOf(id: string, entry: Entry, claim: Claim | undefined): EntryChange[] {
  const claimed = claim && verbsOf(entry).claimed(entry, claim)
  return claimed === undefined ? [] : [{ id, entry: claimed }]
}
