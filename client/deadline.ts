/** Deadlines of what is waited for. */

/**
 * Calls `act` once so much time has passed, but not before what has arrived until then was taken in: a program that did something
 * else for long, or was not run, finds its time over with its answers unread. @returns what gives it up.
 */
export function deadline(ms: number, act: () => void): () => void {
  let isGivenUp = false
  const timer = setTimeout(() => afterArrivals(() => isGivenUp || act()), ms)
  return () => {
    isGivenUp = true
    clearTimeout(timer)
  }
}

/** Where the runtime has it, it follows a look at all sockets. */
const afterArrivals: (act: () => void) => void =
  (globalThis as { setImmediate?: (act: () => void) => unknown }).setImmediate?.bind(globalThis) ?? setTimeout
