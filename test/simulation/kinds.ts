/**
 * What kinds of schedules there are.
 *
 * `graceful`: members come and go in good order, and uplink has trouble; nothing may be lost with one copy either.
 * `failures`: no more at once than there are copies to spare, each time until all is whole again.
 * `blackout`: everybody dies at once, and what was acknowledged is on disk.
 * `wild`: anything at any time; only what must never be is judged, and that all agree in the end.
 * `restarts`: all are stopped, in turn or at once, and start again one after the other, while clients go on.
 * `absence`: somebody is away for longer than anything is remembered, and comes back with what it had.
 * `away`: uplink is away and connections fail; everything is read through everybody.
 * `uplinks`: two of them share a store, and either may be in trouble, or the store forget everything.
 */
export const KINDS = [
  'graceful',
  'failures',
  'blackout',
  'wild',
  'restarts',
  'absence',
  'away',
  'uplinks',
] as const

export type Kind = (typeof KINDS)[number]

/** How often each is drawn. */
export const WEIGHTS: Readonly<Record<Kind, number>> = {
  graceful: 3,
  failures: 4,
  blackout: 1,
  wild: 2,
  restarts: 2,
  absence: 1,
  away: 1,
  uplinks: 2,
}

/**
 * Those of which it is known that they hold: drawn wherever nothing else is asked for. What is deleted in one half of a cluster
 * that was cut for longer than deletes are remembered may come back from the other: that is `absence`, sometimes.
 */
export const HELD_KINDS: readonly Kind[] = KINDS.filter((kind) => kind !== 'absence')
