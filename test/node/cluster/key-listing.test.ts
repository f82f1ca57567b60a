/** Keys of members that come and go, told once each, and forgotten whoever has them: against members that stop anywhere. */
import { expect } from 'chai'
import fc from 'fast-check'
import { KeyListing } from '../../../node/cluster/key-listing.ts'
import type { PlacedView } from '../../../node/cluster/members/placed-view.ts'
import type { Engine } from '../../../node/engine.ts'
import { wrongOwner } from '../../../node/engine.ts'
import type { Command, Reply } from '../../../shared/command.ts'
import { LarderError } from '../../../shared/errors.ts'
import type { KeyPlace, ListedKey } from '../../../shared/many-keys.ts'
import { slotsIn } from '../../../shared/slot-set.ts'
import type { Member } from '../../../shared/view.ts'
import { FakeClock } from '../../support/clock.ts'
import { viewOf } from '../../support/views.ts'

const OPTIONS = { deadlineAtMs: Infinity, requestId: 'r', traced: false }

/** Few places, so that several keys are at one. */
const keyAt = fc.record({ slot: fc.constantFrom(0, 1, 2, 500, 16380), at: fc.nat(3), name: fc.nat(99) })

function listed(all: readonly { slot: number; at: number; name: number }[]): ListedKey[] {
  const byPlace = Map.groupBy(all, ({ slot, at }) => `${slot} ${at}`)
  return all.map(({ slot, at, name }) => {
    const isTied = (byPlace.get(`${slot} ${at}`)?.length ?? 0) > 1
    const tie = isTied ? { tie: `t${String(name).padStart(2, '0')}` } : {}
    return { key: `${slot} ${at} ${name}`, contentType: 'a/b', bytes: 1, place: { slot, at, ...tie } }
  })
}

function isBehind({ slot, at, tie }: KeyPlace, after: KeyPlace | undefined): boolean {
  if (after === undefined) return true
  if (slot !== after.slot || at !== after.at)
    return slot > after.slot || (slot === after.slot && at > after.at)
  return after.tie !== undefined && (tie ?? '') > after.tie
}

function order(a: ListedKey, b: ListedKey): number {
  return (
    a.place.slot - b.place.slot ||
    a.place.at - b.place.at ||
    ((a.place.tie ?? '') < (b.place.tie ?? '') ? -1 : 1)
  )
}

/** Whoever owns a slot tells of it; each call may stop before it has told all that it could. */
class Members {
  placed: PlacedView
  keys: ListedKey[]
  /** How many calls fail before anything is done, or after it. */
  failing: ('before' | 'after')[] = []
  readonly clock = new FakeClock()
  readonly #stops: () => number

  constructor(keys: readonly ListedKey[], placed: PlacedView, stops: () => number) {
    this.keys = [...keys].sort(order)
    this.placed = placed
    this.#stops = stops
  }

  get listing(): KeyListing {
    return new KeyListing({
      clock: this.clock,
      views: this.#views,
      self: 'a',
      engineOf: (member) => this.#engineOf(member),
    })
  }

  get #views() {
    const current = () => this.placed
    return {
      get placed() {
        return current()
      },
      after: async () => current(),
    }
  }

  #engineOf(member: Member): Engine {
    return { execute: async (command) => this.#execute(member, command) }
  }

  #execute(member: Member, command: Command): Reply {
    if (command.type !== 'keys.scan' && command.type !== 'keys.forget') throw new TypeError(command.type)
    const slots = [...slotsIn(command.slots, command.after?.slot)]
    if (slots.some((slot) => !this.placed.owns(member, slot))) throw wrongOwner()
    const failure = slots.length > 0 ? this.failing.pop() : undefined
    if (failure === 'before') throw new LarderError('NOT_READY', 'not yet')
    const meant = this.keys.filter(
      ({ key, place }) =>
        slots.includes(place.slot) && isBehind(place, command.after) && key.startsWith(command.prefix),
    )
    const most = Math.min(command.type === 'keys.scan' ? command.limit : 3, 1 + (this.#stops() % 5))
    const some = meant.slice(0, most)
    const next = meant.length > most ? { next: some.at(-1)?.place ?? { slot: 0, at: -1 } } : {}
    if (command.type === 'keys.scan') return { type: 'keys', keys: some, time: 1, owner: member.id, ...next }
    this.keys = this.keys.filter((one) => !some.includes(one))
    if (failure === 'after') throw new LarderError('UNREACHABLE', 'its answer is lost')
    return { type: 'cleared', count: some.length, owner: member.id, ...next }
  }
}

