/** Simulated clusters keep their promises, schedule after schedule; and those that are broken on purpose are found out. */
import { randomInt } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { expect } from 'chai'
import { simulateAll } from '../../scripts/simulate-all.ts'
import { readOptions } from '../../scripts/simulate-options.ts'
import { Tally, textOf } from '../../scripts/simulate-tally.ts'
import type { Kind } from './kinds.ts'
import type { Mutation } from './mutations.ts'

/** Fewer for who wants to know soon. */
const FIXED = Number(process.env['SCHEDULES'] ?? 150)
const RUN_MAX_MS = 60_000

async function simulate(...args: string[]): Promise<{ tally: Tally; findings: string }> {
  const tally = new Tally()
  const options = readOptions(args, availableParallelism())
  await simulateAll(options, (outcome) => tally.add(outcome), AbortSignal.timeout(RUN_MAX_MS))
  return { tally, findings: tally.bad.map(textOf).join('\n') }
}

describe('the simulation', function () {
  this.timeout(RUN_MAX_MS)

  it(`finds nothing wrong in ${FIXED} schedules`, async () => {
    const { tally, findings } = await simulate('--schedules', `${FIXED}`)
    expect(findings).to.equal('')
    expect(tally.schedules).to.equal(FIXED)
    expect(tally.acknowledged).to.be.at.least(FIXED * 50)
  })

  const seed = randomInt(2 ** 31)
  it(`finds nothing wrong in a new one: --seed ${seed}`, async () => {
    const { findings } = await simulate('--seed', `${seed}`, '--schedules', '1')
    expect(findings).to.equal('')
  })

  const broken: [Mutation, Kind, RegExp][] = [
    ['swallow changes', 'failures', /acknowledged|differs|in the end|it held|was read as/],
    ['repeat commands', 'graceful', /was ever added/],
    ['forget the disk', 'blackout', /acknowledged|in the end|it held|was read as/],
  ]
  for (const [mutation, kind, finding] of broken) {
    it(`finds out when the fakes ${mutation}`, async () => {
      const { findings } = await simulate('--break', mutation, '--kind', kind, '--schedules', '6')
      expect(findings).to.match(finding)
    })
  }
})
