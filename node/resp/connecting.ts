/** What a connection says of itself: who it is, what it is called, which version it speaks. */
import { andThen, type Eventual } from '../../shared/eventual.ts'
import { integerAt, optionAt, textAt, wordAt } from './arguments.ts'
import { NO_AUTH, ReplyError, SYNTAX } from './errors.ts'
import type { Call, Row } from './row.ts'
import { ErrorReply, MapReply, OK, type Reply, Status } from './writer.ts'

/** What clients know of Redis that is served here. */
export const REDIS_VERSION = '7.4.0'

const nothing = { group: 'connection', does: 'nothing' } as const
const all = { group: 'connection', does: 'all' } as const

export const CONNECTING_ROWS: readonly Row[] = [
  { ...all, name: 'hello', arity: -1, isOpen: true, run: hello },
  { ...all, name: 'auth', arity: -2, isOpen: true, run: auth },
  { ...all, name: 'quit', arity: -1, isOpen: true, run: quit },
  { ...all, name: 'reset', arity: 1, isOpen: true, run: reset },
  { ...nothing, name: 'ping', arity: -1, run: ping },
  { ...nothing, name: 'echo', arity: 2, run: ({ words }) => wordAt(words, 1) },
  { ...nothing, name: 'select', arity: 2, run: select },
]

const WRONG_PASS = new ErrorReply('WRONGPASS invalid username-password pair or user is disabled.')
const NO_PASSWORD = new ErrorReply(
  'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
)

function auth(call: Call): Eventual<Reply> {
  const { words } = call
  if (words.length > 3) return new ErrorReply(SYNTAX)
  const hasUser = words.length === 3
  const user = hasUser ? textAt(words, 1) : undefined
  return andThen(shown(call, textAt(words, hasUser ? 2 : 1), user), (error) => error ?? OK)
}

/** What is wrong with it, if anything is. Where nobody needs a key, anybody may say that he is the default user. */
function shown({ execution, session }: Call, key: string, user?: string): Eventual<ErrorReply | undefined> {
  if (!session.areKeysNeeded)
    return user === 'default' ? undefined : user === undefined ? NO_PASSWORD : WRONG_PASS
  return andThen(execution.admit(session, key, user), (isKey) => (isKey ? undefined : WRONG_PASS))
}

interface Greeting {
  readonly version: 2 | 3
  readonly key?: string
  readonly user?: string
  readonly name?: string
}

function hello(call: Call): Eventual<Reply> {
  const greeting = greetingIn(call)
  if (greeting instanceof ErrorReply) return greeting
  const { key, user } = greeting
  const checked = key === undefined ? undefined : shown(call, key, user)
  return andThen(checked, (error) => error ?? greeted(call, greeting))
}

/** @throws ReplyError. */
function greetingIn({ words, session }: Call): Greeting | ErrorReply {
  let greeting: Greeting = { version: session.version }
  if (words.length > 1) {
    const version = integerAt(words, 1, { error: 'ERR Protocol version is not an integer or out of range' })
    if (version !== 2 && version !== 3) return new ErrorReply('NOPROTO unsupported protocol version')
    greeting = { version }
  }
  for (let place = 2; place < words.length; place++) {
    const option = optionAt(words, place)
    if (option === 'AUTH' && place + 2 < words.length) {
      greeting = { ...greeting, user: textAt(words, place + 1), key: textAt(words, place + 2) }
      place += 2
    } else if (option === 'SETNAME' && place + 1 < words.length)
      greeting = { ...greeting, name: nameAt(words, ++place) }
    else return new ErrorReply(`ERR Syntax error in HELLO option '${textAt(words, place)}'`)
  }
  return greeting
}

const HELLO_NEEDS =
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time'

function greeted({ session }: Call, { version, name }: Greeting): Reply {
  if (!session.isLetIn) return new ErrorReply(HELLO_NEEDS)
  session.version = version
  if (name !== undefined) session.name = name
  return new MapReply([
    ['server', 'redis'],
    ['version', REDIS_VERSION],
    ['proto', version],
    ['id', session.id],
    ['mode', 'standalone'],
    ['role', 'master'],
    ['modules', []],
  ])
}

/** @throws ReplyError for what no list could tell. */
export function nameAt(words: Call['words'], place: number): string {
  const name = textAt(words, place)
  if (/^[\x21-\x7e]*$/.test(name)) return name
  throw new ReplyError('ERR Client names cannot contain spaces, newlines or special characters.')
}

function quit({ session }: Call): Reply {
  session.isLeaving = true
  return OK
}

function reset({ session }: Call): Reply {
  session.reset()
  return new Status('RESET')
}

function ping({ words }: Call): Reply {
  if (words.length > 2) return new ErrorReply("ERR wrong number of arguments for 'ping' command")
  return words.length === 2 ? wordAt(words, 1) : PONG
}

const PONG = new Status('PONG')

function select({ words }: Call): Reply {
  return integerAt(words, 1, { error: 'ERR value is not an integer or out of range' }) === 0
    ? OK
    : new ErrorReply('ERR DB index is out of range')
}

/** To whoever has shown no key, and asks for more than Redis allows him. */
export const NOT_LET_IN = new ErrorReply(NO_AUTH)
