/** The chaos run itself, with real processes. */
import { expect } from 'chai'
import { type Run, TestProcess } from '../support/process.ts'
import { needTool } from '../support/tool.ts'

const PATIENCE_MS = 60_000

describe('scripts: chaos', function () {
  this.timeout(PATIENCE_MS)

  for (const args of [
    ['--faults', 'rain'],
    ['--faults', 'disk-loss', '--copies', '1'],
    ['--client', '--faults', 'partition'],
    ['--seconds', 'many'],
    ['--seconds', '0'],
    ['now'],
    ['--weather'],
    ['--engine', 'memcached'],
  ]) {
    it(`explains itself when started with: ${args.join(' ')}`, async () => {
      const { code, stderr } = await chaos(...args)
      expect(code).to.equal(2)
      expect(stderr).to.include('usage:')
    })
  }

  it('finds nothing in good weather, and names its seed', async () => {
    const { code, stdout, stderr } = await chaos(
      '--seconds',
      '4',
      '--faults',
      'none',
      '--members',
      '3',
      '--watch',
    )
    expect(code, stdout + stderr).to.equal(0)
    const [, seed] = /^chaos: seed (\d+), 3 members/m.exec(stderr) ?? []
    expect(stdout).to.match(new RegExp(`^PASS {2}seed ${seed}, `, 'm'))
    expect(stdout).to.match(/^calm +\d{3,} +0 /m)
  })

  it('finds nothing when a member joins and leaves, and another one is killed', async () => {
    const { code, stdout, stderr } = await chaos(
      '--seconds',
      // Twice what both faults take where nothing else runs.
      '16',
      '--faults',
      'join,kill',
      // So few that two cores have room for a member that starts as well.
      '--rate',
      '150',
      '--seed',
      '7',
      '--json',
    )
    expect(code, stdout + stderr).to.equal(0)
    const { seed, kinds } = JSON.parse(stdout)
    expect(seed).to.equal(7)
    expect(kinds).to.include.keys('join', 'kill')
  })

  it('tells what Redis lost where primaries of its cluster fail, counts nothing twice, and who watches knows it', async function () {
    needTool(this, 'redis-server')
    const { code, stdout, stderr } = await chaos(
      '--engine',
      'redis',
      '--watch',
      '--seconds',
      '8',
      '--seed',
      '3',
    )
    expect(code, stdout + stderr).to.equal(0)
    expect(stdout).to.match(/^increments +\d+ acknowledged, \d+ lost by Redis, 0 counted twice$/m)
    expect(stdout).to.match(/^faults +\d/m)
    // A failover, at least, is something that may have been missed.
    expect(stdout).to.match(/^watched +0 not told, [1-9]\d* gaps$/m)
  })

  it('lets no call of the client fail when a member is killed', async () => {
    const { code, stdout, stderr } = await chaos('--client', '--seconds', '8', '--faults', 'kill', '--json')
    expect(code, stdout + stderr).to.equal(0)
    const { kinds, total } = JSON.parse(stdout)
    expect(kinds).to.include.keys('kill')
    expect(total.failed).to.deep.equal({})
  })
})

function chaos(...args: string[]): Promise<Run> {
  return new TestProcess(process.execPath, ['scripts/chaos.ts', ...args]).finished()
}
