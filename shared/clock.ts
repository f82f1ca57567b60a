/** Time, as everything but the entry points sees it; tests bring their own. All durations are milliseconds. */
export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds that never go back; for durations and deadlines. */
  now(): number
  /** Milliseconds since 1970, as far as the machine knows; for stamps, and for what outlives the process. */
  wall(): number
  after(delayMs: number, run: () => void): Timer
  every(intervalMs: number, run: () => void): Timer
}

/** What a timer can wait for; more would fire at once. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), TIMEOUT_MAX_MS))
    return { cancel: () => clearTimeout(timer) }
  },
  every(intervalMs, run) {
    const timer = setInterval(run, intervalMs)
    return { cancel: () => clearInterval(timer) }
  },
}

/** Resolves after the delay, or at once when the signal fires; never rejects. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = clock.after(delayMs, resolve)
  const wake = () => {
    timer.cancel()
    resolve()
  }
  signal?.addEventListener('abort', wake, { once: true })
  return promise.finally(() => signal?.removeEventListener('abort', wake))
}

/** What is waited for, or `late`, as a rejection, when that takes too long. */
export async function inTime<T>(
  awaited: Promise<T>,
  { clock, timeoutMs, late }: { clock: Clock; timeoutMs: number; late: Error },
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = clock.after(timeoutMs, () => reject(late))
  try {
    return await Promise.race([awaited, promise])
  } finally {
    timer.cancel()
  }
}
