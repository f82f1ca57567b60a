/** What was measured as a table in Markdown, and whether the goals are met. */
import { median } from '../median.ts'
import type { Goal, Measured, Row, Sample } from './rows.ts'

/** Beyond this the load generator, and not the server, may be what limits the rate. */
export const BUSY_MAX = 0.9

export type Verdict = 'met' | 'behind'

const HEAD = ['goal', '', 'each / s', 'spread', 'CPU us', 'cores', 'ratio', 'by CPU', 'is to be', '']

/** Rows that are compared with each other; all others have to be among them. */
export function tableOf(measured: readonly Measured[]): string {
  return markdown(
    HEAD,
    measured.map((one) => cellsOf(one, measured)),
    [1, 8, 9],
  )
}

/** What a reader of the table has to know besides. */
export function notesOn(measured: readonly Measured[]): string[] {
  return measured.flatMap(({ row, samples }) => {
    const busy = median(samples.map(({ busy }) => busy))
    const failed = samples.reduce((sum, { failed }) => sum + failed, 0)
    const problem = samples.find(({ problem }) => problem !== undefined)?.problem
    return [
      ...(isLimited(samples)
        ? [`${row.name}: limited by the load generator, which was ${percent(busy)} busy`]
        : []),
      ...(failed > 0 ? [`${row.name}: ${failed} requests failed (${problem})`] : []),
      ...(failed === 0 && problem !== undefined ? [`${row.name}: ${problem}`] : []),
    ]
  })
}

function cellsOf({ row, samples }: Measured, all: readonly Measured[]): string[] {
  const rates = samples.map(({ rate }) => rate)
  const figures = [
    row.name,
    whole(median(rates)),
    `${whole(Math.min(...rates))}-${whole(Math.max(...rates))}`,
    median(samples.map(({ CPU }) => CPU)).toFixed(1),
    median(samples.map(({ cores }) => cores)).toFixed(2),
  ]
  if (row.goal === undefined) return ['', ...figures, '', '', '', '']
  const { number, bound, ratio, measure, of } = row.goal
  const reached = ratioOf(samples, row.goal, all)
  const sign = bound === 'at least' ? '>=' : '<='
  const isSound = samples.every(({ failed }) => failed === 0)
  return [
    `${number}`,
    ...figures,
    reached.toFixed(2),
    byCpu(row, samples, all),
    `${sign} ${ratio} of the ${measure} of: ${of}`,
    isSound ? judge(reached, row.goal) : 'behind',
  ]
}

/** Round by round, as both were measured within the same seconds; then the median. */
export function ratioOf(samples: readonly Sample[], goal: Goal, all: readonly Measured[]): number {
  const other = all.find(({ row }) => row.name === goal.of)
  if (other === undefined) throw new Error(`there is no row ${goal.of}`)
  return median(
    samples.map(
      (sample, round) => sample[goal.measure] / (other.samples[round]?.[goal.measure] ?? Number.NaN),
    ),
  )
}

/** What a ratio of rates would be if both had a whole core; only of as many servers does it mean that. */
function byCpu({ goal, servers }: Row, samples: readonly Sample[], all: readonly Measured[]): string {
  const others = all.find(({ row }) => row.name === goal?.of)?.row.servers.length
  if (goal?.measure !== 'rate' || servers.length !== others) return ''
  return (1 / ratioOf(samples, { ...goal, measure: 'CPU' }, all)).toFixed(2)
}

export function judge(reached: number, { bound, ratio }: Pick<Goal, 'bound' | 'ratio'>): Verdict {
  return (bound === 'at least' ? reached >= ratio : reached <= ratio) ? 'met' : 'behind'
}

function isLimited(samples: readonly Sample[]): boolean {
  return median(samples.map(({ busy }) => busy)) > BUSY_MAX
}

/** Aligned also as plain text; figures to the right. */
export function markdown(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  texts: readonly number[] = [0],
): string {
  const isText = (column: number) => texts.includes(column)
  const widths = head.map((title, column) =>
    Math.max(4, title.length, ...rows.map((cells) => cells[column]?.length ?? 0)),
  )
  const pad = (text: string, column: number) =>
    isText(column) ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)
  const rule = widths.map((width, column) =>
    isText(column) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  )
  return [head.map(pad), rule, ...rows.map((cells) => cells.map(pad))]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

export function whole(value: number): string {
  return Number.isFinite(value) ? value.toFixed(0) : '-'
}

/** Milliseconds, and other figures of which small ones matter. */
export function fine(value: number): string {
  return Number.isFinite(value) ? value.toFixed(value < 10 ? 2 : 0) : '-'
}

export function percent(part: number): string {
  return `${(part * 100).toFixed(0)} %`
}
