/** What carrying out a command takes: the way to the engine, and what tells one write from all others. */
import type { Outcome } from '../../shared/command.ts'
import type { Connection } from './connection.ts'

export interface Means {
  readonly connection: Connection
  /** Like no other that any node ever gives. */
  origin(): string
}

export interface Asked<C> {
  readonly command: C
  readonly slot: number
  readonly deadlineAtMs: number
}

/** So many commands are sent together for one caller: others come in between, and have room. */
const TOGETHER_MAX = 500

/** Does it with each, some at a time. @throws what the first of those that failed together has thrown, once none is under way. */
export async function withEach<T>(items: readonly T[], use: (item: T) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < items.length; from += TOGETHER_MAX) {
    const done = await Promise.allSettled(items.slice(from, from + TOGETHER_MAX).map(use))
    for (const one of done) if (one.status === 'rejected') throw one.reason
  }
}

/**
 * Carries out the commands of one kind. What changes something is sent in the turn in which it is asked: what was asked of a
 * key first is carried out first. @throws LarderError as a rejection.
 */
export type Carrier<C> = (means: Means, asked: Asked<C>) => Promise<Outcome>
