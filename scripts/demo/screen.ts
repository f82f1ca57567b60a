/** What is seen of the play: news, one below the other, and on a terminal below them a picture that changes. */
import { stripVTControlCharacters, styleText } from 'node:util'
import type { Engaged, Finding, Scene } from './books.ts'
import type { Nodes } from './nodes.ts'
import type { SlowApi, Timed } from './slow-api.ts'

const LABEL_WIDTH = 12
const BAR_WIDTH = 24
const TEXT_WIDTH = 28
/** On a terminal with fewer rows the picture does not change: it could not be replaced as a whole. */
const ROWS_MIN = 20

export class Screen {
  readonly #startedAtMs = performance.now()
  readonly #isLive = process.stdout.isTTY && process.stdout.rows >= ROWS_MIN
  #draw: () => readonly string[] = () => []
  #picture = ''

  /** What it is all about. */
  begin(title: string): void {
    this.#write(`\n  ${styleText('bold', title)}\n\n`)
  }

  /** Below what was said before, with the time. */
  tell(news: string, color?: 'red' | 'green'): void {
    const seconds = ((performance.now() - this.#startedAtMs) / 1000).toFixed(1)
    const time = styleText('dim', `${seconds.padStart(4)} s`)
    this.#write(`  ${time}  ${color ? styleText(color, news) : news}\n`)
  }

  /** On a terminal in place of the last one; it is drawn again below later news. */
  show(draw: () => readonly string[], { isNew }: { isNew: boolean }): void {
    if (this.#isLive) {
      this.#draw = draw
      this.#write('')
    } else if (isNew) console.log(pictureOf(draw()))
  }

  /** In place of the picture, for good. */
  close(lines: readonly string[]): void {
    this.#draw = () => []
    this.#write(`${lines.join('\n')}\n`)
  }

  #write(text: string): void {
    const height = rowsOf(this.#picture)
    this.#picture = pictureOf(this.#draw())
    process.stdout.write((height > 0 ? `\x1b[${height}A\x1b[J` : '') + text + this.#picture)
  }
}

function pictureOf(lines: readonly string[]): string {
  return lines.length === 0 ? '' : ['', ...lines, ''].join('\n')
}

/** How many rows of the terminal it has taken, long lines being continued on the next. */
function rowsOf(text: string): number {
  const { columns } = process.stdout
  const lengths = stripVTControlCharacters(text)
    .split('\n')
    .slice(0, -1)
    .map((line) => line.length)
  return lengths.reduce((rows, length) => rows + Math.max(1, Math.ceil(length / columns)), 0)
}

export function drawNodes(nodes: Nodes): string {
  const lights = nodes.all.map((node) => {
    const light = nodes.isAway(node) ? styleText('red', '✗') : styleText('green', '●')
    return `${light} ${node.name}`
  })
  return draw('Nodes', lights.join('   '))
}

export function drawResponse({ first }: SlowApi, again: Timed | undefined): string {
  const timeOf = ({ through, tookMs }: Timed) => `${Math.ceil(tookMs)} ms through ${through}`
  const cached = again ? timeOf(again) : 'no answer'
  return draw('Responses', `slow API: ${timeOf(first)}; again, from the cache: ${cached}`)
}

export function drawScene({ totals, ticket, present, dishes }: Scene): string[] {
  return [
    draw('Values', ticket ? drawTicket(ticket) : 'no tickets yet'),
    draw('Counters', totals.map(([name, , said]) => `${name} ${said}`).join('   ')),
    draw('Presences', present.map(({ name, users }) => `${name} ${users}`).join('   ') || 'nobody'),
    ...dishes.map((row, index) => draw(index === 0 ? 'Reactions' : '', drawDish(row))),
  ]
}

function drawTicket({ name, said, writtenAt, owner, readAt }: NonNullable<Scene['ticket']>): string {
  return `${name} ${said}   set at ${writtenAt}, owned by ${owner}, read at ${readAt}`
}

function draw(label: string, text: string): string {
  return `  ${styleText('bold', label.padEnd(LABEL_WIDTH))}${text}`
}

function drawDish({ name, users, counts }: Engaged): string {
  const bar = styleText('yellow', '█'.repeat(Math.min(users, BAR_WIDTH)).padEnd(BAR_WIDTH))
  return `${name.padEnd(LABEL_WIDTH)}${bar} ${String(users).padStart(2)}   ${counts}`
}

export function drawBooks(findings: readonly Finding[]): string[] {
  const row = (name: string, sent: string, said: string) =>
    `  ${name.padEnd(LABEL_WIDTH)}${sent.padEnd(TEXT_WIDTH)}${said.padEnd(TEXT_WIDTH)}`
  const rows = findings.map(([name, sent, said]) => {
    return row(name, sent, said) + (sent === said ? styleText('green', '✓') : styleText('red', '✗'))
  })
  return [styleText('bold', row('The books', 'sent', 'the cluster says').trimEnd()), ...rows]
}
