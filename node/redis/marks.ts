/** What was noted (`notes.lua`), and what stands there by now. */
import { slotOf } from '../../shared/placement.ts'
import type { PageEnd } from '../../shared/reaction-command.ts'
import type { Reason, There, Told } from '../../shared/watching.ts'
import { answerIn, lifeOf, listOf, type Part, textOf } from './answer.ts'
import type { Means } from './means.ts'
import { endIn, readShown, type Shown } from './reactions.ts'
import { keysOf, toValue } from './values.ts'

export interface Mark {
  readonly key: string
  /** Of a content: who, and how. */
  readonly end?: PageEnd
  /** Why it is gone. */
  readonly reason?: Reason
  /** There was a value before, and is a counter now, or the other way round. */
  readonly hasTurned?: boolean
}

export interface Entry {
  readonly place: string
  readonly marks: readonly Mark[]
}

export function entryIn(part: Part): Entry {
  const [place, noted] = listOf(part)
  const all = listOf(noted)
  const marks = all.flatMap((what, at) => (at % 2 === 0 ? markOf(textOf(what), textOf(all[at + 1])) : []))
  return { place: textOf(place), marks }
}

/** Nothing of what a stream begins with. */
function markOf(what: string, name: string): readonly Mark[] {
  switch (what) {
    case 'there':
      return [{ key: name }]
    case 'turned':
      return [{ key: name, hasTurned: true }]
    case 'deleted':
    case 'expired':
      return [{ key: name, reason: what }]
    case 'shown':
      return [presenceIn(name)]
    case 'hidden':
      return [{ ...presenceIn(name), reason: 'deleted' }]
    case 'ended':
      return [{ ...presenceIn(name), reason: 'expired' }]
    default:
      return []
  }
}

function presenceIn(name: string): { key: string; end: PageEnd } {
  const colon = name.indexOf(':')
  const bytes = Buffer.from(name.slice(colon + 1))
  const length = Number(name.slice(0, colon))
  return { key: bytes.toString('utf8', 0, length), end: endIn(bytes.toString('utf8', length)) }
}

export function nameOfMark({ key, end }: Mark): string {
  return end === undefined ? key : `${key}\0${end.reaction.length}:${end.reaction}${end.user}`
}

export interface Looking {
  readonly means: Means
  readonly deadlineAtMs: number
}

/** `undefined` for what is gone by now though nobody has said why: that is noted further on. */
export async function toldOf(mark: Mark, looking: Looking): Promise<Told | undefined> {
  return mark.end === undefined
    ? await keyTold(mark, looking)
    : await reactionTold({ ...mark, end: mark.end }, looking)
}

async function keyTold({ key, reason, hasTurned }: Mark, looking: Looking): Promise<Told | undefined> {
  const there = await thereUnder(key, looking)
  if (there !== undefined) return hasTurned === true ? { ...there, hasTurned } : there
  return reason && { kind: 'value', key, reason }
}

type UnderKey = Exclude<There, { kind: 'reaction' }>

/** The value or the counter under a key. */
export async function thereUnder(
  key: string,
  { means, deadlineAtMs }: Looking,
): Promise<UnderKey | undefined> {
  const parts = [...keysOf(slotOf(key), key), 'get', '']
  const { type, parts: told } = answerIn(await means.connection.run('value', parts, deadlineAtMs))
  if (type !== 'value') return undefined
  const [tag, total, contentType, body, ms] = told
  const life = lifeOf(ms)
  if (textOf(total) !== '') return { kind: 'counter', key, value: textOf(total), ...life }
  const { type: _, ...value } = toValue(textOf(tag), total, contentType, body)
  return { kind: 'value', key, ...value, ...life }
}

async function reactionTold(
  { key, end, reason }: Mark & { readonly end: PageEnd },
  { means, deadlineAtMs }: Looking,
): Promise<Told | undefined> {
  const { shown, counts } = await readShown(means, { content: key, only: end, deadlineAtMs })
  const count = counts[end.reaction] ?? 0
  const [one] = shown
  if (one !== undefined) return reactionThere(key, one, count)
  return reason && { kind: 'reaction', key, ...end, count, reason }
}

export function reactionThere(key: string, { ms, ...end }: Shown, count: number): There {
  return { kind: 'reaction', key, ...end, count, ...(ms >= 0 && { ttlMs: ms }) }
}
