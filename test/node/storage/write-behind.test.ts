/** When what is written, what is acknowledged when, and what becomes of that which cannot be written. */
import { expect } from 'chai'
import { settled } from '../../support/clock.ts'
import { nameOfKey, startWriting } from './fake-target.ts'

const ANY = { type: 'counter.add', key: 'any', by: '1' } as const

describe('writing behind, with an interval', () => {
  it('acknowledges at once and writes half an interval after the first change', async () => {
    const { clock, target, keep } = startWriting({ intervalMs: 1000 })
    const salt = keep('salt', '1')
    await settled()
    expect(salt.outcome).to.equal('saved')
    await clock.advance(400)
    keep('jam', '2')
    await clock.advance(99)
    expect(target.batches).to.deep.equal([])
    await clock.advance(1)
    expect(target.batches).to.deep.equal([['1', '2']])
  })

  it('writes of several changes to a row only the last', async () => {
    const { clock, target, writes, keep } = startWriting({ intervalMs: 1000 })
    for (const body of ['1', '2', '3']) keep('salt', body)
    expect(writes.waiting).to.equal(1)
    await clock.advance(500)
    expect(target.batches).to.deep.equal([['3']])
    await target.finish()
    expect(writes.counts).to.include({ written: 1, failures: 0, rowFailures: 0 })
  })

  it('writes nothing while nothing changes', async () => {
    const { clock, target, keep } = startWriting({ intervalMs: 1000 })
    keep('salt', '1')
    await clock.advance(500)
    await target.finish()
    await clock.advance(60_000)
    expect(target.batches).to.have.length(1)
  })

  it('gathers what changes while it writes for the next transaction', async () => {
    const { clock, target, keep } = startWriting({ intervalMs: 1000 })
    keep('salt', '1')
    await clock.advance(500)
    keep('salt', '2')
    await clock.advance(5000)
    expect(target.batches).to.deep.equal([['1']])
    await target.finish()
    await clock.advance(500)
    expect(target.batches).to.deep.equal([['1'], ['2']])
  })

  it('serves on while the disk fails, and says it once', async () => {
    const { clock, target, writes, logged, keep } = startWriting({ intervalMs: 1000 })
    keep('salt', '1')
    for (let tries = 0; tries < 3; tries++) {
      await clock.advance(1000)
      await target.fail()
    }
    expect(writes.trouble).to.equal('The disk does not take writes: disk full.')
    expect(writes.refusalOf(ANY)).to.equal(undefined)
    expect(writes.counts.failures).to.equal(3)
    const jam = keep('jam', '2')
    await clock.advance(1000)
    expect(jam.outcome).to.equal('saved')
    await target.finish()
    expect(writes.trouble).to.equal(undefined)
    expect(logged.map(({ msg }) => msg)).to.deep.equal([
      'the disk fails; serving from memory',
      'the disk takes writes again',
    ])
  })

  it('writes again what was not written, except for what has changed since', async () => {
    const { clock, target, keep } = startWriting({ intervalMs: 1000 })
    keep('salt', '1')
    keep('jam', '1')
    await clock.advance(500)
    keep('salt', '2')
    await target.fail()
    await clock.advance(1000)
    expect(target.batches.at(-1)).to.have.members(['1', '2'])
  })

  it('says so when it is far behind, and writes as soon as it can', async () => {
    const { clock, target, writes, keep } = startWriting({ intervalMs: 4000 })
    keep('salt', '1')
    await clock.advance(2000)
    keep('jam', '2')
    await clock.advance(7500)
    await target.finish()
    expect(writes.trouble).to.equal(undefined)
    await clock.advance(2600)
    expect(target.batches).to.deep.equal([['1'], ['2']])
    expect(writes.trouble).to.equal('The disk is 10 s behind.')
  })

  it('tries again after a second, however short the interval is', async () => {
    const { clock, target, keep } = startWriting({ intervalMs: 10 })
    keep('salt', '1')
    await clock.advance(5)
    await target.fail()
    await clock.advance(999)
    expect(target.batches).to.have.length(1)
    await clock.advance(1)
    expect(target.batches).to.have.length(2)
  })

  it('counts a disk that says nothing for ten seconds as failing', async () => {
    const { clock, target, writes, keep } = startWriting({ intervalMs: 20_000 })
    keep('salt', '1')
    await clock.advance(20_000)
    expect(writes.trouble).to.equal(undefined)
    await clock.advance(1)
    expect(writes.trouble).to.equal('The disk has not answered for 10 s.')
    await target.finish()
    expect(writes.trouble).to.equal(undefined)
  })

  it('refuses more once too much waits, what is being written and what is set aside included', async () => {
    const { clock, target, writes, keep } = startWriting({ intervalMs: 1000, waitingBytesMax: 5000 })
    keep('salt', 'x'.repeat(2500))
    await clock.advance(500)
    await target.finish('salt')
    expect(writes.aside).to.equal(1)
    expect(writes.refusalOf(ANY)).to.equal(undefined)
    keep('jam', 'x'.repeat(2500))
    expect(writes.refusalOf(ANY)).to.include({ code: 'OVERLOADED' })
    await clock.advance(500)
    expect(writes.refusalOf(ANY)).to.include({ code: 'OVERLOADED' })
    await target.finish()
    expect(writes.refusalOf(ANY)).to.equal(undefined)
  })

  it('does not count a row twice that changes again and again while the disk fails', async () => {
    const { clock, target, writes, keep } = startWriting({ intervalMs: 1000, waitingBytesMax: 5000 })
    for (let round = 0; round < 20; round++) {
      keep('salt', 'x'.repeat(2000))
      await clock.advance(1000)
      await target.fail()
      expect(writes.refusalOf(ANY)).to.equal(undefined)
    }
  })
})

