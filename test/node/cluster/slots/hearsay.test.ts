/** A replica that has not all yet, and whose owner is gone: it may be the only one who knows what was acknowledged since. */
import { expect } from 'chai'
import { Hearsay } from '../../../../node/cluster/slots/hearsay.ts'
import { Standings } from '../../../../node/cluster/slots/standings.ts'
import type { Claim } from '../../../../node/entries/claim.ts'
import { TICKS_PER_MS } from '../../../../node/entries/stamp.ts'
import { tombstoneIn, valueIn } from '../../../support/entries.ts'
import { slotOf, three, viewOf } from '../../../support/views.ts'
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
    hearsay.install(without('b'), three)
    expect([standings.of(BA).alone, standings.of(AB).alone]).to.deep.equal([
      undefined,
      { sinceTime: 6 * TICKS_PER_MS, lives: [] },
    ])
  })
})
