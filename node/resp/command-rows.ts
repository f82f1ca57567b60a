/** COMMAND: what there is, for clients that want to know it. */
import { optionAt, textAt } from './arguments.ts'
import { ReplyError, SYNTAX, unknownSubcommand } from './errors.ts'
import { globOf } from './glob.ts'
import { type Call, isWriteRow, type Row } from './row.ts'
import { MapReply, type Reply, SetReply, Status } from './writer.ts'

type Rows = () => readonly Row[]

export function commandRow(rows: Rows): Row {
  return {
    name: 'command',
    group: 'server',
    arity: -1,
    does: 'nothing',
    subcommands: ['count', 'docs', 'info', 'list'],
    run: (call) => command(call, rows()),
  }
}

function command(call: Call, rows: readonly Row[]): Reply {
  const { words } = call
  if (words.length === 1) return rows.map(infoOf)
  switch (optionAt(words, 1)) {
    case 'COUNT':
      return rows.length
    case 'LIST':
      return listed(call, rows)
    case 'INFO':
      return words.length === 2
        ? rows.map(infoOf)
        : named(call, rows).map((row) => (row === undefined ? null : infoOf(row)))
    case 'DOCS':
      return new MapReply(
        (words.length === 2 ? rows : named(call, rows)).flatMap((row) =>
          row ? [[row.name, docsOf(row)] as const] : [],
        ),
      )
    default:
      throw unknownSubcommand('command', textAt(words, 1))
  }
}

/** Those that are asked for by their names. */
function named({ words }: Call, rows: readonly Row[]): (Row | undefined)[] {
  return words.slice(2).map((word) => {
    const name = word.toString('latin1').toLowerCase()
    return rows.find((row) => row.name === name)
  })
}

function listed({ words }: Call, rows: readonly Row[]): Reply {
  const names = rows.map(({ name }) => name)
  if (words.length === 2) return names
  if (optionAt(words, 2) !== 'FILTERBY' || words.length !== 5) throw new ReplyError(SYNTAX)
  const by = optionAt(words, 3)
  if (by === 'PATTERN') return names.filter(globOf(textAt(words, 4).toLowerCase()))
  if (by === 'ACLCAT' || by === 'MODULE') return []
  throw new ReplyError(SYNTAX)
}

function infoOf(row: Row): Reply {
  const { name, arity, keys } = row
  const [first, last, step] = keys === undefined ? [0, 0, 0] : typeof keys === 'function' ? [0, 0, 0] : keys
  return [
    name,
    arity,
    new SetReply(flagsOf(row).map((flag) => new Status(flag))),
    first,
    last,
    step,
    new SetReply([]),
    [],
    [],
    [],
  ]
}

function flagsOf(row: Row): string[] {
  const hasKeys = row.keys !== undefined
  const flags: string[] = []
  if (isWriteRow(row)) flags.push('write')
  else if (hasKeys) flags.push('readonly')
  if (hasKeys && row.does !== 'steps') flags.push('fast')
  if (row.isOpen === true) flags.push('no_auth')
  if (typeof row.keys === 'function') flags.push('movablekeys')
  return flags
}

function docsOf({ name, group }: Row): Reply {
  return new MapReply([
    ['summary', `${name.toUpperCase()} as Redis has it; docs/redis.md says what differs.`],
    ['since', '1.0.0'],
    ['group', group],
  ])
}
