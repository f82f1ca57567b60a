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

/** Carries out the commands of one kind. @throws LarderError as a rejection. */
export type Carrier<C> = (means: Means, asked: Asked<C>) => Promise<Outcome>
