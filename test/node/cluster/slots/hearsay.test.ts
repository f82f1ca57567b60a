/** A replica that has not all yet, and whose owner is gone: it may be the only one who knows what was acknowledged since. */
import { expect } from 'chai'
import type { PlacedView } from '../../../../node/cluster/members/members.ts'
import { Hearsay } from '../../../../node/cluster/slots/hearsay.ts'
import { Standings } from '../../../../node/cluster/slots/standings.ts'
import type { Claim } from '../../../../node/entries/claim.ts'
import { TICKS_PER_MS } from '../../../../node/entries/stamp.ts'
import { tombstoneIn, valueIn } from '../../../support/entries.ts'
import { absent, slotOf, three, viewOf } from '../../../support/views.ts'
import { Holder } from './holder.ts'

const [AB, BA] = [slotOf('a', 'b'), slotOf('b', 'a')]
const without = (...gone: readonly string[]) =>
  viewOf(
    2,
    ['a', 'b', 'c'].filter((id) => !gone.includes(id)),
  )
const claims = ({ standings }: Holder, slot = BA): Claim | undefined => standings.of(slot).alone

/** Member a, which is told by b that x was written, and then that it was deleted. */
async function hearing() {
  const holder = new Holder()
  await holder.hearStream('b-1', { changes: [valueIn(BA, 'x', { atMs: 5 })] })
  await holder.hearStream('b-1', { changes: [tombstoneIn(BA, 'x', { atMs: 8 })] })
  return holder
}

describe('what a replica has heard of a slot that it has not all of', () => {
  it('is claimed from the first of it on, once its owner is gone', async () => {
    const holder = await hearing()
    expect(claims(holder)).to.equal(undefined)
    holder.current.install(without('b').view)
    expect(claims(holder)).to.deep.equal({ sinceTime: 5 * TICKS_PER_MS, lives: [] })
  })

  it('is claimed where anybody is gone, who may have held the slot before its owner', async () => {
    const holder = await hearing()
    holder.current.install(without('c').view)
    expect(claims(holder)).to.deep.equal({ sinceTime: 5 * TICKS_PER_MS, lives: [] })
  })

  it('is all since the view by which it is told without a break, and nobody is taken for absent', () => {
    const standings = new Standings({ stand: () => undefined })
    const told = { roleOf: () => 'replica' as const }
    const from = (...views: readonly PlacedView[]) => {
      const hearsay = new Hearsay(standings)
      for (const [index, view] of views.entries()) hearsay.install(view, views[index - 1], told)
      return [0, 1, 2, 3, 4, 5].filter((asOf) => hearsay.goesOnFrom(BA, asOf))
    }
    const view = (epoch: number) => viewOf(epoch, ['a', 'b', 'c'])
    expect(from(view(3))).to.deep.equal([2, 3, 4, 5])
    expect(from(view(3), view(4), view(5))).to.deep.equal([2, 3, 4, 5])
    expect(from(view(2), view(4)), 'a view was missed').to.deep.equal([3, 4, 5])
    expect(from(view(3), absent(view(3), ['c']))).to.deep.equal([])
    expect(from(absent(view(3), ['c']), view(4))).to.deep.equal([3, 4, 5])
    const hearsay = new Hearsay(standings)
    hearsay.install(view(3), undefined, { roleOf: () => 'none' })
    expect(hearsay.goesOnFrom(BA, 9)).to.equal(false)
  })

  it('is not claimed while all are there who were', async () => {
    const holder = await hearing()
    holder.current.install(viewOf(2, ['a', 'b', 'c', 'd']).view)
    expect(claims(holder)).to.equal(undefined)
  })

  it('is not claimed of what is whole, or was by then', async () => {
    const whole = new Holder()
    whole.holdings.complete(BA)
    await whole.hearStream('b-1', { changes: [valueIn(BA, 'x', { atMs: 5 })] })
    whole.standings.fallBehind(BA, 1)
    whole.current.install(without('b').view)
    expect(claims(whole)).to.equal(undefined)

    const standings = new Standings({ stand: () => undefined })
    const hearsay = new Hearsay(standings)
    hearsay.note(valueIn(BA, 'x', { atMs: 5 }))
    hearsay.note(valueIn(AB, 'y', { atMs: 6 }))
    hearsay.forget(BA)
    hearsay.install(without('b'), three, { roleOf: () => 'replica' })
    expect([standings.of(BA).alone, standings.of(AB).alone]).to.deep.equal([
      undefined,
      { sinceTime: 6 * TICKS_PER_MS, lives: [] },
    ])
  })
})