const view = fc
  .tuple(fc.nat(9), fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 }))
  .map(([epoch, ids]) => viewOf(epoch + 1, ids.sort()))
const scene = fc.record({
  keys: fc
    .uniqueArray(keyAt, { maxLength: 60, selector: ({ slot, at, name }) => `${slot} ${at} ${name}` })
    .map(listed),
  views: fc.array(view, { minLength: 1, maxLength: 6 }),
  stops: fc.infiniteStream(fc.nat()),
  limit: fc.integer({ min: 1, max: 20 }),
})

describe('the keys of all members', () => {
  it('are told once each and in their order, wherever members stop, and whose ever slots are by then', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ keys, views, stops, limit }) => {
        const [first = viewOf(1, ['a'])] = views
        const members = new Members(keys, first, () => stops.next().value ?? 0)
        const told: ListedKey[] = []
        let after: KeyPlace | undefined
        for (let turn = 0; turn === 0 || after !== undefined; turn++) {
          members.placed = views[turn % views.length] ?? first
          const asked = { type: 'keys.list', prefix: '', limit, ...(after && { after }) } as const
          const page = await members.listing.page(members.placed, asked, OPTIONS)
          expect(page.keys.length).to.be.at.most(limit)
          told.push(...page.keys)
          after = page.next
        }
        expect(told).to.deep.equal([...keys].sort(order))
      }),
    )
  })

  it('are told as far as it goes where a member does not answer, and not at all where nothing is told', async () => {
    const keys = listed([
      { slot: 0, at: 0, name: 1 },
      { slot: 1, at: 0, name: 2 },
    ])
    const members = new Members(keys, viewOf(1, ['a']), () => 0)
    const ask = () =>
      members.listing.page(members.placed, { type: 'keys.list', prefix: '', limit: 2 }, OPTIONS)
    members.failing = ['before']
    expect(await ask().catch(({ code }) => code)).to.equal('NOT_READY')
    // It pops from the end: the second call fails.
    members.failing = ['before', undefined as never]
    const page = await ask()
    expect(page.keys.map(({ key }) => key)).to.deep.equal(['0 0 1'])
    expect(page.next).to.deep.equal({ slot: 0, at: 0 })
  })

  it('are all forgotten that begin so, and counted, also where calls fail and slots move', async () => {
    await fc.assert(
      fc.asyncProperty(
        scene,
        fc.array(fc.constant('before' as const), { maxLength: 3 }),
        async (one, failing) => {
          const { keys, views, stops } = one
          const [first = viewOf(1, ['a'])] = views
          const members = new Members(keys, first, () => stops.next().value ?? 0)
          members.failing = [...failing]
          const clearing = members.listing.clear({ type: 'keys.clear', prefix: '0 ' }, OPTIONS)
          members.placed = views.at(-1) ?? first
          let isOver = false
          const over = clearing.finally(() => {
            isOver = true
          })
          while (!isOver) await members.clock.advance(50)
          const meant = keys.filter(({ key }) => key.startsWith('0 '))
          expect(await over).to.deep.include({ type: 'cleared', count: meant.length })
          expect(members.keys).to.deep.equal([...keys].filter((one) => !meant.includes(one)).sort(order))
        },
      ),
      { numRuns: 50 },
    )
  })

  it('are forgotten though an answer is lost, which then is not in the count', async () => {
    const keys = listed([{ slot: 0, at: 0, name: 1 }])
    const members = new Members(keys, viewOf(1, ['a']), () => 0)
    members.failing = ['after']
    const clearing = members.listing.clear({ type: 'keys.clear', prefix: '' }, OPTIONS)
    await members.clock.advance(1000)
    expect(await clearing).to.include({ count: 0 })
    expect(members.keys).to.deep.equal([])
  })

  it('are forgotten as far as it goes where a member stays away, and whoever asked is told how far', async () => {
    const keys = listed([{ slot: 0, at: 0, name: 1 }])
    const members = new Members(keys, viewOf(1, ['a']), () => 0)
    members.failing = new Array(100).fill('before')
    const clearing = members.listing
      .clear({ type: 'keys.clear', prefix: '' }, OPTIONS)
      .catch((error) => error)
    await members.clock.advance(10_000)
    const error = await clearing
    expect(error).to.include({ code: 'NOT_READY' })
    expect(error.message).to.include('0 keys are deleted')
  })
})
