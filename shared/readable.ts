/** Lines of the log for people, who read them on a terminal: when, how bad, who and what, then what else is known. */
import { prettyFactory } from 'pino-pretty'

/** What is no line of a log stays as it is. Whether there are colours is up to the terminal, and to NO_COLOR. */
export function readableLines(): (line: string) => string {
  return prettyFactory({
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    messageFormat: '{service} {msg}',
    // A stack is for files.
    ignore: 'service,error.stack,error.cause.stack',
    errorLikeObjectKeys: [],
  })
}
