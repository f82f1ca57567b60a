/** Conditions on the entity tag (RFC 9110, section 13.1), as headers and the fields of a batch have them. */
import { z } from 'zod'
import { type Condition, type Stamp, tagOf } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { notTags, parseTags, weak } from '../../shared/http/entity-tags.ts'
import type { HttpRequest } from '../../shared/http/request.ts'
import type { Parameter } from '../../shared/http/route.ts'
import { textOf } from './fields.ts'

export const conditionParameters: readonly Parameter[] = [
  {
    in: 'header',
    name: 'If-Match',
    description: 'Only if the entity tag is one of these.',
    schema: z.string(),
  },
  { in: 'header', name: 'If-None-Match', description: 'Only if it is none of these.', schema: z.string() },
]

/** @throws LarderError BAD_REQUEST for what is no list of entity tags. */
export function conditionOf(request: HttpRequest): { condition?: Condition } {
  return conditionIn(request.header('if-match'), request.header('if-none-match'), HEADERS)
}

/** The same of the fields of an operation, as JSON texts write them. */
export function conditionAmong(fields: { get(name: string): string | undefined }): { condition?: Condition } {
  return conditionIn(tagsText(fields, 'if_match'), tagsText(fields, 'if_none_match'), FIELDS)
}

/** Of a condition that did not hold. */
export function preconditionFailed(stamp: Stamp | undefined): LarderError {
  const tag = stamp === undefined ? 'none: there is no value' : tagOf(stamp)
  return new LarderError('PRECONDITION_FAILED', `The entity tag is ${tag}.`)
}

/** Where there is no value, whatever the condition says. */
export function noSuchValue(): LarderError {
  return new LarderError('NO_SUCH_KEY', 'It was never stored, or is gone again.')
}

const HEADERS = { match: 'If-Match', noneMatch: 'If-None-Match' } as const
const FIELDS = { match: 'if_match', noneMatch: 'if_none_match' } as const

function conditionIn(
  ifMatch: string | undefined,
  ifNoneMatch: string | undefined,
  named: Readonly<Record<'match' | 'noneMatch', string>>,
): { condition?: Condition } {
  if (ifMatch === undefined && ifNoneMatch === undefined) return {}
  return {
    condition: {
      // Weak tags never match strongly, as If-Match asks; for If-None-Match the mark does not count.
      ...(ifMatch !== undefined && { ifMatch: parseTags(named.match, ifMatch) }),
      ...(ifNoneMatch !== undefined && {
        ifNoneMatch: weak(parseTags(named.noneMatch, ifNoneMatch)),
      }),
    },
  }
}

function tagsText(fields: { get(name: string): string | undefined }, name: string): string | undefined {
  const json = fields.get(name)
  if (json === undefined) return undefined
  const text = textOf(json)
  if (text === undefined) throw notTags(name)
  return text
}
