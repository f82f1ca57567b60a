/** What is done where much waits for the disk, long before writes are refused. */
import { expect } from 'chai'
import { isLater } from '../../../shared/eventual.ts'
import { settled } from '../../support/clock.ts'
import { startWriting } from './fake-target.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('writing behind, where much waits,', () => {
  it('writes at once, and gathers again when that is done', async () => {
    const { clock, target, keep } = startWriting({ intervalMs: 60_000, waitingBytesMax: 10_000 })
    keep('salt', 'x'.repeat(2000))
    await turn()
    expect(target.batches).to.deep.equal([])
    keep('jam', 'x'.repeat(500))
    await turn()
    await settled()
    expect(target.batches).to.have.length(1)
    await target.finish()
    keep('rice', 'x')
    await clock.advance(29_999)
    expect(target.batches).to.have.length(1)
    await clock.advance(1)
    expect(target.batches).to.have.length(2)
  })

  it('lets writers wait until some is written, and not for ever', async () => {
    const { clock, target, writes, keep } = startWriting({ intervalMs: 1000, waitingBytesMax: 10_000 })
    keep('salt', 'x'.repeat(4000))
    expect(isLater(writes.room())).to.equal(false)
    keep('jam', 'x'.repeat(3000))
    let isOver = false
    const waiting = Promise.resolve(writes.room()).then(() => {
      isOver = true
    })
    await turn()
    await settled()
    expect([target.isWriting, isOver]).to.deep.equal([true, false])
    await target.finish()
    await waiting
    expect(isLater(writes.room())).to.equal(false)

    keep('rice', 'x'.repeat(7000))
    await turn()
    const slow = writes.room()
    expect(isLater(slow)).to.equal(true)
    await clock.advance(2000)
    await slow
    expect(target.isWriting).to.equal(true)
    await target.finish()
  })

  it('lets nobody wait who is refused anyway, be it that too much waits or that the disk fails', async () => {
    const { clock, target, writes, keep } = startWriting({ intervalMs: 1000, waitingBytesMax: 10_000 })
    keep('salt', 'x'.repeat(7000))
    await turn()
    await settled()
    await target.fail()
    expect([writes.bytes > 5000, isLater(writes.room())]).to.deep.equal([true, false])
    keep('jam', 'x'.repeat(7000))
    expect([writes.bytes > 10_000, isLater(writes.room())]).to.deep.equal([true, false])
    await clock.advance(1000)
    await target.finish()
    expect(writes.bytes).to.equal(0)
  })
})
