/** What can be asked of counters and limits, and what is answered (`command.ts`). */
import type { Sole } from './reaction-command.ts'

export type CountingCommand =
  /**
   * Adds to a counter, which starts at 0, or at the value that the key has; `by` is a decimal integer. `ttlMs` is for how long
   * it counts where this begins it. A total that would be beyond `min` or `max`, decimal integers, is none. The same
   * `idempotencyKey` again, within ten minutes, gives the first total and adds nothing.
   */
  | ({
      readonly type: 'counter.add'
      readonly key: string
      readonly by: string
      readonly ttlMs?: number
      readonly min?: string
      readonly max?: string
      readonly idempotencyKey?: string
    } & Sole)
  /** Sets a total, in place of whatever was there; `value` is a decimal integer, and `ttlMs` ends it by itself. */
  | { readonly type: 'counter.set'; readonly key: string; readonly value: string; readonly ttlMs?: number }
  /** Reads a counter. */
  | { readonly type: 'counter.get'; readonly key: string }
  /** Forgets a counter. */
  | { readonly type: 'counter.delete'; readonly key: string }
  /** Takes `cost` from a bucket of `limit` that refills evenly over `windowMs`, if there is so much; 0 only asks. */
  | {
      readonly type: 'limit.take'
      readonly key: string
      readonly limit: number
      readonly windowMs: number
      readonly cost: number
    }
  /** The bucket is full again. */
  | { readonly type: 'limit.delete'; readonly key: string }

export type CountingOutcome =
  /** Of a counter; `ttlMs` is how long it has left, where it ends by itself. */
  | { readonly type: 'total'; readonly value: string; readonly ttlMs?: number }
  /** Nothing was added, as that would have left the bounds: the total as it stays. */
  | { readonly type: 'outOfBounds'; readonly value: string; readonly ttlMs?: number }
  /** What is left of a limit, and when it is full; where nothing was taken, `retryMs` is when there will be enough. */
  | {
      readonly type: 'limit'
      readonly isAllowed: boolean
      readonly remaining: number
      readonly fullMs: number
      readonly retryMs?: number
    }
