/**
 * How far the wall clock of another member is from that of this one: it tells the time with each answer, which it gave
 * between question and answer. Only stamps depend on it, and what halves or files make of each other; so it costs nobody
 * anything, but somebody should set it right.
 */
import type { Log } from '../../../shared/log.ts'
import { Trouble } from '../../../shared/trouble.ts'
import type { Contact } from './contact.ts'

/** What takes longer to answer says too little of when it was said. */
const ROUND_MAX_MS = 500
/** Clocks that are kept in step differ by far less. */
const SKEWED_MS = 1000
/** In step again, and not just less than so far out of it. */
const IN_STEP_MS = SKEWED_MS / 2

export interface Round {
  /** By the wall clock here, when it was asked. */
  readonly askedWallMs: number
  /** How long it took, by the steady clock. */
  readonly tookMs: number
  /** By the wall clock there, when it answered. */
  readonly answeredWallMs: number
}

export class PeerClock {
  readonly #id: string
  readonly #contact: Pick<Contact, 'aheadMs'>
  readonly #skewed: Trouble

  constructor(id: string, contact: Pick<Contact, 'aheadMs'>, log: Log) {
    this.#id = id
    this.#contact = contact
    this.#skewed = new Trouble(log, {
      begins: 'the clocks of two members differ by more than a second: keep them in step',
      ends: 'the clocks of two members are in step again',
    })
  }

  note({ askedWallMs, tookMs, answeredWallMs }: Round): void {
    if (tookMs > ROUND_MAX_MS) return
    const errorMs = tookMs / 2
    const aheadMs = answeredWallMs - (askedWallMs + errorMs)
    this.#contact.aheadMs = aheadMs
    const fields = { peer: this.#id, aheadSeconds: Math.round(aheadMs) / 1000 }
    if (Math.abs(aheadMs) - errorMs > SKEWED_MS) this.#skewed.begin(fields)
    else if (Math.abs(aheadMs) + errorMs < IN_STEP_MS) this.#skewed.end(fields)
  }
}
