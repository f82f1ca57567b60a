/** Errors as clients of Redis know them, by their first word and often by all of them. */
import { type ErrorCode, toLarderError } from '../../shared/errors.ts'
import { ErrorReply } from './writer.ts'

/** What is wrong with a call, in the words of Redis. */
export class ReplyError extends Error {
  override readonly name = 'ReplyError'
}

export const WRONG_TYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value'
export const SYNTAX = 'ERR syntax error'
export const NOT_INTEGER = 'ERR value is not an integer or out of range'
export const NOT_FLOAT = 'ERR value is not a valid float'
export const CROSS_SLOT = "CROSSSLOT Keys in request don't hash to the same slot"
export const NO_AUTH = 'NOAUTH Authentication required.'
export const TOO_OFTEN = 'TRYAGAIN The key is changed all the time by others.'

/**
 * Without a code of its own an error begins with ERR. TRYAGAIN, which clients take as an invitation, is said only of what was
 * surely not carried out.
 */
const BEGINNINGS: Partial<Record<ErrorCode, (detail: string) => string>> = {
  WRONG_TYPE: () => WRONG_TYPE,
  OUT_OF_RANGE: () => 'ERR increment or decrement would overflow',
  UNAUTHORIZED: () => NO_AUTH,
  FORBIDDEN: (detail) => `NOPERM ${detail}`,
  MEMORY_FULL: (detail) => `OOM command not allowed when used memory > 'maxmemory'. ${detail}`,
  NOT_READY: (detail) => `LOADING ${detail}`,
  OVERLOADED: (detail) => `TRYAGAIN ${detail}`,
  REFUSED: (detail) => `TRYAGAIN ${detail}`,
  WRONG_OWNER: (detail) => `TRYAGAIN ${detail}`,
}

/** `isWrite`: whether it may have been carried out though nobody has heard of it. */
export function errorReplyOf(thrown: unknown, isWrite: boolean): ErrorReply {
  if (thrown instanceof ReplyError) return new ErrorReply(thrown.message)
  const { code, message } = toLarderError(thrown)
  if (code === 'UNREACHABLE' && !isWrite) return new ErrorReply(`TRYAGAIN ${message}`)
  return new ErrorReply(BEGINNINGS[code]?.(message) ?? `ERR ${message}`)
}

/** Whether it may be carried out soon. */
export function isForLater({ text }: ErrorReply): boolean {
  return /^(?:TRYAGAIN|LOADING) /.test(text)
}

export function wrongArity(name: string): ErrorReply {
  return new ErrorReply(`ERR wrong number of arguments for '${name}' command`)
}

export function unknownSubcommand(row: string, name: string): ReplyError {
  return new ReplyError(`ERR unknown subcommand '${printable(name)}'. Try ${row.toUpperCase()} HELP.`)
}

/** As Redis says it, with what the first arguments were. */
export function unknownCommand(words: readonly Buffer[]): ErrorReply {
  const [name = '', ...rest] = words.slice(0, 20).map((word) => printable(word.toString('latin1', 0, 128)))
  let told = ''
  for (const one of rest) if (told.length < 128) told += `'${one}' `
  return new ErrorReply(`ERR unknown command '${name}', with args beginning with: ${told}`)
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 128)
}
