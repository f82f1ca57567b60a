/** An old copy of a slot that becomes a mirror, for tests of that alone; and entries of each kind to put into it. */
import { Mirroring } from '../../node/cluster/slots/mirroring.ts'
import { Standings } from '../../node/cluster/slots/standings.ts'
import type { Claim } from '../../node/entries/claim.ts'
import type { Change, EntryChange } from '../../node/entries/entry.ts'
import { Reactions } from '../../node/entries/reactions.ts'
import { Memory } from '../../node/memory/memory.ts'
import { FakeClock } from './clock.ts'
import { forgetful } from './slot-shelf.ts'
import { unlimitedTurns } from './turns.ts'
import { self } from './views.ts'

export const SLOT = 7
/** Names the mirror. */
export const MIRROR = 'b-1 1'

/** A member with these in its copy, to which b tells what it has. */
export class MirroringBench {
  readonly clock = new FakeClock()
  readonly standings = new Standings(forgetful)
  readonly forgotten: string[] = []
  readonly memory = new Memory(Infinity, {
    forget: ({ id, presence }) =>
      void this.forgotten.push(presence === undefined ? id : `${id} ${presence.user}`),
  })
  readonly noted: Change[] = []
  readonly mirroring: Mirroring

  constructor(stale: readonly EntryChange[], claim?: Claim, turns = unlimitedTurns()) {
    this.mirroring = new Mirroring({
      self,
      turns,
      store: this.memory.slots,
      standings: this.standings,
      memory: this.memory,
      keeper: { note: (change) => void this.noted.push(change) },
    })
    for (const { id, entry } of stale) this.memory.merge(SLOT, id, entry)
    if (claim !== undefined) this.standings.claim(SLOT, claim)
    this.mirroring.begin(SLOT, MIRROR)
  }

  tell(...told: readonly EntryChange[]): boolean[] {
    return told.map((one) => this.mirroring.tell({ slot: SLOT, ...one }, MIRROR))
  }

  /** From elsewhere. */
  arrive(...late: readonly EntryChange[]): void {
    for (const one of late) {
      this.mirroring.note({ slot: SLOT, ...one })
      this.memory.takeIn({ slot: SLOT, ...one }, 0, () => {})
    }
  }

  end(): Promise<boolean> {
    return this.mirroring.end(SLOT, MIRROR)
  }

  get digest(): string {
    return this.memory.slots.digestOf(SLOT)
  }
}

export function value(key: string, time: number, body?: string): EntryChange {
  const kept = body === undefined ? {} : { value: { contentType: 't', body } }
  return {
    id: `v${key}`,
    entry: { kind: 'register', stamp: { time, origin: 'x' }, ...kept, endsAtMs: Infinity },
  }
}

export function count(key: string, tallies: Readonly<Record<string, number>>, resetAt?: number): EntryChange {
  const all = Object.entries(tallies).map(([origin, added]) => [origin, { added: BigInt(added), taken: 0n }])
  const reset = resetAt === undefined ? {} : { reset: { time: resetAt, origin: 'x', atMs: resetAt } }
  return { id: `c${key}`, entry: { kind: 'counter', ...reset, tallies: Object.fromEntries(all) } }
}

export function react(content: string, users: Readonly<Record<string, number>>, isGone = false): EntryChange {
  const presences = Object.entries(users).map(([user, time]) => ({
    reaction: 'fire',
    user,
    time,
    endsAtMs: Infinity,
    isGone,
  }))
  return { id: `r${content}`, entry: Reactions.ofAll(presences) }
}

export function digestOf(...all: readonly EntryChange[]): string {
  const memory = new Memory(Infinity)
  for (const { id, entry } of all) memory.merge(SLOT, id, entry)
  return memory.slots.digestOf(SLOT)
}
