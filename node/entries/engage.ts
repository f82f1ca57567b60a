/** Reactions as a kind of entry: what is asked about them, carried out on the set of those to one content. */
import type { KeyCommand, Outcome } from '../../shared/command.ts'
import { assertNever, LarderError } from '../../shared/errors.ts'
import type { Presence } from './presence.ts'
import { Reactions } from './reactions.ts'
import { SetHash } from './set-hash.ts'
import type { Applied, Forgetting, Moment, Verbs } from './verbs.ts'

/** The kinds of reaction to one content: a new one beyond it is refused. */
const KINDS_MAX = 200

type ReactionCommand = Extract<KeyCommand, { type: `reaction.${string}` }>

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
      return { outcome: reactions === undefined ? { type: 'missing' } : read(reactions, command) }
    default:
      return assertNever(command)
  }
}

const DONE: Outcome = { type: 'done' }

/** Also of somebody who is there already: elsewhere he may have gone meanwhile. */
function add(
  reactions: Reactions | undefined,
  { reaction, user, ttlMs = Infinity }: Extract<ReactionCommand, { type: 'reaction.add' }>,
  { nowMs, stamp }: Moment,
): Applied<Reactions> {
  if (reactions !== undefined && !reactions.has(reaction) && reactions.kinds >= KINDS_MAX) {
    throw new LarderError('UNPROCESSABLE', `reaction_type: this content has ${KINDS_MAX} kinds already.`)
  }
  return changed({ reaction, user, time: stamp().time, endsAtMs: nowMs + ttlMs, isGone: false })
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

function changed(presence: Presence): Applied<Reactions> {
  return { outcome: DONE, change: Reactions.of(presence) }
}

function read(
  reactions: Reactions,
  command: Extract<ReactionCommand, { type: 'reaction.count' | 'reaction.users' }>,
): Outcome {
  if (command.type === 'reaction.count') return { type: 'counts', counts: reactions.counts() }
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
  dueAtMs: (reactions, tombstoneGraceMs) => reactions.dueAtMs(tombstoneGraceMs),
  // Who is gone is remembered in the set itself.
  isTombstone: () => false,
  states: ({ digest, passingDigest }) => ({
    live: unlessNobody(digest),
    passing: unlessNobody(passingDigest),
  }),
  bytes: ({ bytes }) => bytes,
  parts: (reactions, presencesMax) => reactions.parts(presencesMax),
  crowd: (reactions) => reactions,
  // Each presence is forgotten by itself.
  forgottenUntil: () => undefined,
  sift: withoutForgotten,
}

const NOBODY = String(new SetHash())

function unlessNobody(digest: string): string | undefined {
  return digest === NOBODY ? undefined : digest
}

function withoutForgotten(
  reactions: Reactions,
  known: Reactions | undefined,
  { untilTime, nowMs }: Forgetting,
): Reactions {
  if (untilTime === -Infinity) return reactions
  const sifted = [...reactions].map((presence) => {
    const { reaction, user, time, isGone } = presence
    const isOld = time <= untilTime && !isGone && known?.find(reaction, user) === undefined
    return isOld ? { ...presence, isGone: true, endsAtMs: nowMs } : presence
  })
  return Reactions.ofAll(sifted)
}
