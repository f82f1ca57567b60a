/** Ways to break the fakes on purpose: each has to be found, or the simulation finds nothing. */
export const MUTATIONS = [
  /** Replicas say that they have taken in changes, and have not. */
  'swallow changes',
  /** Commands arrive twice. */
  'repeat commands',
  /** A disk says that it has written, and has not. */
  'forget the disk',
  /** What is on a disk looks later than it is. */
  'date the disk anew',
  /** Doors drop how long something is to last. */
  'lose lifetimes',
  /** Doors drop conditions. */
  'ignore conditions',
  /** Doors say that responses are forgotten, and they are not. */
  'keep responses',
  /** The same of values where memory is short. */
  'keep values',
  /** Doors say that counters are deleted, and they are not. */
  'keep counters',
  /** Doors allow whatever a limit says. */
  'ignore limits',
  /** Doors sometimes say that there is nothing. */
  'deny what is there',
  /** On some hosts time goes by faster. */
  'hurry clocks',
  /** Uplinks do not share what they know. */
  'part the uplinks',
] as const

export type Mutation = (typeof MUTATIONS)[number]
