/** What the benchmark makes of its figures. */
import { expect } from 'chai'
import { coresIn } from '../../../scripts/bench/cores.ts'
import type { LoadReport } from '../../../scripts/bench/load.ts'
import { kindOf, verdicts } from '../../../scripts/bench/overload.ts'
import type { Goal, Measured, Sample } from '../../../scripts/bench/rows.ts'
import { judge, markdown, notesOn, ratioOf, tableOf } from '../../../scripts/bench/table.ts'

const GOAL: Goal = { number: 1, of: 'bare', measure: 'rate', bound: 'at least', ratio: 0.8 }

describe('scripts: bench: the table', () => {
  it('compares round by round, as the machine changes its speed', () => {
    const bare = measured('bare', [{ rate: 1000 }, { rate: 100 }, { rate: 10 }])
    const ours = measured('ours', [{ rate: 500 }, { rate: 90 }, { rate: 9 }], GOAL)
    expect(ratioOf(ours.samples, GOAL, [bare, ours])).to.equal(0.9)
  })

  it('tells figures, ratio, goal and verdict of each row', () => {
    const bare = measured('bare', [{ rate: 1000, CPU: 10 }])
    const ours = measured('ours', [{ rate: 790, CPU: 12.5 }], GOAL)
    const [head, , first, second] = tableOf([bare, ours]).split('\n').map(cells)
    expect(head).to.deep.equal([
      'goal',
      '',
      'each / s',
      'spread',
      'CPU us',
      'cores',
      'ratio',
      'by CPU',
      'is to be',
      '',
    ])
    expect(first).to.deep.equal(['', 'bare', '1000', '1000-1000', '10.0', '1.00', '', '', '', ''])
    expect(second).to.deep.equal([
      '1',
      'ours',
      '790',
      '790-790',
      '12.5',
      '1.00',
      '0.79',
      '0.80',
      '>= 0.8 of the rate of: bare',
      'behind',
    ])
  })

  it('says met only when nothing failed', () => {
    const bare = measured('bare', [{ rate: 1000 }])
    const verdictOf = (sample: Partial<Sample>) => {
      const ours = measured('ours', [{ rate: 900, ...sample }], GOAL)
      return [tableOf([bare, ours]).split('\n').map(cells).at(-1)?.at(-1), notesOn([ours])]
    }
    expect(verdictOf({})).to.deep.equal(['met', []])
    expect(verdictOf({ failed: 2, problem: 'answered 500' })).to.deep.equal([
      'behind',
      ['ours: 2 requests failed (answered 500)'],
    ])
  })

  it('says where the load generator is the limit', () => {
    expect(notesOn([measured('ours', [{ busy: 0.95 }])])).to.deep.equal([
      'ours: limited by the load generator, which was 95 % busy',
    ])
    expect(notesOn([measured('ours', [{ busy: 0.85 }])])).to.deep.equal([])
  })

  it('does not compare with what is not there', () => {
    const ours = measured('ours', [{}], GOAL)
    expect(() => tableOf([ours])).to.throw('there is no row bare')
  })

  it('is Markdown that is also a text', () => {
    expect(markdown(['', 'MiB'], [['Redis', '5']])).to.equal(
      '|       |  MiB |\n| ----- | ---: |\n| Redis |    5 |',
    )
  })

  it('judges by either bound', () => {
    expect(judge(2, { bound: 'at most', ratio: 2 })).to.equal('met')
    expect(judge(2.1, { bound: 'at most', ratio: 2 })).to.equal('behind')
    expect(judge(0.79, { bound: 'at least', ratio: 0.8 })).to.equal('behind')
    expect(judge(Number.NaN, { bound: 'at least', ratio: 0.8 })).to.equal('behind')
  })
})

describe('scripts: bench: overload', () => {
  const phase = (name: string, accepted: number, refused?: number, failed = 0) => ({
    name,
    perSecond: 100,
    report: report({ accepted, refused, failed }),
  })

  it('is met when what is accepted stays quick, refusals are, and all is as before', () => {
    const lines = verdicts(phase('half', 10), phase('three times', 50, 20), phase('half again', 12))
    expect(lines).to.have.lengthOf(3)
    for (const line of lines) expect(line).to.match(/: met$/)
  })

  it('is behind where it is not', () => {
    const lines = verdicts(phase('half', 10), phase('three times', 51, 60), phase('half again', 16))
    expect(lines).to.have.lengthOf(3)
    for (const line of lines) expect(line).to.match(/: behind$/)
  })

  it('says when nothing was refused, and what failed', () => {
    const lines = verdicts(phase('half', 10), phase('three times', 20, undefined, 7), phase('half again', 10))
    expect(lines).to.include('goal 9: nothing was refused').and.include('three times: 7 failed (no answer)')
  })

  it('judges nothing when half was too much already', () => {
    const half = { ...phase('half', 10), perSecond: 110 }
    const lines = verdicts(half, phase('three times', 20), phase('half again', 10))
    expect(lines).to.have.lengthOf(1)
    expect(lines[0]).to.include('cannot be judged')
  })

  it('knows its kinds', () => {
    expect(kindOf('batch')).to.equal('batch')
    expect(() => kindOf('toString')).to.throw('not one of batch, post, get')
  })
})

describe('scripts: bench: cores', () => {
  it('are read as Linux lists them', () => {
    expect(coresIn('0-2,8')).to.deep.equal([0, 1, 2, 8])
    expect(coresIn('5')).to.deep.equal([5])
    expect(coresIn('')).to.deep.equal([])
  })
})

function measured(name: string, samples: readonly Partial<Sample>[], goal?: Goal): Measured {
  const load = { ports: [1], connections: 1, requests: [] }
  const whole = { rate: 1, CPU: 1, latency: 1, cores: 1, busy: 0, failed: 0, problem: undefined }
  const row = { name, load, servers: [{ name, port: 1 }], ...(goal && { goal }) }
  return { row, samples: samples.map((sample) => ({ ...whole, ...sample })) }
}

/** Medians, in milliseconds. */
function report({
  accepted,
  refused,
  failed,
}: {
  accepted: number
  refused: number | undefined
  failed: number
}): LoadReport {
  const summary = (p50: number | undefined) => ({
    count: p50 === undefined ? 0 : 100,
    p50: p50 ?? Number.NaN,
    p99: 0,
    p999: 0,
    max: 0,
  })
  return {
    seconds: 1,
    accepted: summary(accepted),
    refused: summary(refused),
    failed,
    cut: 0,
    problem: failed > 0 ? 'no answer' : undefined,
    busy: 0,
    lateMs: 0,
  }
}

function cells(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}
