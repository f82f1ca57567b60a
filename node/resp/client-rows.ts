/** CLIENT: what connections are told of themselves, and of each other. */
import { integerAt, optionAt, textAt } from './arguments.ts'
import { nameAt } from './connecting.ts'
import { ReplyError, SYNTAX, unknownSubcommand } from './errors.ts'
import type { Call, Row } from './row.ts'
import type { Session } from './session.ts'
import { OK, type Reply, Verbatim } from './writer.ts'

export const CLIENT_ROWS: readonly Row[] = [
  {
    group: 'connection',
    name: 'client',
    arity: -2,
    does: 'nothing',
    subcommands: ['setinfo', 'setname', 'getname', 'id', 'info', 'list', 'no-evict', 'no-touch'],
    run: client,
  },
]

const SUBCOMMANDS: Readonly<Record<string, { readonly arity: number; run(call: Call): Reply }>> = {
  SETINFO: { arity: 4, run: setInfo },
  SETNAME: { arity: 3, run: setName },
  GETNAME: { arity: 2, run: ({ session }) => (session.name === '' ? null : session.name) },
  ID: { arity: 2, run: ({ session }) => session.id },
  INFO: { arity: 2, run: ({ session, execution }) => new Verbatim(lineOf(session, execution.wallMs())) },
  LIST: { arity: -2, run: list },
  'NO-EVICT': { arity: 3, run: onOrOff },
  'NO-TOUCH': { arity: 3, run: onOrOff },
}

function client(call: Call): Reply {
  const name = optionAt(call.words, 1)
  const subcommand = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined
  if (subcommand === undefined) throw unknownSubcommand('client', textAt(call.words, 1))
  const { arity, run } = subcommand
  const { length } = call.words
  if (arity < 0 ? length < -arity : length !== arity)
    throw new ReplyError(`ERR wrong number of arguments for 'client|${name.toLowerCase()}' command`)
  return run(call)
}

function setInfo({ words, session }: Call): Reply {
  const [attribute, value] = [optionAt(words, 2), textAt(words, 3)]
  if (!/^[\x21-\x7e]*$/.test(value))
    throw new ReplyError(
      `ERR ${attribute.toLowerCase()} cannot contain spaces, newlines or special characters.`,
    )
  if (attribute === 'LIB-NAME') session.library = { ...session.library, name: value }
  else if (attribute === 'LIB-VER') session.library = { ...session.library, version: value }
  else throw new ReplyError(`ERR Unrecognized option '${textAt(words, 2)}'`)
  return OK
}

function setName({ words, session }: Call): Reply {
  session.name = nameAt(words, 2)
  return OK
}

function onOrOff({ words }: Call): Reply {
  if (!/^O(?:N|FF)$/.test(optionAt(words, 2))) throw new ReplyError(SYNTAX)
  return OK
}

/** Who may not look at the metrics is told of himself alone. */
function list({ words, execution, session }: Call): Reply {
  const all = session.rights.can.has('metrics') ? [...execution.server.sessions] : [session]
  const nowMs = execution.wallMs()
  const told = (sessions: readonly Session[]) =>
    new Verbatim(sessions.map((one) => `${lineOf(one, nowMs)}\n`).join(''))
  if (words.length === 2) return told(all)
  const option = optionAt(words, 2)
  if (option === 'TYPE' && words.length === 4) return told(optionAt(words, 3) === 'NORMAL' ? all : [])
  if (option !== 'ID' || words.length < 4) throw new ReplyError(SYNTAX)
  const ids = words
    .slice(3)
    .map((_, index) => integerAt(words, index + 3, { min: 1, error: 'ERR Invalid client ID' }))
  return told(all.filter(({ id }) => ids.includes(id)))
}

function lineOf(session: Session, nowMs: number): string {
  const { id, address, localAddress, name, startedAtMs, askedAtMs, command, version, library, rights } =
    session
  const seconds = (sinceMs: number) => Math.max(0, Math.floor((nowMs - sinceMs) / 1000))
  const facts = {
    id,
    addr: address,
    laddr: localAddress,
    fd: id,
    name,
    age: seconds(startedAtMs),
    idle: seconds(askedAtMs),
    flags: 'N',
    db: 0,
    sub: 0,
    psub: 0,
    ssub: 0,
    multi: -1,
    cmd: command,
    user: rights.name === 'everyone' || rights.name === 'API_KEY' ? 'default' : rights.name,
    resp: version,
    'lib-name': library.name,
    'lib-ver': library.version,
  }
  return Object.entries(facts)
    .map(([field, value]) => `${field}=${value}`)
    .join(' ')
}
