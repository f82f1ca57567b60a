/** Cached responses in the engine (`response.lua`, `purge.lua`): each in the slot of its path, under `<path>\0<tenant>\0<query>`. */
import type { Command, CommandOf, Outcome } from '../../shared/command.ts'
import { assertNever, LarderError } from '../../shared/errors.ts'
import { SLOTS, slotOf } from '../../shared/placement.ts'
import type { Purge } from '../../shared/response-command.ts'
import { answerIn, bytesOf, listOf, numberOf, type Part, type Parts, textOf, wholeMs } from './answer.ts'
import { type Carrier, type Means, withEach } from './means.ts'
import { placeIn, placeOf } from './places.ts'
import type { Argument } from './scripts.ts'

type ResponseCommand = Extract<Command, { type: `response.${string}` }>

interface Address {
  readonly key: string
  readonly tenant: string
  readonly query: string
}

/** So many of a slot are forgotten at a time, so that other commands come in between. */
const FORGOTTEN_AT_ONCE = 200

export const carryOutOnResponses: Carrier<ResponseCommand> = async (means, asked) => {
  const { command, slot, deadlineAtMs } = asked
  switch (command.type) {
    case 'response.get':
    case 'response.fetch':
      return outcomeIn(await runOn(means, command, ['get'], deadlineAtMs))
    case 'response.put':
      return await put(means, command, deadlineAtMs)
    case 'response.delete':
    case 'response.invalidate': {
      const { key, tenant } = command
      const begin = tenant === undefined ? `${key}\0` : `${key}\0${tenant}\0`
      const range: [string, string] = [`[${begin}`, `(${begin.slice(0, -1)}\x01`]
      const purge = command.type === 'response.delete' ? {} : command
      await forget(means, { slots: [slot], range, purge, deadlineAtMs })
      return { type: 'deleted' }
    }
    default:
      return assertNever(command)
  }
}

async function put(means: Means, command: CommandOf<'response.put'>, deadlineAtMs: number): Promise<Outcome> {
  const { contentType, body, headers, facts, ttlMs, condition, fence } = command
  const parts = [
    'put',
    fence === undefined ? '' : `fence:${fence}`,
    means.origin(),
    condition === undefined ? '' : JSON.stringify(condition),
    ttlMs <= 0 ? 0 : wholeMs(ttlMs),
    contentType,
    typeof body === 'string' || Buffer.isBuffer(body) ? body : Buffer.from(body),
    JSON.stringify(headers),
    headers['etag'] ?? '',
    facts === undefined ? '' : JSON.stringify(facts),
  ]
  const { type, parts: told } = answerIn(await runOn(means, command, parts, deadlineAtMs))
  if (type === 'fenced')
    throw new LarderError('PRECONDITION_FAILED', 'Something was said against it since it was asked for.')
  if (type !== 'mismatch') return { type: 'done' }
  return { type, failed: textOf(told[0]) === 'ifMatch' ? 'ifMatch' : 'ifNoneMatch' }
}

/** Of a tenant or of all, in all slots; whatever is under way anywhere is not stored. */
export async function clearResponses(
  means: Means,
  { tenant, tag, isSoft }: CommandOf<'responses.clear'>,
  deadlineAtMs: number,
): Promise<Outcome> {
  const { slotsAtOnce } = means.connection
  const purge = {
    ...(tenant !== undefined && { tenant }),
    ...(tag !== undefined && { tag }),
    ...(isSoft && { isSoft }),
  }
  for (let from = 0; from < SLOTS; from += slotsAtOnce) {
    const slots = Array.from({ length: Math.min(slotsAtOnce, SLOTS - from) }, (_, at) => from + at)
    await forget(means, { slots, range: ['-', '+'], purge, deadlineAtMs })
  }
  return { type: 'deleted' }
}

interface Forgetting {
  readonly slots: readonly number[]
  readonly range: readonly [string, string]
  readonly purge: Purge
  readonly deadlineAtMs: number
}

async function forget(means: Means, { slots, range, purge, deadlineAtMs }: Forgetting): Promise<void> {
  const { connection } = means
  const forgetAll = async (group: readonly number[]) => {
    let [left, fence, [after, upTo]] = [group, means.origin(), range]
    while (left.length > 0) {
      const places = left.flatMap((slot) => [placeIn(slot, 'fence'), placeIn(slot, 'responses')])
      const told = (await connection.run(
        'purge',
        [places.length, ...places, fence, after, upTo, FORGOTTEN_AT_ONCE],
        deadlineAtMs,
      )) as Parts
      const names = told.map(listOf).map((list) => list.map(textOf))
      await withEach(names.flat(), (name) => forgetOne(means, name, { purge, deadlineAtMs }))
      // Those of which there are more go on, one by one, each behind what was told of it.
      const full = left.filter((_, at) => names[at]?.length === FORGOTTEN_AT_ONCE)
      if (left.length > 1) {
        for (const slot of full) await forget(means, { slots: [slot], range, purge, deadlineAtMs })
        return
      }
      left = full
      after = `(${names[0]?.at(-1) ?? ''}`
      fence = ''
    }
  }
  await Promise.all(connection.together(slots).map(forgetAll))
}

async function forgetOne(
  means: Means,
  name: string,
  { purge: { tenant, tag, isSoft }, deadlineAtMs }: Pick<Forgetting, 'purge' | 'deadlineAtMs'>,
): Promise<void> {
  const [key = '', of = '', ...query] = name.split('\0')
  if (tenant !== undefined && tenant !== of) return
  const parts = ['forget', tag ?? '', isSoft === true ? '1' : '']
  await runOn(means, { key, tenant: of, query: query.join('\0') }, parts, deadlineAtMs)
}

export function runOn(
  { connection }: Means,
  { key, tenant, query }: Address,
  parts: readonly Argument[],
  deadlineAtMs: number,
): Promise<unknown> {
  const [slot, name] = [slotOf(key), `${key}\0${tenant}\0${query}`]
  const ofSlot = (['responses', 'responses-end', 'fence'] as const).map((place) => placeIn(slot, place))
  const places = [placeOf(slot, 'a', name), ...ofSlot, placeOf(slot, 'f', name)]
  return connection.run('response', [...places, ...parts], deadlineAtMs)
}

function outcomeIn(told: unknown): Outcome {
  const { type, parts } = answerIn(told)
  if (type !== 'response') return { type: 'missing' }
  const [contentType, body, headers, known, life, stale, left] = parts
  const facts = factsIn(known, stale)
  return {
    type: 'response',
    status: facts?.status ?? 200,
    contentType: textOf(contentType),
    body: bytesOf(body),
    headers: JSON.parse(textOf(headers)),
    ageMs: Math.max(0, numberOf(life) - numberOf(left)),
    cacheStatus: 'hit',
    ...(facts && { facts }),
  }
}

function factsIn(known: Part | undefined, stale: Part | undefined) {
  const [text, since] = [textOf(known), textOf(stale)]
  if (text === '' && since === '') return undefined
  return { ...(text !== '' && JSON.parse(text)), ...(since !== '' && { staleAtMs: Number(since) }) }
}
