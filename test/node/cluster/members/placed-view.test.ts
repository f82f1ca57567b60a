/** What is asked of a view again and again, also of one with very many members. */
import { expect } from 'chai'
import type { Member, View } from '../../../../shared/view.ts'
import { FakeClock, settled } from '../../../support/clock.ts'
import { SlotPartners } from '../../../support/slot-partners.ts'
import { absent, memberOf, self, three } from '../../../support/views.ts'
import { SlotHolder } from '../slots/pair.ts'

describe('a view', () => {
  it('knows a member by its life, there or absent', () => {
    const view = absent(three, ['b'])
    const [b, c, again] = [memberOf('b'), memberOf('c'), memberOf('c', { incarnation: 'c-2' })]
    expect([b, c, again].map((member) => view.entryOf(member)?.id)).to.deep.equal(['b', 'c', undefined])
    expect([b, c, again].map((member) => view.find(member)?.id)).to.deep.equal([undefined, 'c', undefined])
    expect([b, again, memberOf('d')].map((member) => view.knows(member))).to.deep.equal([true, true, false])
  })

  it('is gone by with a few looks at each of its members, however many they are', async () => {
    const more = (await looksAt(1000)) - (await looksAt(500))
    expect(more / 500).to.be.below(20)
  })
})

/** How often the lives of so many members are looked at until a view with one more is gone by. */
async function looksAt(count: number): Promise<number> {
  let looks = 0
  const watched = (id: string): Member => {
    const { incarnation, ...rest } = memberOf(id)
    return Object.defineProperty({ ...rest, incarnation }, 'incarnation', {
      get() {
        looks++
        return incarnation
      },
    })
  }
  const all = Array.from({ length: count }, (_, index) => watched(`b${index}`))
  const viewOf = (epoch: number, others: Member[]): View => ({ epoch, copies: 2, members: [self, ...others] })
  const clock = new FakeClock()
  const peers = new SlotPartners(clock)
  const holder = new SlotHolder(self, { clock, peers })
  for (const { id } of all) peers.drops(id)
  holder.current.install(viewOf(1, all.slice(1)))
  while (holder.current.placed === undefined) await settled()
  holder.completeAll()
  looks = 0
  holder.current.install(viewOf(2, all))
  await settled()
  holder.slots.stop()
  return looks
}