describe('writing behind, with an interval of 0', () => {
  const start = () => startWriting({ intervalMs: 0 })

  it('acknowledges what is on disk, and writes together what comes meanwhile', async () => {
    const { target, keep } = start()
    const first = [keep('salt', '1'), keep('jam', '2')]
    await settled()
    expect(target.batches).to.deep.equal([['1', '2']])
    const second = [keep('salt', '3'), keep('tea', '4')]
    await settled()
    expect([...first, ...second].map(({ outcome }) => outcome)).to.deep.equal(Array(4).fill('waiting'))
    await target.finish()
    expect(first.map(({ outcome }) => outcome)).to.deep.equal(['saved', 'saved'])
    expect(second.map(({ outcome }) => outcome)).to.deep.equal(['waiting', 'waiting'])
    expect(target.batches).to.deep.equal([
      ['1', '2'],
      ['3', '4'],
    ])
    await target.finish()
    expect(second.map(({ outcome }) => outcome)).to.deep.equal(['saved', 'saved'])
  })

  it('lets those who changed nothing wait for what is under way', async () => {
    const { target, writes, keep } = start()
    expect(writes.saved([])).to.deep.equal(new Set())
    keep('salt', '1')
    await settled()
    let isSafe = false
    void Promise.try(() => writes.saved([])).then(() => {
      isSafe = true
    })
    await settled()
    expect(isSafe).to.equal(false)
    await target.finish()
    expect(isSafe).to.equal(true)
  })

  it('tells all of a transaction that failed, and refuses the next ones before they are applied', async () => {
    const { clock, target, writes, keep } = start()
    const salt = keep('salt', '1')
    await settled()
    await target.fail()
    expect(salt.outcome).to.equal('It was applied, but is not on disk yet.')
    expect(writes.refusalOf(ANY)).to.include({ code: 'NOT_SAVED' })
    expect(writes.refusalOf(ANY)?.message).to.include('disk full').and.include('Nothing was applied')
    await clock.advance(1000)
    await target.finish()
    expect(writes.refusalOf(ANY)).to.equal(undefined)
    expect(target.batches).to.deep.equal([['1'], ['1']])
  })

  it('tells those of a row that failed by itself, and no others', async () => {
    const { target, writes, logged, keep } = start()
    const [salt, jam] = [keep('salt', '1'), keep('jam', '2')]
    await settled()
    await target.finish('salt')
    expect([salt.outcome, jam.outcome]).to.deep.equal(['unsaved', 'saved'])
    expect(writes.trouble).to.equal(undefined)
    expect(writes.counts).to.include({ written: 1, rowFailures: 1, failures: 0 })
    const rows = [`${nameOfKey('salt')}: no such row`]
    expect(logged[0]).to.deep.include({
      msg: 'rows are set aside: the disk does not take them',
      count: 1,
      rows,
    })
  })

  it('tries a row that was set aside again now and then, and says it no second time', async () => {
    const { clock, target, writes, logged, keep } = start()
    keep('salt', '1')
    await settled()
    await target.finish('salt')
    await clock.advance(10_000)
    expect(target.batches).to.deep.equal([['1'], ['1']])
    await target.finish('salt')
    expect(logged).to.have.length(1)
    await clock.advance(10_000)
    await target.finish()
    expect(writes.aside).to.equal(0)
  })

  it('tries a row that was set aside again when it changes', async () => {
    const { clock, target, writes, keep } = start()
    keep('salt', '1')
    await settled()
    await target.finish('salt')
    await clock.advance(5000)
    expect(target.batches).to.have.length(1)
    const again = keep('salt', '2')
    await settled()
    expect(writes.aside).to.equal(0)
    await target.finish()
    expect(again.outcome).to.equal('saved')
  })

  it('does not wait for a slow disk beyond the limit', async () => {
    const { clock, target, keep } = start()
    const salt = keep('salt', '1')
    await clock.advance(2000)
    expect(salt.outcome).to.include('did not answer in time')
    await target.finish()
    expect(keep('jam', '2').outcome).to.equal('waiting')
  })
})
