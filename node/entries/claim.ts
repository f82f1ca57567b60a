/** What a copy may know that no other does. */

/** It was written while no other could be told: since a time, in stamps, and of what is counted, by these lives. */
export interface Claim {
  readonly sinceTime: number
  readonly lives: readonly string[]
}

/** Whether one claims all that the other does. */
export function covers(one: Claim, { sinceTime, lives }: Claim): boolean {
  return one.sinceTime <= sinceTime && lives.every((life) => one.lives.includes(life))
}

/** The least that claims what either does. */
export function joinClaims(one: Claim, other: Claim): Claim {
  const lives = [...new Set([...one.lives, ...other.lives])]
  return { sinceTime: Math.min(one.sinceTime, other.sinceTime), lives }
}
