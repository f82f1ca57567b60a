/** For how long requests for a key may fail under each fault, as `docs/guarantees.md` has it. Pure. */
import { type Fault, KINDS, type Kind } from './schedule.ts'

export interface Setting {
  readonly copies: number
  readonly leaseMs: number
  /** The clients are those of `client/`. */
  readonly isClient?: boolean
}

/** Its keys are served again within this time, where a copy is left. */
const TAKEN_OVER_MS = 1000
/** A request is answered by then, be it with 503. */
const DEADLINE_MS = 2000
/** Until all who were gone are back, once they may be: a start and whatever has to be compared. */
const BACK_MS = 30_000
/** Pauses of the machine that all of it runs on. */
const SLACK_MS = 2000

type Limit = (fault: Fault, setting: Setting) => number

const none: Limit = () => 0
const untilBack: Limit = ({ holdMs }) => holdMs + BACK_MS
const untilTakenOver: Limit = (fault, setting) =>
  setting.copies > 1 ? TAKEN_OVER_MS : untilBack(fault, setting)
const untilOut: Limit = (fault, setting) =>
  setting.copies > 1 ? setting.leaseMs + DEADLINE_MS : untilBack(fault, setting)

const LIMITS: { readonly [kind in Kind]: Limit } = {
  join: none,
  leave: none,
  restart: none,
  clock: none,
  full: none,
  'uplink-down': none,
  'uplink-slow': none,
  'uplink-cut': none,
  kill: untilTakenOver,
  'kill-join': untilTakenOver,
  'kill-leave': untilTakenOver,
  'disk-loss': untilTakenOver,
  stop: untilOut,
  pause: untilBack,
  'restart-all': untilBack,
  'kill-all': untilBack,
  // A half that has no copy of a key refuses what is asked of it.
  partition: ({ holdMs }, { leaseMs }) => holdMs + leaseMs + DEADLINE_MS,
}

/** Faults in which no copy helps, as there is nobody to ask for it. */
const FELT: readonly Kind[] = ['pause', 'restart-all', 'kill-all', 'partition']
/** Faults of which the callers of `client/` notice nothing, where a copy is left: it goes on trying, and finds who has it. */
export const INSISTED: ReadonlySet<Kind> = new Set(KINDS.filter((kind) => !FELT.includes(kind)))

/** In milliseconds; 0 where none may fail. */
export function failMaxMs(fault: Fault, setting: Setting): number {
  const { beside } = fault
  if (setting.isClient && setting.copies > 1 && INSISTED.has(fault.kind)) return 0
  const alone = LIMITS[fault.kind](fault, setting)
  // Without uplink nobody says of a silent member that it is gone.
  const limit = beside === undefined ? alone : alone + beside.holdMs + setting.leaseMs + DEADLINE_MS
  return limit === 0 ? 0 : limit + SLACK_MS
}
