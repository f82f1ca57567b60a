/** Work in turns, for tests: all of it in one, or as few steps in each as a test says. */
import { Turns, type TurnsOptions } from '../../shared/turns.ts'

/** Whatever there is to do is done at once. */
export function unlimitedTurns(): Turns {
  return new Turns({ now: () => 0, afterTurn: setImmediate, note() {} })
}

/** Each step takes so long, and whoever wants to know is told how long each turn was. */
export function countedTurns(stepMs: number, note: TurnsOptions['note'] = () => {}): Turns {
  let nowMs = 0
  return new Turns({ now: () => (nowMs += stepMs), afterTurn: setImmediate, note })
}

/** Takes all steps, one after the other. */
export function allOf<T>(steps: Iterator<unknown, T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
