/** Looks again and again for what has ended, a part a turn, so that requests are answered in between. */
import type { Clock, Timer } from '../../shared/clock.ts'
import type { Memory } from './memory.ts'

const SWEEP_INTERVAL_MS = 500

export function startSweeping(memory: Memory, clock: Clock): Timer {
  let isOver = false
  const sweep = () => {
    if (!isOver && memory.sweep(clock.wall())) setImmediate(sweep)
  }
  const timer = clock.every(SWEEP_INTERVAL_MS, sweep)
  return {
    cancel() {
      isOver = true
      timer.cancel()
    },
  }
}
