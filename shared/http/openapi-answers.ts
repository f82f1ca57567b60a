/** What the OpenAPI page has of answers and bodies: their headers, and the schemas of what is in them. */
import { type ZodType, z } from 'zod'
import { type ErrorCode, LarderError } from '../errors.ts'
import type { Answer, Content } from './route.ts'

const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    message: z.string().optional(),
    value: z.string().optional(),
  })
  .meta({
    id: 'Problem',
    description: 'What went wrong (RFC 9457); `code` is stable.',
    examples: [
      {
        type: 'urn:larder:error:no-such-key',
        title: 'There is no value for this key',
        status: 404,
        detail: 'It was never stored, or is gone again.',
        code: 'NO_SUCH_KEY',
      },
    ],
  })

/** Any bytes, as those who generate clients expect them to be written. */
const BYTES = { type: 'string', format: 'binary' }
const REFERENCE = /"#\/\$defs\//g

export interface Response {
  readonly description: string
  readonly headers?: object
  readonly content?: object
}

/** A status may be an answer, and a problem of another kind. */
export function together(
  answers: Readonly<Record<string, Response>>,
  problems: Readonly<Record<string, Response>>,
): Readonly<Record<string, Response>> {
  const both = Object.entries(problems).map(([status, problem]) => {
    const { [status]: answer } = answers
    if (answer === undefined) return [status, problem]
    const description = `${answer.description} ${problem.description}`
    const headers = { ...answer.headers, ...problem.headers }
    return [status, { ...answer, description, headers, content: { ...answer.content, ...problem.content } }]
  })
  return { ...answers, ...Object.fromEntries(both) }
}

export function response({ description, content, headers }: Answer, schemas: Schemas): Response {
  return {
    description,
    ...(headers && { headers: headersOf(headers) }),
    ...(content && { content: contents(named(content), schemas) }),
  }
}

function headersOf(headers: Readonly<Record<string, string>>): object {
  return Object.fromEntries(
    Object.entries(headers).map(([name, meaning]) => [
      name,
      { description: meaning, schema: { type: 'string' } },
    ]),
  )
}

const RETRY_AFTER = headersOf({ 'Retry-After': 'Seconds after which it may go better.' })

export function contents(content: Content, schemas: Schemas): object {
  return Object.fromEntries(
    Object.entries(content).map(([type, schema]) => [type, { schema: schema ? schemas.of(schema) : BYTES }]),
  )
}

/** Whatever type they are of, there is one that those who generate clients know. */
function named(content: Content): Content {
  return '*/*' in content ? { 'application/octet-stream': undefined, ...content } : content
}

/** They take no body that may be of any type. */
export function sent(content: Content): Content {
  const { '*/*': _, ...others } = named(content)
  return others
}

/** Several codes may share a status: they are one response, which lists them. */
export function problems(codes: readonly ErrorCode[], schemas: Schemas): Readonly<Record<string, Response>> {
  const byStatus = Object.groupBy(codes, (code) => new LarderError(code, '').status)
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group = []]) => [
      status,
      {
        description: group
          .map((code) => `${code}: ${new LarderError(code, '').toProblem().title}.`)
          .join(' '),
        ...(group.some(isForLater) && { headers: RETRY_AFTER }),
        content: { 'application/problem+json': { schema: schemas.of(Problem) } },
      },
    ]),
  )
}

function isForLater(code: ErrorCode): boolean {
  return new LarderError(code, '').retryAfterSeconds !== undefined
}

/** Those that have names, as far as they were asked for. */
export class Schemas {
  readonly named: Record<string, object> = {}

  of(schema: ZodType): object {
    // Of what it is in, one that has a name is a definition.
    const around = z.toJSONSchema(z.array(schema), {
      io: 'input',
      unrepresentable: 'any',
      override: leaveRestOut,
    })
    const { items, $defs = {} } = JSON.parse(
      JSON.stringify(around).replaceAll(REFERENCE, '"#/components/schemas/'),
    )
    Object.assign(this.named, $defs)
    return items
  }
}

/** That a pair has no third item is left out, as there are generators of clients that know no schema which is `false`. */
function leaveRestOut({ jsonSchema }: { readonly jsonSchema: { items?: unknown } }): void {
  if (jsonSchema.items === false) delete jsonSchema.items
}
