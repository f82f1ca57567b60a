/** Simulated clusters keep their promises, schedule after schedule; and those that are broken on purpose are found out. */
import { randomInt } from 'node:crypto'
import { expect } from 'chai'
import type { Kind } from './kinds.ts'
import type { Mutation } from './mutations.ts'
import type { Part } from './parts.ts'
import { RUN_MAX_MS, simulate } from './play.ts'

/** Fewer for who wants to know soon. */
const FIXED = Number(process.env['SCHEDULES'] ?? 150)

interface Broken {
  readonly how: Mutation
  readonly kind: Kind
  readonly part?: Part
  readonly finding: RegExp
}

const BROKEN: readonly Broken[] = [
  {
    how: 'swallow changes',
    kind: 'failures',
    finding: /acknowledged|differs|not between|, not "|it held|was read as/,
  },
  { how: 'repeat commands', kind: 'graceful', finding: /was ever added/ },
  {
    how: 'forget the disk',
    kind: 'blackout',
    finding: /acknowledged|not between|, not "|it held|was read as/,
  },
  { how: 'forget the disk', kind: 'restarts', finding: /was acknowledged|was read as|it held/ },
  { how: 'date the disk anew', kind: 'blackout', finding: /was read as|it held|, not "/ },
  { how: 'deny what is there', kind: 'away', finding: /was read as ""|is 0, not between|is "", not "/ },
  { how: 'part the uplinks', kind: 'uplinks', finding: /not at rest|different views|was \d+ before/ },
  { how: 'lose lifetimes', kind: 'graceful', part: 'ttl', finding: /still there|^ *t\S+ is at/m },
  { how: 'hurry clocks', kind: 'graceful', part: 'ttl', finding: /^ *[tp]\S+ is gone/m },
  { how: 'ignore conditions', kind: 'graceful', part: 'conditions', finding: /is given to|was raised twice/ },
  { how: 'keep responses', kind: 'graceful', part: 'responses', finding: /^ *\/a\S+ is at .* gone with/m },
  { how: 'keep counters', kind: 'graceful', part: 'turns', finding: /^ *m\S+ is at .* gone with/m },
  { how: 'ignore limits', kind: 'graceful', part: 'limits', finding: /bucket\d+ has allowed/ },
  { how: 'keep values', kind: 'graceful', part: 'full', finding: /^ *l\S+ is at .* gone with/m },
]

describe('the simulation', function () {
  this.timeout(RUN_MAX_MS)

  it(`finds nothing wrong in ${FIXED} schedules`, async () => {
    const { tally, findings } = await simulate('--schedules', `${FIXED}`)
    expect(findings).to.equal('')
    expect(tally.schedules).to.equal(FIXED)
    expect(tally.acknowledged).to.be.at.least(FIXED * 50)
  })

  it('finds nothing wrong where all are stopped again and again for a minute', async () => {
    const args = ['--kinds', 'restarts', '--seconds', '60', '--seed', '42000016', '--schedules', '2']
    const { findings } = await simulate(...args)
    expect(findings).to.equal('')
  })

  it('finds nothing wrong where a member was away for longer than what is gone is remembered', async () => {
    const { findings } = await simulate('--kinds', 'absence', '--seed', '100', '--schedules', '20')
    expect(findings).to.equal('')
  })

  it('finds nothing wrong where a member that has left is still asked to purge', async () => {
    const { findings } = await simulate('--seed', '500934', '--schedules', '1')
    expect(findings).to.equal('')
  })

  const seed = randomInt(2 ** 31)
  it(`finds nothing wrong in a new one: --seed ${seed}`, async () => {
    const { findings } = await simulate('--seed', `${seed}`, '--schedules', '1')
    expect(findings).to.equal('')
  })

  for (const { how, kind, part, finding } of BROKEN) {
    it(`finds out when the fakes ${how}: ${kind}${part === undefined ? '' : `, with ${part}`}`, async () => {
      const args = ['--break', how, '--kinds', kind, '--with', part ?? '', '--schedules', '3']
      const { findings } = await simulate(...args)
      expect(findings).to.match(finding)
    })
  }
})
