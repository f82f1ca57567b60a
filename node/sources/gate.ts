/**
 * One fetch over all nodes that share a store: who comes first fetches, the others wait for what that brings. Who has waited for
 * long, or comes after a fetch that was not for all, fetches for himself, side by side with others.
 */
import { type Clock, pause } from '../../shared/clock.ts'
import type { Flight, Landing } from './flights.ts'
import type { Wanted } from './stored.ts'

export interface Pass {
  /** Another node is fetching it. */
  readonly isBusy: boolean
  /** What was said last against anything that may be brought. */
  readonly fence: string
  /** To be called once it has landed. */
  leave(isStored: boolean): Promise<void>
}

export interface Gate {
  enter(asked: Wanted, time: { readonly leaseMs: number; readonly deadlineAtMs: number }): Promise<Pass>
}

export interface Passing {
  readonly gate: Gate
  readonly clock: Clock
  /** As long as upstream may take. */
  readonly leaseMs: number
  readonly deadlineAtMs: number
  load(): Promise<Landing>
  look(): Promise<Landing | undefined>
}

const LOOK_MS = 50
/** For what is done besides asking upstream. */
const LEASE_MORE_MS = 500
/** Of the time that a caller has, what others' fetches may take of it. */
const WAIT_PART = 1 / 2

export async function throughGate(flight: Flight, passing: Passing): Promise<Landing> {
  const { gate, clock, deadlineAtMs, load, look } = passing
  const leaseMs = passing.leaseMs + LEASE_MORE_MS
  const waitMs = Math.min(leaseMs, (deadlineAtMs - clock.now()) * WAIT_PART)
  const waitedAtMs = clock.now() + waitMs
  for (;;) {
    const pass = await gate.enter(flight.asked, { leaseMs, deadlineAtMs })
    if (pass.isBusy && clock.now() < waitedAtMs) {
      await pause(clock, LOOK_MS)
      const landing = await look()
      if (landing !== undefined) return landing
      continue
    }
    flight.fence = pass.fence
    let isStored = false
    try {
      const landing = await load()
      isStored = landing.isStored
      return landing
    } finally {
      // It ends by itself, too.
      await pass.leave(isStored).catch(() => {})
    }
  }
}
