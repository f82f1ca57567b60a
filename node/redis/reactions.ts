/** Reactions in the engine (`reactions.lua`). */
import type { Outcome } from '../../shared/command.ts'
import { assertNever, LarderError } from '../../shared/errors.ts'
import { slotOf } from '../../shared/placement.ts'
import type { PageEnd, ReactionCommand } from '../../shared/reaction-command.ts'
import { type Answer, answerIn, listOf, numberOf, type Parts, textOf, wholeMs } from './answer.ts'
import type { Carrier, Means } from './means.ts'
import { placeIn, placeOf } from './places.ts'
import type { Argument } from './scripts.ts'
import { wrongType } from './values.ts'

/** The kinds of reaction to one content: a new one beyond it is refused. */
const KINDS_MAX = 200

export const carryOutOnReactions: Carrier<ReactionCommand> = async (means, asked) => {
  const { command, slot, deadlineAtMs } = asked
  const args = reactionArguments(command)
  return reactionOutcome(command, await askOf(means, { slot, content: command.key, args, deadlineAtMs }))
}

/** As `reactions.lua` takes them. */
export function reactionArguments(command: ReactionCommand): Argument[] {
  switch (command.type) {
    case 'reaction.add': {
      const { reaction, user, ttlMs, isUnique } = command
      return ['add', written(reaction), user, wholeMs(ttlMs), isUnique === true ? '1' : '', KINDS_MAX]
    }
    case 'reaction.remove':
      return ['remove', written(command.reaction), command.user]
    case 'reaction.count':
      return ['count', '', command.user ?? '']
    case 'reaction.users':
      return ['users', ...rangeOf(command.reaction, command.after), command.limit + 1]
    case 'reaction.change':
      return changeArguments(command)
    default:
      return assertNever(command)
  }
}

function changeArguments(command: Extract<ReactionCommand, { type: 'reaction.change' }>): Argument[] {
  const { reaction, go, ttlMs, isReplaced, isStrict, isNew } = command
  const come = [...new Set(command.come)]
  const flags = [isReplaced && 'replaced', isStrict && 'strict', isNew && 'new'].filter(Boolean).join(' ')
  return ['change', written(reaction), flags, wholeMs(ttlMs), come.length, KINDS_MAX, ...come, ...new Set(go)]
}

/** @throws LarderError UNPROCESSABLE, WRONG_TYPE. */
export function reactionOutcome(command: ReactionCommand, { type, parts }: Answer): Outcome {
  const [first, second] = parts
  switch (type) {
    case 'done':
    case 'missing':
      return { type }
    case 'full':
      throw tooManyKinds()
    case 'type':
      throw wrongType()
    case 'mismatch':
      return { type, failed: textOf(first) === 'ifMatch' ? 'ifMatch' : 'ifNoneMatch' }
    case 'changed':
      return { type, come: numberOf(first), gone: numberOf(second) }
    case 'counts': {
      const { counts, own } = countsIn(parts)
      const { user } = command.type === 'reaction.count' ? command : {}
      return { type, counts, ...(user !== undefined && { own }) }
    }
    case 'users':
      if (command.type === 'reaction.users')
        return pageOf(
          listOf(first)
            .map((presence) => textOf(presence))
            .map(endIn),
          command,
        )
  }
  throw new TypeError(`the engine answered ${type} of reactions`)
}

export function tooManyKinds(): LarderError {
  return new LarderError('UNPROCESSABLE', `reaction_type: this content has ${KINDS_MAX} kinds already.`)
}

/** How many are engaged with a content, and how; `undefined` where nobody is. */
export async function countsOf(
  means: Means,
  asked: { readonly slot: number; readonly content: string; readonly deadlineAtMs: number },
): Promise<Counted | undefined> {
  const { type, parts } = await askOf(means, { ...asked, args: ['count', '', ''] })
  return type === 'missing' ? undefined : countsIn(parts)
}

/** Who shows a reaction, and for how many ms: -1 for ever. */
export interface Shown extends PageEnd {
  readonly ms: number
}

interface ShownQuestion {
  readonly content: string
  readonly deadlineAtMs: number
  /** One alone. */
  readonly only?: PageEnd
  /** Those behind it, so many. */
  readonly after?: PageEnd | undefined
  readonly most?: number
}

