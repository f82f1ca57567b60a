/**
 * It has come out that there was a cluster before the one that this member is in: disks tell of it, and uplink had forgotten it.
 *
 * None of the copies that are held by then has all there is, nor have those on the disks: the slots arrive anew, those who
 * held them before are waited for, and what all of them have is merged.
 */
import type { Member } from '../../../shared/view.ts'
import type { PlacedView } from '../members/members.ts'

/** In which epoch since the former view it has; `undefined` where it has not, or for whoever was no member by that. */
export function forkOf(placed: PlacedView, former: PlacedView | undefined, self: Member): number | undefined {
  const { forked } = placed.view
  const wasMember = former?.find(self) !== undefined
  return wasMember && forked !== undefined && forked > former.epoch ? forked : undefined
}

/**
 * As of which view a copy of then had all. One as of the view before would still count as the latest (`isLatest`), and the slot would
 * go on with it without asking those who have come with their disks.
 */
export function asOfFork(forked: number): number {
  return forked - 2
}
