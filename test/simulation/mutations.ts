/** Ways to break the fakes on purpose: each has to be found, or the simulation finds nothing. */
export const MUTATIONS = [
  /** Replicas say that they have taken in changes, and have not. */
  'swallow changes',
  /** Commands arrive twice. */
  'repeat commands',
  /** A disk says that it has written, and has not. */
  'forget the disk',
] as const

export type Mutation = (typeof MUTATIONS)[number]
