/** Reactions in the engine (`reactions.lua`). */
import type { Command, Outcome, PageEnd } from '../../shared/command.ts'
import { assertNever, LarderError } from '../../shared/errors.ts'
import { answerIn, listOf, numberOf, type Parts, textOf, wholeMs } from './answer.ts'
import type { Argument } from './connection.ts'
import type { Carrier, Means } from './means.ts'
import { placeIn, placeOf } from './places.ts'

type ReactionCommand = Extract<Command, { type: `reaction.${string}` }>

/** The kinds of reaction to one content: a new one beyond it is refused. */
const KINDS_MAX = 200

export const carryOutOnReactions: Carrier<ReactionCommand> = async (means, asked) => {
  const { command, slot, deadlineAtMs } = asked
  const { key } = command
  const run = (...args: Argument[]) => askOf(means, { slot, content: key, args, deadlineAtMs })
  switch (command.type) {
    case 'reaction.add': {
      const { reaction, user, ttlMs, isUnique } = command
      const [life, unique] = [wholeMs(ttlMs), isUnique === true ? '1' : '']
      const { type } = await run('add', written(reaction), user, life, unique, KINDS_MAX)
      if (type !== 'full') return { type: 'done' }
      throw new LarderError('UNPROCESSABLE', `reaction_type: this content has ${KINDS_MAX} kinds already.`)
    }
    case 'reaction.remove':
      await run('remove', written(command.reaction), command.user)
      return { type: 'done' }
    case 'reaction.count': {
      const { user } = command
      const counted = countsIn(await run('count', '', user ?? ''))
      if (counted === undefined) return { type: 'missing' }
      const { counts, own } = counted
      return { type: 'counts', counts, ...(user !== undefined && { own }) }
    }
    case 'reaction.users': {
      const { reaction, after, limit } = command
      const { type, parts } = await run('users', ...rangeOf(reaction, after), limit + 1)
      if (type === 'missing') return { type }
      return pageOf(
        listOf(parts[0])
          .map((presence) => textOf(presence))
          .map(endIn),
        command,
      )
    }
    default:
      return assertNever(command)
  }
}

/** How many are engaged with a content, and how; `undefined` where nobody is. */
export async function countsOf(
  means: Means,
  asked: { readonly slot: number; readonly content: string; readonly deadlineAtMs: number },
): Promise<Counted | undefined> {
  return countsIn(await askOf(means, { ...asked, args: ['count', '', ''] }))
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
  const places = (['r', 're', 'rk', 'ru'] as const).map((letter) => placeOf(slot, letter, content))
  const parts = [...places, placeIn(slot, 'activity'), placeIn(slot, 'due'), ...args]
  for (;;) {
    const answer = answerIn(await connection.run('reactions', parts, deadlineAtMs))
    if (answer.type !== 'more') return answer
  }
}

function countsIn({ type, parts }: { type: string; parts: Parts }): Counted | undefined {
  if (type === 'missing') return undefined
  const [users, kinds, own] = parts
  const flat = listOf(kinds)
  const counts = flat.flatMap((part, at) =>
    at % 2 === 0 ? [[read(textOf(part)), numberOf(flat[at + 1])] as const] : [],
  )
  return {
    users: numberOf(users),
    counts: Object.fromEntries(counts),
    own: listOf(own).map((part) => read(textOf(part))),
  }
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
  const last = after && `(${written(after.reaction)}\0${after.user}`
  if (reaction === undefined) return [last ?? '-', '+']
  const isBehind = after !== undefined && after.reaction === reaction
  return [isBehind && last ? last : `[${written(reaction)}\0`, `(${written(reaction)}\x01`]
}

function endIn(presence: string): PageEnd {
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
