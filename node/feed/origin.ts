/** Where changes come from: some who tell, each of what is its own, and what there is as of now. */
import type { Eventual } from '../../shared/eventual.ts'
import type { FeedAnswer, FeedQuestion, Interest, Told } from '../../shared/watching.ts'

/** One life of one who tells. */
export interface Teller {
  readonly incarnation: string
}

export type Ask<T> = (teller: T, question: FeedQuestion, timeoutMs: number) => Promise<FeedAnswer>

/** Some of what there is. */
export interface Part {
  readonly told: readonly Told[]
  /** Whether this is in a part that is still to come, and will be told as it is by then; where that is not known it is not. */
  isToCome(told: Told): boolean
}

export interface Origin<T extends Teller> {
  /** Whether somebody can be told anything now. */
  readonly isReady: boolean
  /** Those who tell. */
  readonly tellers: readonly T[]
  readonly ask: Ask<T>
  /** What there is, some at a time. @throws LarderError where a part of it cannot be had. */
  snapshotOf(interest: Interest): AsyncIterable<Part>
  /** Somebody watches: is over once it is known who tells, or nobody says so. */
  open(): Eventual<void>
  /** Nobody watches any more. */
  close(): void
}
