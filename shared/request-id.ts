/** What names a request in logs, here and on the members that it is passed on to. */
import { randomBytes } from 'node:crypto'

/** Unique among processes by its beginning, and within one by its end: a random one each would cost more than a read. */
const PROCESS = randomBytes(9).toString('base64url')
let count = 0

export function nextRequestId(): string {
  count++
  return `${PROCESS}.${count}`
}
