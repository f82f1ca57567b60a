/**
 * Something that goes wrong for a while: the log tells when it begins and when it is over, and nothing in between, which
 * is for the metrics to count.
 */
import type { Log } from './log.ts'

export interface TroubleTexts {
  /** What the log says when it begins. */
  readonly begins: string
  readonly ends: string
  /** How the beginning is told; the end is always `info`. */
  readonly level?: 'info' | 'warn' | 'error'
}

export class Trouble {
  readonly #log: Log
  readonly #texts: TroubleTexts
  #isOn = false

  constructor(log: Log, texts: TroubleTexts) {
    this.#log = log
    this.#texts = texts
  }

  get isOn(): boolean {
    return this.#isOn
  }

  /** It goes wrong, now or still. In other words than its usual ones where it has a lighter meaning this time. */
  begin(fields: object = {}, { begins, level = 'warn' }: Omit<TroubleTexts, 'ends'> = this.#texts): void {
    if (!this.#isOn) this.#log[level](fields, begins)
    this.#isOn = true
  }

  /** It goes well, again or still. */
  end(fields: object = {}): void {
    if (this.#isOn) this.#log.info(fields, this.#texts.ends)
    this.#isOn = false
  }
}
