/** Asks another member for its feed, in the formats that have one. */

import type { Clock } from '../../../shared/clock.ts'
import { LarderError } from '../../../shared/errors.ts'
import type { Member } from '../../../shared/view.ts'
import type { FeedAnswer, FeedQuestion } from '../../../shared/watching.ts'
import { CALLS, CURRENT, commonFormat, introductionOf, nowBy } from '../wire/calls.ts'
import type { Contact } from './contact.ts'
import type { PeerCalls } from './peer-calls.ts'

export interface FeedCallOptions {
  readonly self: Member
  readonly clock: Clock
  readonly contact: Contact
  readonly timeoutMs: number
}

/** @throws LarderError NOT_UNDERSTOOD where it is of a version that tells nobody of changes. */
export async function askFeed(
  calls: PeerCalls,
  question: FeedQuestion,
  { self, clock, contact, timeoutMs }: FeedCallOptions,
): Promise<FeedAnswer> {
  if (contact.met === undefined) await calls.open()
  const common = contact.met && commonFormat(introductionOf(self).formats, contact.met.formats)
  if (common !== CURRENT)
    throw new LarderError(
      'NOT_UNDERSTOOD',
      'The member is of an older version, which tells nobody of changes.',
    )
  const { answer } = await calls.call({
    lane: 'feed',
    path: CALLS.feed.path,
    deadlineAtMs: clock.now() + timeoutMs,
    encode: (preamble) =>
      CALLS.feed.encodeRequest({ ...preamble, from: self.incarnation, question }, nowBy(clock)),
    decode: (bytes) => CALLS.feed.decodeResponse(bytes, nowBy(clock)),
  })
  return answer
}
