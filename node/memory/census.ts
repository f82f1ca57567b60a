/** How much of each kind is held, and what became of it. */
import { type Entry, isEvictable, isResponse, isTombstone } from '../entries/entry.ts'

export const KINDS = ['values', 'responses', 'counters', 'contents', 'records', 'tombstones'] as const
export type Kind = (typeof KINDS)[number]

export interface Census extends Record<Kind, number> {
  bytes: number
  evictions: number
  expirations: number
}

export function emptyCensus(): Census {
  return {
    values: 0,
    responses: 0,
    counters: 0,
    contents: 0,
    records: 0,
    tombstones: 0,
    bytes: 0,
    evictions: 0,
    expirations: 0,
  }
}

export function kindOf({ id, entry }: { id: string; entry: Entry }): Kind {
  if (isTombstone(entry)) return 'tombstones'
  if (isResponse(id)) return 'responses'
  if (entry.kind === 'register') return isEvictable(id) ? 'values' : 'records'
  return entry.kind === 'counter' ? 'counters' : 'contents'
}
