/** Reactions as a kind of entry: what is asked about them, carried out on the set of those to one content. */
import type { Outcome } from '../../shared/command.ts'
import { assertNever, LarderError } from '../../shared/errors.ts'
import { CHANGED_AT_ONCE_MAX, type ReactionCommand } from '../../shared/reaction-command.ts'
import { bytesOf, compare, nameOf, type Presence } from './presence.ts'
import { REACTION_BYTES, Reactions } from './reactions.ts'
import { endOf } from './register.ts'
import { SetHash } from './set-hash.ts'
import type { Applied, Moment, Verbs } from './verbs.ts'

/** The kinds of reaction to one content: a new one beyond it is refused. */
const KINDS_MAX = 200

export function applyToReactions(
  reactions: Reactions | undefined,
  command: ReactionCommand,
  moment: Moment,
): Applied<Reactions> {
  switch (command.type) {
    case 'reaction.add':
      return add(reactions, command, moment)
    case 'reaction.remove':
      return remove(reactions, command, moment)
    case 'reaction.count':
    case 'reaction.users':
      return { outcome: read(reactions, command) }
    case 'reaction.change':
      return change(reactions, command, moment)
    default:
      return assertNever(command)
  }
}

const DONE: Outcome = { type: 'done' }

/** Also of somebody who is there already: elsewhere he may have gone meanwhile. */
function add(
  reactions: Reactions | undefined,
  { reaction, user, ttlMs, isUnique }: Extract<ReactionCommand, { type: 'reaction.add' }>,
  moment: Moment,
): Applied<Reactions> {
  checkKinds(reactions, reaction)
  const endsAtMs = ttlMs === undefined ? Infinity : moment.nowMs + ttlMs
  const others = isUnique === true ? (reactions?.shownBy(user) ?? []) : []
  const gone = others
    .filter((other) => other !== reaction)
    .map((other) => ({
      reaction: other,
      user,
      time: moment.stamp().time,
      endsAtMs: moment.nowMs,
      isGone: true,
    }))
  return changed({ reaction, user, time: moment.stamp().time, endsAtMs, isGone: false }, ...gone)
}

/** @throws LarderError UNPROCESSABLE. */
function checkKinds(reactions: Reactions | undefined, reaction: string): void {
  if (reactions !== undefined && !reactions.has(reaction) && reactions.kinds >= KINDS_MAX)
    throw new LarderError('UNPROCESSABLE', `reaction_type: this content has ${KINDS_MAX} kinds already.`)
}

/** Who is there already, and surely so, leaves no change, unless he is to end at another time. */
function change(
  reactions: Reactions | undefined,
  {
    reaction,
    ttlMs,
    isReplaced,
    isStrict,
    isNew,
    ...command
  }: Extract<ReactionCommand, { type: 'reaction.change' }>,
  moment: Moment,
): Applied<Reactions> {
  checkKinds(reactions, reaction)
  const isHere = (user: string) => reactions?.find(reaction, user)?.isGone === false
  if (isNew === true && (reactions?.countOf(reaction) ?? 0) > 0)
    return { outcome: { type: 'mismatch', failed: 'ifNoneMatch' } }
  if (isReplaced === true && (reactions?.countOf(reaction) ?? 0) > CHANGED_AT_ONCE_MAX)
    throw new LarderError(
      'TOO_LARGE',
      `More than ${CHANGED_AT_ONCE_MAX} members are there: delete them first.`,
    )
  const come = new Set(command.come)
  const leaving = isReplaced === true ? [...(reactions?.usersOf(reaction) ?? [])] : command.go
  const go = [...new Set(leaving)].filter((user) => !come.has(user))
  if (isStrict === true && !go.every(isHere)) return { outcome: { type: 'mismatch', failed: 'ifMatch' } }
  const { nowMs, isCertain } = moment
  const isLasting = ttlMs === undefined && isReplaced === true
  const endsAtMs =
    ttlMs === undefined && !isLasting ? (reactions?.endOf(reaction) ?? Infinity) : endOf(ttlMs, moment)
  const isAnew = isReplaced === true || ttlMs !== undefined || !isCertain
  const arrived = [...come].filter((user) => isAnew || !isHere(user))
  const gone = go.filter((user) => !isCertain || isHere(user))
  const outcome = {
    type: 'changed',
    come: [...come].filter((user) => !isHere(user)).length,
    gone: gone.filter(isHere).length,
  } as const
  if (arrived.length + gone.length === 0) return { outcome }
  const { time } = moment.stamp()
  return {
    outcome,
    change: Reactions.ofAll([
      ...gone.map((user) => ({ reaction, user, time, endsAtMs: nowMs, isGone: true })),
      ...arrived.map((user) => ({ reaction, user, time, endsAtMs, isGone: false })),
    ]),
  }
}

