/** What takes long to be brought to other holders: nothing else waits for it. */
import type { Change, Entry } from '../entries/entry.ts'

const BYTES_MAX = 2 ** 20
const CHANGES_MAX = 1000

/** Whether a command has changed so much. */
export function isLarge(changes: readonly Change[]): boolean {
  if (changes.length > CHANGES_MAX) return true
  return changes.some(({ entry }) => bytesOf(entry) > BYTES_MAX)
}

function bytesOf(entry: Entry): number {
  if (entry.kind === 'reactions') return entry.bytes
  return entry.kind === 'register' ? (entry.value?.body.length ?? 0) : 0
}
