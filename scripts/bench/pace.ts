/** When requests are due. A pace is asked whenever a connection is free, and is for one run. */
export interface Pace {
  /** When the next request was due, if that is now or was before; it counts as sent. */
  next(nowMs: number): number | undefined
  /** Whether all requests have been sent. */
  isOver(nowMs: number): boolean
  /** Whether requests become due while no answer comes. */
  readonly isOpen: boolean
}

/** A closed loop: as soon as a connection has its answer it asks again, until the time is over. */
export function untilOver(endMs: number): Pace {
  return {
    next: (nowMs) => (nowMs < endMs ? nowMs : undefined),
    isOver: (nowMs) => nowMs >= endMs,
    isOpen: false,
  }
}

/** A closed loop of so many requests. */
export function inAll(count: number): Pace {
  let sent = 0
  return { next: (nowMs) => (sent++ < count ? nowMs : undefined), isOver: () => sent >= count, isOpen: false }
}

/** An open loop: requests come when they come, whether or not those before them have been answered. */
export function onSchedule(startMs: number, schedule: { perSecond: number; seconds: number }): Pace {
  const { perSecond, seconds } = schedule
  const count = Math.floor(perSecond * seconds)
  let sent = 0
  return {
    next(nowMs) {
      const dueMs = startMs + (sent * 1000) / perSecond
      if (sent >= count || dueMs > nowMs) return undefined
      sent++
      return dueMs
    },
    isOver: () => sent >= count,
    isOpen: true,
  }
}
