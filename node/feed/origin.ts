/** Where changes come from: some who tell, each of what is its own, and what there is as of now. */
import type { Eventual } from '../../shared/eventual.ts'
import type { FeedAnswer, FeedQuestion, Interest, Told } from '../../shared/watching.ts'

/** One life of one who tells. */
export interface Teller {
  readonly incarnation: string
}

export type Ask<T> = (teller: T, question: FeedQuestion, timeoutMs: number) => Promise<FeedAnswer>

export interface Origin<T extends Teller> {
  /** Whether somebody can be told anything now. */
  readonly isReady: boolean
  /** Those who tell. */
  readonly tellers: readonly T[]
  readonly ask: Ask<T>
  /** What there is, some at a time. @throws LarderError where a part of it cannot be had. */
  snapshotOf(interest: Interest): AsyncIterable<readonly Told[]>
  /** Somebody watches: is over once it is known who tells, or nobody says so. */
  open(): Eventual<void>
  /** Nobody watches any more. */
  close(): void
}
