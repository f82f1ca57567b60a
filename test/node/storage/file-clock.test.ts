/** The time in a file, over the lives of several processes. */
import { expect } from 'chai'
import fc from 'fast-check'
import { FileClock, type FileTime, factsOf, fileTimeOf } from '../../../node/storage/file-clock.ts'
import { LIFETIME_MAX_MS } from '../../../shared/command.ts'
import { FakeClock } from '../../support/clock.ts'

/** The steady clock of the next process begins somewhere else. */
async function nextProcess(wallMs: number, last?: FileTime): Promise<{ clock: FakeClock; times: FileClock }> {
  const clock = new FakeClock()
  await clock.advance(Math.abs(wallMs) % 977)
  clock.aheadMs = wallMs - clock.now()
  const times = new FileClock(clock)
  if (last !== undefined) times.goOn(last)
  return { clock, times }
}

/** What is left of a minute after a process that lived for so long, and another time without any. */
async function leftAfter(process: {
  runsMs: number
  wallJumpsMs: number
  stoppedMs: number
}): Promise<number> {
  const wallMs = 1_780_000_000_000
  const { clock, times } = await nextProcess(wallMs)
  const cell = times.toFile(clock.now() + 60_000)
  await clock.advance(process.runsMs)
  clock.aheadMs += process.wallJumpsMs
  const noted = fileTimeOf(factsOf(times.time))
  const next = await nextProcess(clock.wall() + process.stoppedMs, noted)
  return next.times.fromFile(cell) - next.clock.now()
}

describe('the time in a file', () => {
  it('of what ends takes off how long the process ran, and how long there was none', async () => {
    const ms = fc.nat(30_000)
    await fc.assert(
      fc.asyncProperty(ms, ms, async (runsMs, stoppedMs) => {
        const leftMs = await leftAfter({ runsMs, wallJumpsMs: 0, stoppedMs })
        expect(leftMs).to.equal(60_000 - runsMs - stoppedMs)
      }),
      { numRuns: 30 },
    )
  })

  for (const jumpMs of [-3_600_000, 3_600_000, 31_536_000_000]) {
    it(`is the same where the wall clock is set by ${jumpMs / 1000} s while a process runs`, async () => {
      expect(await leftAfter({ runsMs: 10_000, wallJumpsMs: jumpMs, stoppedMs: 5000 })).to.equal(45_000)
    })
  }

  it('prolongs nothing where the wall clock is set back between two processes', async () => {
    expect(await leftAfter({ runsMs: 10_000, wallJumpsMs: 0, stoppedMs: -3_600_000 })).to.equal(50_000)
  })

  it('begins with the wall clock, also in a file that has noted none', async () => {
    const { clock, times } = await nextProcess(1_780_000_000_000, fileTimeOf({}))
    expect(times.toFile(clock.now())).to.equal(1_780_000_000_000)
  })

  it('of what would end too late is a hundred years, or other members would not believe it', async () => {
    const { clock, times } = await nextProcess(1_780_000_000_000)
    expect(times.fromFile(1e300)).to.equal(clock.now() + LIFETIME_MAX_MS)
  })
})