export async function readShown(
  means: Means,
  { content, deadlineAtMs, only, after, most = 1 }: ShownQuestion,
): Promise<{ readonly shown: readonly Shown[]; readonly counts: Readonly<Record<string, number>> }> {
  const one = only && `[${presenceOf(only)}`
  const range = one === undefined ? rangeOf(undefined, after) : [one, one]
  const args = ['shown', ...range, most]
  const { parts } = await askOf(means, { slot: slotOf(content), content, args, deadlineAtMs })
  const [told, kinds] = parts.map(listOf)
  const shown = (told ?? []).flatMap((part, at, all) =>
    at % 2 === 0 ? [{ ...endIn(textOf(part)), ms: numberOf(all[at + 1]) }] : [],
  )
  return { shown, counts: kindsIn(kinds ?? []) }
}

interface Counted {
  readonly users: number
  readonly counts: Readonly<Record<string, number>>
  readonly own: readonly string[]
}

interface Question {
  readonly slot: number
  readonly content: string
  readonly args: readonly Argument[]
  readonly deadlineAtMs: number
}

/** Again as long as there are more that have ended than one turn takes. */
async function askOf({ connection }: Means, { slot, content, args, deadlineAtMs }: Question) {
  const parts = [...reactionKeys(slot, content), ...args]
  for (;;) {
    const answer = answerIn(await connection.run('reactions', parts, deadlineAtMs))
    if (answer.type !== 'more') return answer
  }
}

export function reactionKeys(slot: number, content: string): string[] {
  const ofContent = (['r', 're', 'rk', 'ru'] as const).map((letter) => placeOf(slot, letter, content))
  const ofSlot = (['activity', 'due', 'sets'] as const).map((name) => placeIn(slot, name))
  return [...ofContent, ...ofSlot]
}

function countsIn(parts: Parts): Counted {
  const [users, kinds, own] = parts
  return {
    users: numberOf(users),
    counts: kindsIn(listOf(kinds)),
    own: listOf(own).map((part) => read(textOf(part))),
  }
}

function kindsIn(flat: Parts): Readonly<Record<string, number>> {
  const counts = flat.flatMap((part, at) =>
    at % 2 === 0 ? [[read(textOf(part)), numberOf(flat[at + 1])] as const] : [],
  )
  return Object.fromEntries(counts)
}

function pageOf(
  listed: readonly PageEnd[],
  { limit, reaction }: Extract<ReactionCommand, { type: 'reaction.users' }>,
): Outcome {
  const next = listed.length > limit ? listed[limit - 1] : undefined
  const groups = Map.groupBy(listed.slice(0, limit), (one) => one.reaction)
  if (reaction !== undefined && groups.size === 0) groups.set(reaction, [])
  const users = [...groups].map(([kind, ones]) => [kind, ones.map(({ user }) => user)] as const)
  return { type: 'users', users: Object.fromEntries(users), ...(next && { next }) }
}

/** The presences that are meant, as ZRANGE BYLEX has it: of one reaction all begin with it and NUL. */
function rangeOf(reaction: string | undefined, after: PageEnd | undefined): [string, string] {
  const last = after && `(${presenceOf(after)}`
  if (reaction === undefined) return [last ?? '-', '+']
  const isBehind = after !== undefined && after.reaction === reaction
  return [isBehind && last ? last : `[${written(reaction)}\0`, `(${written(reaction)}\x01`]
}

function presenceOf({ reaction, user }: PageEnd): string {
  return `${written(reaction)}\0${user}`
}

export function endIn(presence: string): PageEnd {
  const at = presence.indexOf('\0')
  return { reaction: read(presence.slice(0, at)), user: presence.slice(at + 1) }
}

/** A reaction so that there is no NUL in it, and that it comes in the same order. */
function written(reaction: string): string {
  return reaction.replaceAll('\x01', '\x01\x03').replaceAll('\0', '\x01\x02')
}

function read(text: string): string {
  return text.replaceAll('\x01\x02', '\0').replaceAll('\x01\x03', '\x01')
}
