/** What was counted by one name: what it has added and what it has taken away, both of which only grow. */
export interface Tally {
  readonly added: bigint
  readonly taken: bigint
}

/** By name: of an origin, one life of a member; of a void (`voids.ts`); of a fold (`folds.ts`). */
export type Tallies = Readonly<Record<string, Tally>>

const NOTHING: Tally = { added: 0n, taken: 0n }

export function sumOf(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (sum, { added, taken }) => ({ added: sum.added + added, taken: sum.taken + taken }),
    NOTHING,
  )
}

/** Of several states of one tally, the latest. */
export function latestOf(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (latest, { added, taken }) => ({
      added: added > latest.added ? added : latest.added,
      taken: taken > latest.taken ? taken : latest.taken,
    }),
    NOTHING,
  )
}

/** Whether it has come so far. */
export function hasReached({ added, taken }: Tally, state: Tally): boolean {
  return added >= state.added && taken >= state.taken
}

export function balanceOf({ added, taken }: Tally): bigint {
  return added - taken
}
