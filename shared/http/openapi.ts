/**
 * The OpenAPI page, read off the routes and the schemas that check their input: what people read, and what clients are
 * generated from. Schemas that have an `id` are components, and are referred to.
 */
import { type ZodType, z } from 'zod'
import { type ErrorCode, LarderError } from '../errors.ts'
import type { Answer, Content, Parameter, Route } from './route.ts'

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

const GENERAL_ERRORS: readonly ErrorCode[] = [
  'BAD_REQUEST',
  'FORBIDDEN',
  'REQUEST_TIMEOUT',
  'HEADERS_TOO_LARGE',
  'INTERNAL',
]
/** Any bytes, as those who generate clients expect them to be written. */
const BYTES = { type: 'string', format: 'binary' }
const REFERENCE = /"#\/\$defs\//g

export interface PageOptions {
  readonly title: string
  readonly version: string
  readonly routes: readonly Route[]
  /** With what members ask of each other. */
  readonly isInternal: boolean
}

export function openapi({ title, version, routes, isInternal }: PageOptions): object {
  const schemas = new Schemas()
  const listed = routes.filter((route) => isListed(route, isInternal))
  const paths: Record<string, Record<string, object>> = {}
  const names = new Set<string>()
  for (const route of listed) {
    const operations = paths[route.path] ?? {}
    const operationId = unique(operationIdOf(route), names)
    operations[route.method.toLowerCase()] = { operationId, ...operation(route, schemas) }
    paths[route.path] = operations
  }
  return {
    openapi: '3.1.0',
    info: { title, version, license: { name: 'MIT', identifier: 'MIT' } },
    tags: [...new Set(listed.map(tagOf))].map((name) => ({ name })),
    paths,
    components: {
      schemas: schemas.named,
      securitySchemes: {
        public: { type: 'apiKey', in: 'header', name: 'api-key' },
        bearer: { type: 'http', scheme: 'bearer' },
        ...(isInternal && { member: { type: 'http', scheme: 'bearer' } }),
      },
    },
  }
}

/** Those that a path can have there. */
const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH']

function isListed({ method, access, isUnlisted }: Route, isInternal: boolean): boolean {
  return METHODS.includes(method) && isUnlisted !== true && (isInternal || access !== 'member')
}

function tagOf({ tag, access }: Route): string {
  return tag ?? (access === 'member' ? 'members' : 'operation')
}

/** As it is called in clients: what the row says, or what its path does. */
function operationIdOf({ operationId, method, path }: Route): string {
  const words = path.match(/\w+/g) ?? []
  const name = words.filter((word) => !/^(?:api|v\d+)$/.test(word)).map(capitalized)
  return operationId ?? method.toLowerCase() + (name.join('') || 'Root')
}

/** Paths that differ may sound alike, as those of ROUTES_FILE are anybody's. */
function unique(name: string, names: Set<string>): string {
  let free = name
  for (let count = 2; names.has(free); count++) free = `${name}${count}`
  names.add(free)
  return free
}

function capitalized(word: string): string {
  return word
    .split('_')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')
}

function operation(route: Route, schemas: Schemas): object {
  const { summary, access, parameters = [], body, answers, errors = [] } = route
  const denied: ErrorCode[] = access === 'open' ? [] : ['UNAUTHORIZED', 'MISDIRECTED', 'TOO_MANY_GUESSES']
  const pressed: ErrorCode[] = access === 'public' && route.isHot ? ['OVERLOADED'] : []
  return {
    tags: [tagOf(route)],
    summary,
    security: securityOf(route),
    parameters: parameters.map((parameter) => parameterOf(parameter, schemas)),
    ...(body && {
      requestBody: { required: route.isBodyOptional !== true, content: contents(sent(body), schemas) },
    }),
    responses: together(
      Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, response(answer, schemas)]),
      ),
      problems([...GENERAL_ERRORS, ...denied, ...new Set([...pressed, ...errors])], schemas),
    ),
  }
}

/** Whether one is needed at all is a matter of settings. */
function securityOf({ access, passesAuthorization = false }: Route): object[] {
  if (access === 'open') return []
  const isBearerToo = access === 'public' && !passesAuthorization
  return [{}, { [access]: [] }, ...(isBearerToo ? [{ bearer: [] }] : [])]
}

function parameterOf({ schema, in: place, ...rest }: Parameter, schemas: Schemas): object {
  const required = place === 'path' || rest.required === true
  return { ...rest, in: place, required, schema: schemas.of(schema) }
}

interface Response {
  readonly description: string
  readonly content?: object
}

/** A status may be an answer, and a problem of another kind. */
function together(
  answers: Readonly<Record<string, Response>>,
  problems: Readonly<Record<string, Response>>,
): object {
  const both = Object.entries(problems).map(([status, problem]) => {
    const { [status]: answer } = answers
    if (answer === undefined) return [status, problem]
    const description = `${answer.description} ${problem.description}`
    return [status, { ...answer, description, content: { ...answer.content, ...problem.content } }]
  })
  return { ...answers, ...Object.fromEntries(both) }
}

function response({ description, content, headers }: Answer, schemas: Schemas): Response {
  return {
    description,
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, meaning]) => [
          name,
          { description: meaning, schema: { type: 'string' } },
        ]),
      ),
    }),
    ...(content && { content: contents(named(content), schemas) }),
  }
}

function contents(content: Content, schemas: Schemas): object {
  return Object.fromEntries(
    Object.entries(content).map(([type, schema]) => [type, { schema: schema ? schemas.of(schema) : BYTES }]),
  )
}

/** Whatever type they are of, there is one that those who generate clients know. */
function named(content: Content): Content {
  return '*/*' in content ? { 'application/octet-stream': undefined, ...content } : content
}

/** They take no body that may be of any type. */
function sent(content: Content): Content {
  const { '*/*': _, ...others } = named(content)
  return others
}

/** Several codes may share a status: they are one response, which lists them. */
function problems(codes: readonly ErrorCode[], schemas: Schemas): Readonly<Record<string, Response>> {
  const byStatus = Object.groupBy(codes, (code) => new LarderError(code, '').status)
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group = []]) => [
      status,
      {
        description: group
          .map((code) => `${code}: ${new LarderError(code, '').toProblem().title}.`)
          .join(' '),
        content: { 'application/problem+json': { schema: schemas.of(Problem) } },
      },
    ]),
  )
}

/** Those that have names, as far as they were asked for. */
class Schemas {
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
