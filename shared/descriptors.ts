/**
 * What the process may have open at once, and how that is divided: who connects from outside must not take what members need
 * to hear each other, nor the disk and the APIs that are called.
 */

import { readFileSync } from 'node:fs'

/** Files, threads and pipes of a node that serves nobody, with some to spare; 33 were counted (Node 26, Linux). */
const OWN = 44
const CLIENTS_MAX = 10_000
const KEPT_MAX = 4000

export interface Descriptors {
  /** Connections of clients. */
  readonly clients: number
  /** Connections that are kept, besides, for members, uplink and probes. */
  readonly kept: number
  /** Connections that are opened from here. */
  readonly outgoing: number
}

/** Half of what is left is for clients; members and what is called share the rest. At least one of each, however little that is. */
export function divide(descriptorsMax: number): Descriptors {
  const quarter = Math.max(1, Math.floor((descriptorsMax - OWN) / 4))
  return {
    clients: Math.min(CLIENTS_MAX, 2 * quarter),
    kept: Math.min(KEPT_MAX, quarter),
    outgoing: quarter,
  }
}

/** How many the system grants to this process, where it says so (the soft limit of RLIMIT_NOFILE). */
export function descriptorsMax(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Infinity)
  } catch {
    return Infinity // It is not Linux.
  }
}
