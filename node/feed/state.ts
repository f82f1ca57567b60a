/** What is told of what stands under a key, or of who reacts to a content: as it is by now. */

import type { PageEnd } from '../../shared/reaction-command.ts'
import type { There, Told } from '../../shared/watching.ts'
import { isCounting } from '../entries/counter.ts'
import { type Either, isEither, standingOf } from '../entries/either.ts'
import type { Entry } from '../entries/entry.ts'
import { idOf, timesOf } from '../entries/entry.ts'
import { BASE } from '../entries/folds.ts'
import type { Presence } from '../entries/presence.ts'
import type { Reactions } from '../entries/reactions.ts'
import { valueUnder } from '../entries/turning.ts'
import type { About } from './ring.ts'

/** Nothing of other families is told. */
const KEYS = idOf.key('').charCodeAt(0)
const CONTENTS = idOf.reactions('').charCodeAt(0)

export function isWatchable(id: string): boolean {
  const family = id.charCodeAt(0)
  return family === KEYS || family === CONTENTS
}

/** `undefined` for what has ended and is still to be seen to: it is told then. */
export function stateOf(about: About, entry: Entry | undefined, nowMs: number): Told | undefined {
  return about.user === undefined ? keyState(about, entry, nowMs) : reactionState(about, entry, nowMs)
}

function keyState(
  { id, reason, wasCounter }: About,
  entry: Entry | undefined,
  nowMs: number,
): Told | undefined {
  const key = id.slice(1)
  if (entry === undefined || !isEither(entry)) return { kind: wasCounter ? 'counter' : 'value', key, reason }
  const there = thereUnder(key, entry, nowMs)
  if (there !== undefined)
    return there.kind !== 'reaction' && hasTurned(entry) ? { ...there, hasTurned: true } : there
  const standing = standingOf(entry)
  const isLeft = standing.kind === 'register' ? standing.value !== undefined : isCounting(standing)
  if (isLeft) return undefined
  return { kind: standing.kind === 'register' ? 'value' : 'counter', key, reason }
}

/** What ends the other of the two is remembered for a while; what a counter has begun with, for good. */
function hasTurned(entry: Either): boolean {
  return entry.kind === 'turned' || (entry.kind === 'counter' && BASE in entry.tallies)
}

/** What stands under a key, if anything does. */
export function thereUnder(key: string, entry: Entry, nowMs: number): There | undefined {
  const present = isEither(entry) ? valueUnder(entry, { nowMs }) : undefined
  if (present === undefined) return undefined
  const { value, stamp, endsAtMs } = present
  const life = endsAtMs === Infinity ? {} : { ttlMs: endsAtMs - nowMs }
  if (entry.kind === 'counter') return { kind: 'counter', key, value: String(value.body), ...life }
  const { contentType, body } = value
  return { kind: 'value', key, contentType, body, stamp, ...life }
}

/** When what is told of it was written; 0 where that is not known. */
export function timeOf({ reaction = '', user }: About, entry: Entry | undefined): number {
  if (entry === undefined) return 0
  if (entry.kind === 'reactions') return user === undefined ? 0 : (entry.find(reaction, user)?.time ?? 0)
  let latest = 0
  for (const { time } of timesOf(isEither(entry) ? standingOf(entry) : entry)) latest = Math.max(latest, time)
  return latest
}

function reactionState(about: About, entry: Entry | undefined, nowMs: number): Told | undefined {
  const { id, reaction = '', user = '', reason } = about
  const key = id.slice(1)
  const reactions = entry?.kind === 'reactions' ? entry : undefined
  const presence = reactions?.find(reaction, user)
  const count = reactions?.counts()[reaction] ?? 0
  if (presence === undefined || presence.isGone)
    return { kind: 'reaction', key, user, reaction, count, reason }
  return thereOf(key, presence, { count, nowMs })
}

/** That somebody reacts to a content, unless that has ended. */
function thereOf(
  key: string,
  { user, reaction, endsAtMs }: Presence,
  { count, nowMs }: { count: number; nowMs: number },
): There | undefined {
  if (endsAtMs <= nowMs) return undefined
  const life = endsAtMs === Infinity ? {} : { ttlMs: endsAtMs - nowMs }
  return { kind: 'reaction', key, user, reaction, count, ...life }
}

export interface ReactionsPage {
  readonly items: readonly There[]
  readonly next?: PageEnd
}

/** Who reacts to a content, a part at a time, behind a place. */
export function reactionsPage(
  content: string,
  reactions: Reactions,
  { nowMs, most, after }: { nowMs: number; most: number; after?: PageEnd | undefined },
): ReactionsPage {
  const counts = reactions.counts()
  const { users, next } = reactions.page(most, after === undefined ? {} : { after })
  const items = Object.entries(users).flatMap(([reaction, names]) =>
    names.flatMap((user) => {
      const presence = reactions.find(reaction, user)
      return (presence && thereOf(content, presence, { count: counts[reaction] ?? 0, nowMs })) ?? []
    }),
  )
  return { items, ...(next && { next }) }
}

/** What it takes of a frame, and of what is told, about. */
export function bytesOfTold(told: Told): number {
  return 200 + told.key.length + ('body' in told ? told.body.length : 0)
}
