/** What the time asks for of an entry that is due: what has ended in it, and for how long that is remembered. */
import { type Entry, isTombstone, remainsOf } from '../entries/entry.ts'
import { verbsOf } from '../entries/kinds.ts'
import type { Presence } from '../entries/presence.ts'
import { type Held, TOMBSTONE_GRACE_MS } from './held.ts'

export interface TendingOptions {
  readonly nowMs: number
  /** At most so much at once. */
  readonly most: number
  /** What is gone is remembered for longer: an older copy may come back that this one does not measure. */
  readonly isKept: boolean
}

export interface Tended {
  /** What is left of it. */
  readonly remains: Entry | undefined
  /** How much has ended. */
  readonly ended: number
  /** Who, of many. */
  readonly gone: readonly Presence[]
  readonly forgotten: readonly Presence[]
}

export function tend({ id, entry }: Held, { nowMs, most, isKept }: TendingOptions): Tended {
  const oldestMs = nowMs - TOMBSTONE_GRACE_MS
  const crowd = verbsOf(entry).crowd(entry)
  if (crowd === undefined) {
    const remains = remainsOf(id, entry, { nowMs, oldestMs, isKept })
    const hasEnded = remains !== undefined && !isTombstone(entry) && isTombstone(remains)
    return { remains, ended: Number(hasEnded), gone: [], forgotten: [] }
  }
  const gone: Presence[] = []
  const ended = crowd.settle(nowMs, most, (presence) => gone.push(presence))
  const forgotten = crowd.forget(oldestMs, most)
  if (isKept) for (const presence of forgotten) crowd.put({ ...presence, endsAtMs: nowMs })
  return { remains: crowd.isEmpty ? undefined : entry, ended, gone, forgotten: isKept ? [] : forgotten }
}
