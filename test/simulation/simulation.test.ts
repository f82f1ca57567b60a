/** Simulated clusters keep their promises, schedule after schedule; and those that are broken on purpose are found out. */
import { execFile } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Kind } from './kinds.ts'
import type { Mutation } from './mutations.ts'

const SCRIPT = join(import.meta.dirname, '../../scripts/simulate.ts')
const FIXED = 150
const RUN_MAX_MS = 60_000

/** Processes of its own, since these place keys on fewer slots. */
function simulate(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, ...args], { timeout: RUN_MAX_MS }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, output: stdout + stderr })
    })
  })
}

describe('the simulation', function () {
  this.timeout(RUN_MAX_MS)

  it(`finds nothing wrong in ${FIXED} schedules`, async () => {
    const { code, output } = await simulate('--schedules', `${FIXED}`)
    expect(code, output).to.equal(0)
    expect(output).to.match(/\d{4,} acknowledged writes judged/)
  })

  const seed = randomInt(2 ** 31)
  it(`finds nothing wrong in a new one: --seed ${seed}`, async () => {
    const { code, output } = await simulate('--seed', `${seed}`, '--schedules', '1')
    expect(code, output).to.equal(0)
  })

  it('has the same run again from the same seed', async () => {
    const runs = await Promise.all([
      simulate('--seed', '7', '--verbose'),
      simulate('--seed', '7', '--verbose'),
    ])
    const [one, other] = runs.map(({ output }) =>
      output.split('\n').filter((line) => /^ *\d+\.\d/.test(line)),
    )
    expect(one?.length).to.be.above(100)
    expect(one).to.deep.equal(other)
  })

  it('takes its keys to as many slots as there are, too', async () => {
    const { code, output } = await simulate('--slots', '16381', '--schedules', '2', '--seconds', '3')
    expect(code, output).to.equal(0)
  })

  const broken: [Mutation, Kind, RegExp][] = [
    ['swallow changes', 'failures', /acknowledged|differs|in the end|it held|was read as/],
    ['repeat commands', 'graceful', /was ever added/],
    ['forget the disk', 'blackout', /acknowledged|in the end|it held|was read as/],
  ]
  for (const [mutation, kind, finding] of broken) {
    it(`finds out when the fakes ${mutation}`, async () => {
      const { code, output } = await simulate('--break', mutation, '--kind', kind, '--schedules', '6')
      expect(code, output).to.equal(1)
      expect(output).to.match(finding)
    })
  }
})
