/** The verdict of a chaos run, for people, for the documents and for programs. */
import { type Breach, type Finding, failedOf, type Report, type Tally } from './verdict.ts'

/** Of the same breach under the same kind of fault; the others are much like them. */
const SHOWN_EACH = 3

type Column = readonly [title: string, cell: (tally: Tally, kind: string) => string, longTitle?: string]

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
const breaches =
  (breach: Breach) =>
  ({ breaches }: Tally) =>
    `${breaches[breach]}`

/** For the documents. */
const COLUMNS: readonly Column[] = [
  ['fault', (_, kind) => kind],
  ['times', ({ times }) => (times > 0 ? `${times}` : '')],
  ['acknowledged', ({ acknowledged }) => `${acknowledged}`],
  ['failed', (tally) => `${failedOf(tally)}`, 'failed requests'],
  ['no service', ({ longestGapMs }) => seconds(longestGapMs), 'longest time without service'],
  ['lost', breaches('lost')],
  ['resurrected', breaches('resurrected')],
  ['counted twice', breaches('counted twice')],
]

const MORE: readonly Column[] = [
  ['granted twice', breaches('granted twice')],
  ['tenant', breaches('wrong tenant')],
  ['false', breaches('false read')],
  ['untold', breaches('not told')],
  ['gaps', ({ gaps }) => `${gaps}`],
  ['stuck', breaches('not recovered')],
  ['exits', breaches('unexpected exit')],
  ['unknown', ({ unknown }) => `${unknown}`],
  ['forgotten', ({ forgotten }) => `${forgotten}`],
  ['recovered in', ({ longestRecoveryMs }) => (longestRecoveryMs > 0 ? seconds(longestRecoveryMs) : '')],
  ['moved/ideal', ratio],
]

export function asMarkdown({ tallies, total }: Report): string {
  const [, ...rows] = rowsOf(COLUMNS, tallies, total)
  const head = COLUMNS.map(([title, , longTitle]) => longTitle ?? title)
  const rule = COLUMNS.map((_, index) => (index === 0 ? '---' : '---:'))
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

export function asText(report: Report): string {
  const { seed, seconds, tallies, total, findings, problems } = report
  const rows = rowsOf([...COLUMNS, ...MORE], tallies, total)
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)))
  const table = rows.map((cells) =>
    cells
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join('  '),
  )
  const failures = [...tallies].flatMap(([kind, { failed }]) => failureLine(kind, failed))
  const groups = Object.values(Object.groupBy(findings, ({ kind, breach }) => `${kind}: ${breach}`))
  const told = groups.flatMap((group = []) => group.slice(0, SHOWN_EACH)).map(lineOf)
  return [
    ...table,
    ...section('failed requests', failures),
    ...section('found, the first of each', told),
    '',
    problems.length === 0 ? `PASS  seed ${seed}, ${seconds} s` : `FAIL  seed ${seed}, ${seconds} s`,
    ...problems.map((problem) => `  ${problem}`),
  ].join('\n')
}

export function asJson({ tallies, ...rest }: Report): string {
  return JSON.stringify({ ...rest, isPassed: rest.problems.length === 0, kinds: Object.fromEntries(tallies) })
}

function rowsOf(columns: readonly Column[], tallies: ReadonlyMap<string, Tally>, total: Tally): string[][] {
  const row = (kind: string, tally: Tally) => columns.map(([, cell]) => cell(tally, kind))
  const rows = [...tallies].sort().map(([kind, tally]) => row(kind, tally))
  return [columns.map(([title]) => title), ...rows, row('all', total)]
}

/** 1.00 where nothing moved that need not. */
function ratio({ moved, movedIdeally }: Tally): string {
  return movedIdeally > 0 ? (moved / movedIdeally).toFixed(2) : ''
}

function lineOf({ kind, breach, what }: Finding): string {
  return `${kind}: ${breach}: ${what}`
}

function failureLine(kind: string, failed: Tally['failed']): string[] {
  const counts = Object.entries(failed).map(([problem, count]) => `${problem} ${count}`)
  return counts.length > 0 ? [`${kind}: ${counts.join(', ')}`] : []
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? ['', `${title}:`, ...lines.map((line) => `  ${line}`)] : []
}
