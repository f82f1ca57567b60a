/** Waits for what nobody announces: asks again and again, and gives up in time to say what it saw last. */
import { pause, systemClock } from '../../shared/clock.ts'

const PATIENCE_MS = 10_000
const BETWEEN_MS = 10

export async function until<T>(
  ask: () => Promise<T>,
  isDone: (answer: T) => boolean,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const givesUpAtMs = systemClock.now() + patienceMs
  for (;;) {
    const answer = await ask()
    if (isDone(answer)) return answer
    if (systemClock.now() > givesUpAtMs) throw new Error(`still ${JSON.stringify(answer)}`)
    await pause(systemClock, BETWEEN_MS)
  }
}
