/** What is let go is deleted, and the end of writing behind: all of it written, or named. */
import { expect } from 'chai'
import type { LarderError } from '../../../shared/errors.ts'
import { settled } from '../../support/clock.ts'
import { changeOf, nameOfKey, startWriting } from './fake-target.ts'

describe('what is let go', () => {
  it('is deleted, also where it was never written', async () => {
    const { clock, target, writes, keep } = startWriting({ intervalMs: 1000 })
    keep('salt', '1')
    writes.forget({ slot: 1, id: 'vsalt', kind: 'register' })
    await clock.advance(500)
    expect(target.batches).to.deep.equal([[undefined]])
  })

  it('goes by slots, and what comes back to a slot afterwards stays', async () => {
    const { clock, target, writes, keep } = startWriting({ intervalMs: 1000 })
    keep('salt', '1', 7)
    keep('jam', '2', 8)
    writes.drop([7])
    keep('tea', '3', 7)
    await clock.advance(500)
    expect(target.dropped).to.deep.equal([[7]])
    expect(target.batches).to.deep.equal([['2', '3']])
    writes.drop([8])
    await target.fail()
    await clock.advance(1000)
    expect(target.dropped.at(-1)).to.have.members([7, 8])
    expect(target.batches.at(-1)).to.deep.equal(['3'])
  })
})

describe('the end of writing behind', () => {
  const lost = (stopping: Promise<void>): Promise<LarderError | undefined> =>
    stopping.then(
      () => undefined,
      (error: LarderError) => error,
    )

  it('writes all that waits, without waiting for the interval', async () => {
    const { target, writes, keep } = startWriting({ intervalMs: 60_000 })
    keep('salt', '1')
    const stopping = lost(writes.stop())
    await settled()
    expect(target.batches).to.deep.equal([['1']])
    await target.finish()
    expect(await stopping).to.equal(undefined)
  })

  it('lets what is being written end, then writes what has come meanwhile', async () => {
    const { clock, target, writes, keep } = startWriting({ intervalMs: 1000 })
    keep('salt', '1')
    await clock.advance(500)
    keep('jam', '2')
    const stopping = lost(writes.stop())
    await target.finish()
    await target.finish()
    expect(await stopping).to.equal(undefined)
    expect(target.batches).to.deep.equal([['1'], ['2']])
  })

  it('gives up after some tries, and says how many rows are lost, which, and why', async () => {
    const { clock, target, writes } = startWriting({ intervalMs: 60_000 })
    for (let index = 0; index < 12; index++) writes.note(changeOf(`k${index}`, '1'))
    const stopping = lost(writes.stop())
    await settled()
    while (target.isWriting) {
      await target.fail('disk full')
      await clock.advance(1000)
    }
    const error = await stopping
    expect(error?.code).to.equal('NOT_SAVED')
    expect(error?.message).to.include('12 rows are lost, as disk full').and.include(nameOfKey('k9'))
    expect(error?.message).to.match(/, \.\.\.$/)
  })

  it('names rows that alone cannot be written, after another try', async () => {
    const { clock, target, writes, keep } = startWriting({ intervalMs: 1000 })
    keep('salt', '1')
    await clock.advance(500)
    await target.finish('salt')
    const stopping = lost(writes.stop())
    await settled()
    while (target.isWriting) {
      await target.finish('salt')
      await clock.advance(1000)
    }
    expect((await stopping)?.message).to.equal(
      `1 rows are lost, as these rows cannot be written: ${nameOfKey('salt')}`,
    )
  })
})
