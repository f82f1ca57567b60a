/** What an owner makes of slots that nobody has all of, and the first member of all slots. */
import { expect } from 'chai'
import { SLOTS } from '../../../../shared/placement.ts'
import { settled } from '../../../support/clock.ts'
import { ArrivalsBench, following, takingOver } from '../../../support/slot-arrivals.ts'
import { memberOf, self, slotOf, three, viewOf } from '../../../support/views.ts'

const [AB, BC] = [slotOf('a', 'b'), slotOf('b', 'c')]
const ad = viewOf(2, ['a', 'd'])
/** One that b and c held, and a gets. */
const isNew = three.rolesOf(self).map((role, slot) => role === 'none' && ad.owns(self, slot))
const NEW = isNew.indexOf(true)

describe('a slot that nobody has all of', () => {
  const alone = viewOf(2, ['a'])

  it('is lost when nobody is left who held it: it begins anew, and is counted', async () => {
    const bench = await takingOver(BC, alone)
    expect([bench.isHere(BC), bench.holdings.originOf(BC)]).to.deep.equal([true, 'a-1~1'])
    expect(await bench.lost()).to.equal(1)
  })

  it('is not lost when some of it is here, and begins anew all the same', async () => {
    const bench = await takingOver(BC, alone, ({ store }) => store.put(BC, 'va'))
    expect([bench.isHere(BC), bench.holdings.originOf(BC), await bench.lost()]).to.deep.equal([
      true,
      'a-1~1',
      0,
    ])
  })

  it('is not lost when somebody is left who held it, be it in another life', async () => {
    const again = viewOf(2, ['a', memberOf('c', { incarnation: 'c-2', leaving: true })])
    const bench = await takingOver(BC, again, ({ partners }) => partners.answers('c', { want: 'unready' }))
    expect([bench.isHere(BC), bench.holdings.originOf(BC)]).to.deep.equal([true, 'a-1~1'])
    expect(await bench.lost()).to.equal(0)
  })

  it('is lost when the one who is left says nothing for 10 s', async () => {
    const leaving = viewOf(2, ['a', memberOf('c', { leaving: true })])
    const bench = await takingOver(BC, leaving, ({ partners }) => partners.refuses('c'))
    await bench.clock.advance(9999)
    expect([bench.isHere(BC), await bench.lost()]).to.deep.equal([false, 0])
    await bench.clock.advance(1)
    expect([bench.isHere(BC), await bench.lost()]).to.deep.equal([true, 1])
  })

  it('goes on as it was when somebody has had all of it once', async () => {
    const bench = await takingOver(NEW, ad, ({ partners }) => partners.answers('d', { want: 'former' }))
    expect([bench.isHere(NEW), bench.holdings.originOf(NEW)]).to.deep.equal([true, 'a-1'])
    expect(await bench.lost()).to.equal(0)
  })

  it('was that of those who held it when it was first missed, also after further views', async () => {
    const bench = await takingOver(NEW, ad, ({ partners }) => partners.holds('d'))
    expect(bench.isHere(NEW)).to.equal(false)
    await bench.follow(viewOf(3, ['a']), [NEW])
    expect([bench.isHere(NEW), await bench.lost()]).to.deep.equal([true, 1])
  })
})

describe('the first member of all', () => {
  const alone = viewOf(1, ['a'])

  it('has all slots at once when there is no uplink', async () => {
    const bench = new ArrivalsBench({ hasUplink: false })
    await bench.follow(alone)
    expect([bench.holdings.missing, await bench.lost()]).to.deep.equal([[], 0])
  })

  it('waits for half a second where there is an uplink', async () => {
    const bench = await following(alone)
    await bench.clock.advance(499)
    expect(bench.holdings.missing).to.have.lengthOf(SLOTS)
    await bench.clock.advance(1)
    expect([bench.holdings.missing, await bench.lost()]).to.deep.equal([[], 0])
  })

  it('is not the first when uplink has told of others meanwhile', async () => {
    const bench = await following(alone, undefined, ({ partners }) => partners.holds('b'))
    await bench.clock.advance(300)
    await bench.follow(viewOf(2, ['a', 'b']), [AB])
    await bench.clock.advance(300)
    expect([bench.isHere(AB), bench.asked]).to.deep.equal([false, ['b']])
    bench.partners.releases('b')
    await settled()
    expect(bench.isHere(AB)).to.equal(true)
  })
})
