/**
 * The OpenAPI page, read off the routes and the schemas that check their input: what people read, and what clients are
 * generated from. Schemas that have an `id` are components, and are referred to.
 */
import type { ErrorCode } from '../errors.ts'
import { contents, problems, type Response, response, Schemas, sent, together } from './openapi-answers.ts'
import type { Parameter, Route } from './route.ts'

const GENERAL_ERRORS: readonly ErrorCode[] = [
  'BAD_REQUEST',
  'FORBIDDEN',
  'REQUEST_TIMEOUT',
  'HEADERS_TOO_LARGE',
  'INTERNAL',
]

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
    const described = operation(route, schemas)
    operations[route.method.toLowerCase()] = { operationId, ...described }
    if (isAskedForHeaders(route))
      operations['head'] = { operationId: unique(headIdOf(operationId), names), ...withoutBodies(described) }
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

/** Every GET can be a HEAD; clients have use for that where headers tell something of what is there. */
function isAskedForHeaders({ method, access, answers }: Route): boolean {
  return method === 'GET' && access === 'public' && answers[200]?.headers !== undefined
}

function headIdOf(operationId: string): string {
  return `head${capitalized(operationId.replace(/^get/, ''))}`
}

/** There are no parts of what has no body. */
const OF_PARTS = { parameters: ['Range', 'If-Range'], statuses: ['206', '416'] }

function withoutBodies({ summary, parameters, responses, ...rest }: Operation): Operation {
  return {
    ...rest,
    summary: `${summary} The headers alone.`,
    parameters: parameters.filter(({ name }) => !OF_PARTS.parameters.includes(name)),
    responses: Object.fromEntries(
      Object.entries(responses)
        .filter(([status]) => !OF_PARTS.statuses.includes(status))
        .map(([status, { content: _, ...response }]) => [status, response]),
    ),
  }
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

interface Operation {
  readonly tags: readonly string[]
  readonly security: readonly object[]
  readonly requestBody?: object
  readonly summary: string
  readonly parameters: readonly { readonly name: string }[]
  readonly responses: Readonly<Record<string, Response>>
}

function operation(route: Route, schemas: Schemas): Operation {
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

function parameterOf({ schema, in: place, ...rest }: Parameter, schemas: Schemas) {
  const required = place === 'path' || rest.required === true
  return { ...rest, in: place, required, schema: schemas.of(schema) }
}
