/**
 * Entries that another member does not take though it answers: they hold back nothing else, the log names each once, and this
 * copy keeps them as what only it may have, until they are taken. They are tried again, at growing intervals.
 */
import type { Clock } from '../../../shared/clock.ts'
import type { Log } from '../../../shared/log.ts'
import type { Member } from '../../../shared/view.ts'
import type { SlotEntry } from '../../entries/entry.ts'
import { verbsOf } from '../../entries/kinds.ts'
import type { ClusterMetrics } from '../metrics.ts'
import type { Standings } from './standings.ts'

const RETRY_MIN_MS = 1000
const RETRY_MAX_MS = 300_000
/** The log names no more of a member. */
const NAMED_MAX = 1000

export interface SetAsideOptions {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Pick<ClusterMetrics, 'asideEntries'>
  readonly standings: Pick<Standings, 'claim'>
}

/** Of one slot, for one member. */
interface Kept {
  readonly ids: Set<string>
  pauseMs: number
  triedAtMs: number
}

export class SetAside {
  readonly #options: SetAsideOptions
  /** By the life of a member, and the slot. */
  readonly #kept = new Map<string, Map<number, Kept>>()
  readonly #named = new Map<string, Set<string>>()

  constructor(options: SetAsideOptions) {
    this.#options = options
  }

  /** The member has not taken it. */
  add(member: Member, { slot, id, entry }: SlotEntry, reason: string): void {
    const { id: peer, incarnation } = member
    const { clock, log, standings } = this.#options
    void standings.claim(slot, verbsOf(entry).claim(entry))
    const slots = this.#kept.get(incarnation) ?? new Map<number, Kept>()
    const kept = slots.get(slot) ?? { ids: new Set(), pauseMs: RETRY_MIN_MS, triedAtMs: 0 }
    this.#kept.set(incarnation, slots.set(slot, kept))
    if (kept.ids.has(id)) kept.pauseMs = Math.min(2 * kept.pauseMs, RETRY_MAX_MS)
    kept.ids.add(id)
    kept.triedAtMs = clock.now()
    this.#count(member)
    const named = this.#named.get(incarnation) ?? new Set()
    this.#named.set(incarnation, named)
    if (named.has(id) || named.size >= NAMED_MAX) return
    named.add(id)
    // The first letter of an id is its family, and what follows is its key.
    log.error({ peer, slot, entry: id, reason }, 'an entry is set aside: another member does not take it')
  }

  /** The member has taken these. */
  taken(member: Member, entries: readonly SlotEntry[]): void {
    const { incarnation } = member
    const slots = this.#kept.get(incarnation)
    if (slots === undefined) return
    for (const { slot, id } of entries) {
      const kept = slots.get(slot)
      kept?.ids.delete(id)
      if (kept?.ids.size === 0) slots.delete(slot)
    }
    if (slots.size === 0) this.#kept.delete(incarnation)
    this.#count(member)
  }

  /** Whether something of the slot is set aside for that life of a member. */
  has(slot: number, incarnation: string): boolean {
    return this.#kept.get(incarnation)?.has(slot) === true
  }

  /** The same, and it is not time to try it again. */
  isResting(slot: number, incarnation: string): boolean {
    const kept = this.#kept.get(incarnation)?.get(slot)
    return kept !== undefined && this.#options.clock.now() < kept.triedAtMs + kept.pauseMs
  }

  /** Forgets what was for members that are gone. */
  retain(members: readonly Member[]): void {
    if (this.#named.size === 0) return
    const there = new Set(members.map(({ incarnation }) => incarnation))
    for (const incarnation of this.#named.keys()) {
      if (there.has(incarnation)) continue
      this.#kept.delete(incarnation)
      this.#named.delete(incarnation)
    }
    this.#options.metrics.asideEntries.reset()
    for (const member of members) if (this.#kept.has(member.incarnation)) this.#count(member)
  }

  #count({ id, incarnation }: Member): void {
    const slots = this.#kept.get(incarnation)?.values() ?? []
    const count = [...slots].reduce((sum, { ids }) => sum + ids.size, 0)
    this.#options.metrics.asideEntries.set({ peer: id }, count)
  }
}
