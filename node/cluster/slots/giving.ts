/** How long a member that was asked for slots is waited for: giving may take long, and must not wait for the dead. */
import { type Clock, pause } from '../../../shared/clock.ts'
import { LarderError } from '../../../shared/errors.ts'
import { gave, hasStoppedGiving } from '../peers/peers.ts'
import type { SlotPeer } from './slot-peers.ts'

const LOOK_MS = 500
/** A look that comes so late says nothing of the other: this process stood still. */
const LATE_MS = 1000

/**
 * The answer, however long it takes. @throws LarderError UNREACHABLE once the member has stopped giving: then what was asked
 * is called off, or the questions to a member that stands still would be ever more.
 */
export async function whileGiving<T>(
  { member, contact }: Pick<SlotPeer, 'member' | 'contact'>,
  ask: (signal: AbortSignal) => Promise<T>,
  clock: Clock,
): Promise<T> {
  const calling = new AbortController()
  const asking = ask(calling.signal)
  let sinceMs = clock.now()
  let isOver = false
  const over = asking.then(
    () => gave(contact, clock.now()),
    () => {},
  )
  void over.then(() => {
    isOver = true
  })
  for (;;) {
    const beganAtMs = clock.now()
    await Promise.race([over, pause(clock, LOOK_MS)])
    if (isOver) return await asking
    const nowMs = clock.now()
    if (nowMs - beganAtMs > LATE_MS) sinceMs = nowMs
    else if (hasStoppedGiving(contact, sinceMs, nowMs)) {
      calling.abort()
      throw new LarderError('UNREACHABLE', `${member.id} gives nothing.`)
    }
  }
}
