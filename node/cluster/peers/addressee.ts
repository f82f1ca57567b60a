/**
 * For whom a call between members is: a life of a member, as an address may be another one's by now. What is meant for
 * another life is refused before anything is done, and on a channel once for all that would come on it.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { LarderError } from '../../../shared/errors.ts'
import { headerOf } from '../../../shared/http/request.ts'
import { LIFE_HEADER, type Member } from '../../../shared/view.ts'

export type Addressee = Pick<Member, 'id' | 'incarnation'>

/** Version 0.1 does not say whom it means. */
export function isMeant({ incarnation }: Addressee, headers: IncomingHttpHeaders): boolean {
  const meant = headerOf(headers, LIFE_HEADER)
  return meant === undefined || meant === incarnation
}

/** @throws LarderError ANOTHER_LIFE where another one is. */
export function refuseOthers(self: Addressee, headers: IncomingHttpHeaders): void {
  if (isMeant(self, headers)) return
  const { id, incarnation } = self
  throw new LarderError('ANOTHER_LIFE', `Here is ${id}, in its life ${incarnation}: another one is meant.`)
}
