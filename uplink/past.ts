/**
 * Who held the slots last, and whether they are waited for. Pure.
 *
 * Members tell the latest view by which they had all that they were to hold, while they run and, from their disks,
 * when they start again. The latest of these is the last view. Who has been a member since then carries on what was
 * held, and whoever joins gets it from there. When nobody is left who does, all were stopped: the last view is
 * shown to those who come, so that they wait for whom they need, until all of its members are back or given up.
 *
 *     carried on ── nobody is left who was there then ──▶ awaited, with an epoch of its own
 *          ▲                                                 │
 *          └── all are back or gone, or a member of that ────┘
 *              time lives, or a later view is told
 */
import { z } from 'zod'
import { LastView, type Member, type Renewal } from '../shared/view.ts'

export const Past = z.object({
  last: LastView,
  isAwaited: z.boolean(),
  /** Awaited: since this epoch. Carried on: by those who have been members since then, or before. */
  asOf: z.int().min(0),
})
export type Past = Readonly<z.infer<typeof Past>>

/** What of a registry is looked at here. */
interface Remembering {
  readonly epoch: number
  readonly members: readonly Member[]
  readonly past?: Past | undefined
  readonly gone?: string[] | undefined
  readonly forked?: number | undefined
}

/**
 * How far an epoch that was forgotten is left behind, as a running member tells it: it may itself have been some
 * epochs behind the others, and none of them may know another view by the number that the next one gets.
 */
export const LEAP = 100
/** How far, as a disk tells it: that may have been put away for long. */
const LEAP_OF_DISKS = 10_000
const GONE_MAX = 1000

/** Takes in a last view that somebody tells. One that is no later than what is known is passed over. */
export function hear<R extends Remembering>(registry: R, told: LastView): R {
  const { past, epoch: now } = registry
  if (past !== undefined && told.epoch <= past.last.epoch) return registry
  const isForgotten = told.epoch > now
  const isOfThisRun = past?.isAwaited ? told.epoch >= past.asOf : isCarriedBySome(registry, told)
  if (isOfThisRun && !isForgotten) {
    const epoch = past?.isAwaited ? now + 1 : now
    return { ...registry, epoch, past: { last: told, isAwaited: false, asOf: told.epoch } }
  }
  const epoch = Math.max(told.epoch, now) + (past?.isAwaited && !isForgotten ? 1 : LEAP_OF_DISKS)
  const asOf = past?.isAwaited && !isForgotten ? past.asOf : epoch
  const members = isForgotten ? joinedAnew(registry, epoch) : registry.members
  const heard = { ...registry, epoch, members, ...(members.length > 0 && { forked: epoch }) }
  return reckon({ ...heard, past: { last: told, isAwaited: true, asOf } })
}

/** The last view, where it is to be told to a member that has not all yet: those who have all know it by themselves. */
export function lastFor(
  { past, members }: Remembering,
  { incarnation, last, lacking }: Pick<Renewal, 'incarnation' | 'last' | 'lacking'>,
): LastView | undefined {
  // While they are awaited it is in the view.
  if (past === undefined || past.isAwaited || (last?.epoch ?? 0) >= past.last.epoch) return undefined
  const isNew = members.every((member) => member.incarnation !== incarnation)
  return isNew || lacking ? past.last : undefined
}

/**
 * Notes that a member from before a fork is there, and so is back, as it has seen that epoch. Until then it may be a record of the
 * dead.
 */
export function seesFork<R extends Remembering>(
  registry: R,
  life: Pick<Member, 'id' | 'incarnation'>,
  seen: number,
): R {
  const { forked = Infinity, members } = registry
  if (seen < forked) return registry
  const isIt = ({ id, incarnation, since = 0 }: Member) =>
    id === life.id && incarnation === life.incarnation && since < forked
  if (!members.some(isIt)) return registry
  const known = members.map((member) => (isIt(member) ? { ...member, since: forked } : member))
  return reckon({ ...registry, epoch: registry.epoch + 1, members: known })
}

/** Whether anybody is left who was a member by that view. */
function isCarriedBySome({ members }: Remembering, told: LastView): boolean {
  return members.some(({ id, since = 0 }) => since <= told.epoch && told.members.includes(id))
}

/** Whoever has come back already while others were awaited has done so by numbers that the former run had too. */
function joinedAnew({ members, past }: Remembering, epoch: number): readonly Member[] {
  if (!past?.isAwaited) return members
  return members.map((member) => ((member.since ?? 0) >= past.asOf ? { ...member, since: epoch } : member))
}

/** What follows for the last view when the members are others than before, in the epoch that they got for it. */
export function reckon<R extends Remembering>(registry: R): R {
  const { past, epoch } = registry
  if (past === undefined || (!past.isAwaited && isCarried(registry, past.asOf))) return registry
  const isAwaited = missing(past.last, registry).length > 0
  if (isAwaited && past.isAwaited) return registry
  return { ...registry, past: { ...past, isAwaited, asOf: epoch } }
}

/** Notes that nobody need wait for this member; nothing while it is there. */
export function giveUp<R extends Remembering>(registry: R, id: string): R {
  const { epoch, members, gone = [] } = registry
  if (gone.includes(id) || members.some((member) => member.id === id)) return registry
  return reckon({ ...registry, epoch: epoch + 1, gone: [...gone, id].slice(-GONE_MAX) })
}

/** Whether a life that is no member comes from the run that is awaited: then that run goes on, and ends the waiting. */
export function isAwaitedRun({ past }: Remembering, epoch: number): boolean {
  return past?.isAwaited === true && epoch >= past.last.epoch && epoch < past.asOf
}

/** Who of the last view is neither back nor given up. A life from before is not back: it may be a record of the dead. */
export function missing(
  last: LastView,
  { members, gone = [] }: Pick<Remembering, 'members' | 'gone'>,
): string[] {
  const back = members.filter(({ since = 0 }) => since > last.epoch).map(({ id }) => id)
  const known = new Set([...back, ...gone])
  return last.members.filter((id) => !known.has(id))
}

function isCarried({ members }: Remembering, asOf: number): boolean {
  return members.some(({ since = 0 }) => since <= asOf)
}
