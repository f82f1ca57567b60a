/** Work on something large as steps, each a fraction of a millisecond, so that it need not be done in one turn (`turns.ts`). */
import type { Eventual } from './eventual.ts'
import type { Turns } from './turns.ts'

/** Stops at every `yield`; in the end it returns what has come of it. */
export type Steps<T> = Generator<void, T, void>

/** What is larger is not gone through in one turn. */
export const LARGE_BYTES = 64 * 2 ** 10

/**
 * What comes of the work on a body: in this turn, whatever else is under way, unless the body is large. @throws what the
 * work throws, now or later.
 */
export function workOn<T>(turns: Turns, body: Uint8Array, work: (body: Uint8Array) => Steps<T>): Eventual<T> {
  return body.length > LARGE_BYTES ? turns.take('bodies', work(body)) : atOnce(work(body))
}

/** All of it in this turn. @throws what it throws. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