/** Whoever is surely not there leaves no trace. */
function remove(
  reactions: Reactions | undefined,
  { reaction, user }: Extract<ReactionCommand, { type: 'reaction.remove' }>,
  { nowMs, stamp, isCertain }: Moment,
): Applied<Reactions> {
  const isHere = reactions?.find(reaction, user)?.isGone === false
  if (!isHere && isCertain) return { outcome: DONE }
  return changed({ reaction, user, time: stamp().time, endsAtMs: nowMs, isGone: true })
}

function changed(...presences: readonly Presence[]): Applied<Reactions> {
  return { outcome: DONE, change: Reactions.ofAll(presences) }
}

/** Where nobody is engaged it looks as if nobody had been, also while it is remembered who has gone. */
function read(
  reactions: Reactions | undefined,
  command: Extract<ReactionCommand, { type: 'reaction.count' | 'reaction.users' }>,
): Outcome {
  if (reactions === undefined || reactions.users === 0) return { type: 'missing' }
  if (command.type === 'reaction.count') {
    const own = command.user !== undefined && { own: reactions.shownBy(command.user) }
    return { type: 'counts', counts: reactions.counts(), ...own }
  }
  return { type: 'users', ...reactions.page(command.limit, command) }
}

export const REACTIONS: Verbs<Reactions> = {
  /** Builds on the first: a set of a million is not copied to add one. */
  merge(a, b) {
    for (const presence of b) a.put(presence)
    return a
  },
  isNews: (known, other) => known.isChangedBy(other),
  times: (reactions) => reactions,
  restamped: (reactions, { time }) => Reactions.ofAll([...reactions].map((one) => ({ ...one, time }))),
  dueAtMs: (reactions, tombstoneGraceMs) => reactions.dueAtMs(tombstoneGraceMs),
  // Who is gone is remembered in the set itself.
  isTombstone: () => false,
  states: ({ digest, passingDigest }) => ({
    live: unlessNobody(digest),
    passing: unlessNobody(passingDigest),
  }),
  bytes: ({ bytes }) => bytes,
  growth: (known = new Reactions(), change) => growthOf(known, change),
  parts: (reactions, presencesMax) => reactions.parts(presencesMax),
  crowd: (reactions) => reactions,
  claim: (reactions) => ({ sinceTime: Math.min(...[...reactions].map(({ time }) => time)), lives: [] }),
  claimed: (reactions, { sinceTime }) => presencesOf([...reactions].filter(({ time }) => time >= sinceTime)),
  within: (reactions, part) =>
    presencesOf([...part].flatMap(({ reaction, user }) => reactions.find(reaction, user) ?? [])),
  without(reactions, part) {
    for (const { reaction, user } of part) reactions.remove(reaction, user)
    return reactions.isEmpty ? undefined : reactions
  },
  *names(reactions) {
    for (const { reaction, user } of reactions) yield nameOf(reaction, user)
  },
  except: (reactions, names) =>
    presencesOf([...reactions].filter(({ reaction, user }) => !names.has(nameOf(reaction, user)))),
}

/** What those take who come in; a content in which nobody was left begins with them. */
function growthOf(known: Reactions, change: Reactions): number {
  let bytes = 0
  for (const presence of change) {
    const { reaction, user, isGone } = presence
    const before = known.find(reaction, user)
    if (before !== undefined && compare(before, presence) >= 0) continue
    if (before?.isGone === false) bytes -= bytesOf(before)
    if (!isGone) bytes += bytesOf(presence) + (known.has(reaction) ? 0 : REACTION_BYTES)
  }
  return bytes > 0 && known.users === 0 ? bytes + known.bytes - known.goneBytes : bytes
}

const NOBODY = String(new SetHash())

function unlessNobody(digest: string): string | undefined {
  return digest === NOBODY ? undefined : digest
}

function presencesOf(presences: readonly Presence[]): Reactions | undefined {
  return presences.length === 0 ? undefined : Reactions.ofAll(presences)
}
