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
const UNTOUCHED = ['OVERLOADED', 'REFUSED', 'DEFERRED', 'WRONG_OWNER', 'NOT_READY', 'REQUEST_TIMEOUT']

export interface Judged {
  readonly repeat: Repeat
  /** Statuses that are answers, unless it is a node that is in trouble: upstream's own. */
  readonly answers?: readonly number[] | undefined
}

export function judge(outcome: Outcome, { repeat, answers = [] }: Judged): Verdict {
  if (outcome.type === 'refused') return 'elsewhere'
  if (outcome.type === 'answered') {
    const { status, body } = outcome
    if (!isPassing(status)) return 'done'
    const code = isObject(body) ? String(body['code']) : ''
    if (UNTOUCHED.includes(code)) return 'later'
    if (answers.includes(status) && code !== 'UNREACHABLE') return 'done'
  }
  return repeat === 'freely' ? 'later' : 'unknown'
}

const PAUSE_MIN_MS = 25
const PAUSE_MAX_MS = 1000

/** Before a try: growing, and anything up to that, so that many who wait do not come all at once. */
export function pauseMs(tries: number, random = Math.random()): number {
  return random * Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** Math.min(tries, 16))
}
