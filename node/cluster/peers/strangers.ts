/**
 * Other members that are not understood here, or do not understand what is said here: the log names each once, with its
 * version, and says when that is over; the metrics count every time. Whoever is a peer has it in its record too
 * (`contact.ts`); others, who have only called, are remembered here.
 */
import type { Log } from '../../../shared/log.ts'
import { Trouble } from '../../../shared/trouble.ts'
import type { ClusterMetrics } from '../metrics.ts'

export interface Stranger {
  readonly id: string
  /** Its life, where that is known. */
  readonly incarnation?: string
  readonly version: string
  /** In which it speaks, as far as is known. */
  readonly formats: readonly number[]
  /** What was not understood. */
  readonly reason: string
  /** It is about a time, and so about the clock of one of the two, or about what a clock once was. */
  readonly isOfClock?: true
}

/** Whoever has the secret may call itself anything: beyond so many the first is forgotten. */
const STRANGERS_MAX = 100

const OF_CLOCK =
  'members do not hear each other, as one speaks of a time that cannot be: set the clocks right, then restart whose clock was wrong'

export interface StrangersOptions {
  readonly log: Log
  readonly metrics: Pick<ClusterMetrics, 'notUnderstood'>
  /** In which this member speaks. */
  readonly formats: readonly number[]
}

export class Strangers {
  readonly #options: StrangersOptions
  readonly #troubles = new Map<string, Trouble>()

  constructor(options: StrangersOptions) {
    this.#options = options
  }

  note(stranger: Stranger): void {
    const { log, metrics, formats } = this.#options
    const { id: peer, version, formats: theirs, reason, isOfClock } = stranger
    metrics.notUnderstood.inc({ peer })
    const trouble =
      this.#troubles.get(keyOf(stranger)) ??
      new Trouble(log, {
        begins: 'a member is not understood: upgrade one of the two',
        ends: 'a member is understood again',
        level: 'error',
      })
    this.#troubles.set(keyOf(stranger), trouble)
    if (isOfClock) trouble.begin({ peer, reason }, { begins: OF_CLOCK, level: 'error' })
    else trouble.begin({ peer, version, formats: theirs, ownFormats: formats, reason })
    const [first] = this.#troubles.keys()
    if (this.#troubles.size > STRANGERS_MAX && first !== undefined) this.#troubles.delete(first)
  }

  /** It is none, or no longer. */
  understood({ id, incarnation }: { readonly id: string; readonly incarnation: string }): void {
    if (this.#troubles.size === 0) return
    for (const key of [id, incarnation]) {
      this.#troubles.get(key)?.end({ peer: id })
      this.#troubles.delete(key)
    }
  }
}

function keyOf({ id, incarnation = id }: Stranger): string {
  return incarnation
}
