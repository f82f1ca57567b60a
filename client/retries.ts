/** When a call is tried again. Pure. */
import { isObject, isPassing } from './errors.ts'
import type { Outcome } from './exchange.ts'

/**
 * `freely`: it may be carried out twice, which changes nothing. `once`: it must not, so that it is tried again only
 * where it is known not to have been carried out.
 */
export type Repeat = 'freely' | 'once'

/**
 * `done`: what came is the answer. `elsewhere`: at once, at another node. `later`: after a pause. `unknown`: nobody can say
 * whether it was carried out.
 */
export type Verdict = 'done' | 'elsewhere' | 'later' | 'unknown'

/** Refusals before anything is done. */
const UNTOUCHED = ['OVERLOADED', 'REFUSED', 'DEFERRED', 'WRONG_OWNER', 'NOT_READY']

export function judge(outcome: Outcome, repeat: Repeat): Verdict {
  if (outcome.type === 'refused') return 'elsewhere'
  if (outcome.type === 'answered') {
    if (!isPassing(outcome.status)) return 'done'
    if (isObject(outcome.body) && UNTOUCHED.includes(String(outcome.body['code']))) return 'later'
  }
  return repeat === 'freely' ? 'later' : 'unknown'
}

const PAUSE_MIN_MS = 25
const PAUSE_MAX_MS = 1000

/** Before a try: growing, and anything up to that, so that many who wait do not come all at once. */
export function pauseMs(tries: number, random = Math.random()): number {
  return random * Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** Math.min(tries, 16))
}
