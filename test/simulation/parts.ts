/**
 * What is played besides, in some of the schedules for which it is switched on.
 *
 * `ttl`: values and presences that end by themselves.
 * `conditions`: locks and chains, which are written under conditions.
 * `turns`: a value and a counter in turn under one key.
 * `limits`: limits that all take from.
 * `responses`: cached responses that are stored, and forgotten.
 * `purges`: cached responses that are forgotten by tag, and that their owners let go now and then without a word.
 * `full`: so little memory that what can be had again has to go. What has gone is missing, and never older than it was.
 * `clocks`: wall clocks that are hours apart. What is steady goes at the same pace everywhere.
 */
export const PARTS = [
  'ttl',
  'conditions',
  'responses',
  'full',
  'clocks',
  'turns',
  'limits',
  'purges',
] as const

export type Part = (typeof PARTS)[number]

/**
 * Those of which it is known that they hold: played wherever nothing else is asked for. With `full`, what a full owner has
 * evicted may be back, older, from a half of the cluster that it knew nothing of: rarely.
 */
export const HELD_PARTS: readonly Part[] = PARTS.filter((part) => part !== 'full')
