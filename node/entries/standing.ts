/** What a copy of a slot is worth beside others, also after it was away. */
import type { Claim } from './claim.ts'

/** What happened between these views, in their order, those who have gone on with the slot do not know. */
export interface Lapse {
  readonly from: number
  readonly to: number
}

export interface Standing {
  readonly slot: number
  /** The last view by which it had all that was acknowledged; 0 for none, `Infinity` for the one in force. */
  readonly asOf: number
  /** In their order. */
  readonly lapses: readonly Lapse[]
  /** What no other copy may have. */
  readonly alone?: Claim | undefined
}

/** More are taken together, the oldest first: then less is measured. */
const LAPSES_MAX = 8

/** All of these. */
export function joinLapses(one: readonly Lapse[], other: readonly Lapse[]): readonly Lapse[] {
  const all = [...new Map([...one, ...other].map((lapse) => [nameOf(lapse), lapse])).values()]
  all.sort((a, b) => a.to - b.to || a.from - b.from)
  const oldest = all.splice(0, all.length - LAPSES_MAX + 1)
  const from = oldest.reduce((least, lapse) => Math.min(least, lapse.from), Infinity)
  const last = oldest.at(-1)
  return last === undefined ? all : [{ from, to: last.to }, ...all]
}

function nameOf({ from, to }: Lapse): string {
  return `${from} ${to}`
}

/** Whether those who have gone on know all that a copy had, which had all by this view. */
export function isMeasured(asOf: number, lapses: readonly Lapse[]): boolean {
  return lapses.every(({ from, to }) => asOf >= to || (asOf <= from && from > 0))
}
