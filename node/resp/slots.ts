/** What has to be carried out at once has to be in one place. */
import { slotOf } from '../../shared/placement.ts'
import { CROSS_SLOT, ReplyError } from './errors.ts'
import type { Call } from './row.ts'

/** @throws ReplyError where these keys may be on several members. */
export function checkSlots({ execution }: Call, keys: readonly string[]): void {
  if (execution.backend.isOnePlace || new Set(keys.map(slotOf)).size <= 1) return
  throw new ReplyError(CROSS_SLOT)
}
