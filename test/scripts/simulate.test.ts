/** What the simulation tells on its command line; what it finds is tested in test/simulation. */
import { expect } from 'chai'
import { type Run, TestProcess } from '../support/process.ts'

const PATIENCE_MS = 60_000

describe('scripts: simulate', function () {
  this.timeout(PATIENCE_MS)

  it('ends with 0 where nothing was wrong, and says what was judged', async () => {
    const { code, stdout, stderr } = await simulate('--schedules', '8')
    expect(code, stdout + stderr).to.equal(0)
    expect(stdout).to.match(/^8 schedules in /m)
    expect(stdout).to.match(/\d{4,} acknowledged writes judged/)
  })

  it('ends with 1 where something was, and says what', async () => {
    const { code, stdout, stderr } = await simulate(
      '--break',
      'repeat commands',
      '--kinds',
      'graceful',
      '--schedules',
      '6',
    )
    expect(code, stdout + stderr).to.equal(1)
    expect(stdout).to.match(/^seed \d+, graceful:\n.*was ever added/m)
  })

  it('ends with 2 where it is not understood, and explains itself', async () => {
    const { code, stderr } = await simulate('--schedules', 'many')
    expect(code).to.equal(2)
    expect(stderr).to.include('usage:')
  })

  it('takes its keys to as many slots as there are, too', async () => {
    const { code, stdout, stderr } = await simulate('--slots', '16381', '--schedules', '2', '--seconds', '3')
    expect(code, stdout + stderr).to.equal(0)
  })

  it('has the same run again from the same seed', async () => {
    const runs = await Promise.all([
      simulate('--seed', '7', '--verbose'),
      simulate('--seed', '7', '--verbose'),
    ])
    const [one, other] = runs.map(({ stdout }) =>
      stdout.split('\n').filter((line) => /^ *\d+\.\d/.test(line)),
    )
    expect(one?.length).to.be.above(100)
    expect(one).to.deep.equal(other)
  })
})

function simulate(...args: string[]): Promise<Run> {
  return new TestProcess(process.execPath, ['scripts/simulate.ts', ...args]).finished()
}
