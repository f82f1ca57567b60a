/**
 * What was done that somebody may ask about later: who became a member, what was forgotten at once, which keys and certificates
 * changed. Each has one line in the log, with a field `audit`.
 */
import type { Log } from './log.ts'

export interface Audited {
  readonly what: string
  /** To what it was done, and by whom. */
  readonly [field: string]: unknown
}

export function audit(log: Log, { what, ...fields }: Audited): void {
  log.info({ audit: what, ...fields }, what)
}
