/** The OpenAPI page, read off the routes and the schemas that check their input. */
import { type ZodType, z } from 'zod'
import { type ErrorCode, LarderError } from '../errors.ts'
import type { Answer, Content, Route } from './route.ts'

const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  message: z.string().optional(),
})

const PROBLEM_SCHEMA = jsonSchema(Problem)

const GENERAL_ERRORS: readonly ErrorCode[] = [
  'BAD_REQUEST',
  'FORBIDDEN',
  'REQUEST_TIMEOUT',
  'HEADERS_TOO_LARGE',
  'INTERNAL',
]

export function openapi(title: string, version: string, routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    paths[route.path] ??= {}
    Object.assign(paths[route.path] ?? {}, { [route.method.toLowerCase()]: operation(route) })
  }
  return {
    openapi: '3.1.0',
    info: { title, version },
    paths,
    components: {
      securitySchemes: {
        public: { type: 'apiKey', in: 'header', name: 'api-key' },
        bearer: { type: 'http', scheme: 'bearer' },
        member: { type: 'http', scheme: 'bearer' },
      },
    },
  }
}

function operation(route: Route): object {
  const { summary, access, parameters = [], body, answers, errors = [] } = route
  const denied: ErrorCode[] = access === 'open' ? [] : ['UNAUTHORIZED', 'MISDIRECTED', 'TOO_MANY_GUESSES']
  const pressed: ErrorCode[] = access === 'public' && route.isHot ? ['OVERLOADED'] : []
  return {
    summary,
    security: securityOf(route),
    parameters: parameters.map(({ schema, in: place, ...rest }) => ({
      ...rest,
      in: place,
      required: place === 'path' || rest.required === true,
      schema: jsonSchema(schema),
    })),
    ...(body && { requestBody: { required: true, content: contents(body) } }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, response(answer)])),
      ...problems([...GENERAL_ERRORS, ...denied, ...new Set([...pressed, ...errors])]),
    },
  }
}

/** Whether one is needed at all is a matter of settings. */
function securityOf({ access, passesAuthorization = false }: Route): object[] {
  if (access === 'open') return []
  const isBearerToo = access === 'public' && !passesAuthorization
  return [{}, { [access]: [] }, ...(isBearerToo ? [{ bearer: [] }] : [])]
}

function response({ description, content, headers }: Answer): object {
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
    ...(content && { content: contents(content) }),
  }
}

function contents(content: Content): object {
  return Object.fromEntries(
    Object.entries(content).map(([type, schema]) => [type, schema ? { schema: jsonSchema(schema) } : {}]),
  )
}

/** Several codes may share a status: they are one response, which lists them. */
function problems(codes: readonly ErrorCode[]): object {
  const byStatus = Object.groupBy(codes, (code) => new LarderError(code, '').status)
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group = []]) => [
      status,
      {
        description: group
          .map((code) => `${code}: ${new LarderError(code, '').toProblem().title}.`)
          .join(' '),
        content: { 'application/problem+json': { schema: PROBLEM_SCHEMA } },
      },
    ]),
  )
}

function jsonSchema(schema: ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return rest
}
