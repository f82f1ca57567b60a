/**
 * A route is a row: what it takes, what it answers, who may call it. The router, the metrics and the page
 * at /openapi.json are all read off the rows.
 */
import Router, { type RouterContext } from '@koa/router'
import type { ZodType } from 'zod'
import { type ErrorCode, LarderError } from './errors.ts'
import { Secrets } from './secrets.ts'

export type Context = RouterContext

/** What a body or an answer is made of: a media type and its schema, `undefined` standing for any bytes. */
export type Content = Readonly<Record<string, ZodType | undefined>>

export interface Answer {
  readonly description: string
  readonly content?: Content
  readonly headers?: Readonly<Record<string, string>>
}

export interface Parameter {
  readonly in: 'query' | 'path' | 'header'
  readonly name: string
  readonly description: string
  readonly schema: ZodType
  readonly required?: boolean
}

export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** As OpenAPI writes it: `/api/v1/kv/{key}`. A GET route answers HEAD too. */
  readonly path: string
  /** Where the path is no mere template: what matches it, with its parameters as groups. */
  readonly pattern?: RegExp
  readonly summary: string
  /** `open` to everyone, `public` with an API key where one is set, `member` with the cluster's secret. */
  readonly access: 'open' | 'public' | 'member'
  /** Asked by machines all the time: it neither keeps a leaving service open nor says anything of its use. */
  readonly isProbe?: boolean
  readonly parameters?: readonly Parameter[]
  readonly body?: Content
  readonly answers: Readonly<Record<number, Answer>>
  /** The errors it may answer with, besides those that every route has. */
  readonly errors?: readonly ErrorCode[]
  handle(context: Context): void | Promise<void>
}

export interface Credentials {
  /** What callers show as `api-key`; none: everyone is let in. */
  readonly apiKeys?: readonly string[]
  /** What members show to each other; none: everyone is let in. */
  readonly memberSecrets?: readonly string[]
}

/** The rows as a router: each behind its guard, and known by its path to logs and metrics. */
export function mount(routes: readonly Route[], credentials: Credentials): Router {
  const callers = new Secrets(credentials.apiKeys ?? [])
  const members = new Secrets(credentials.memberSecrets ?? [])
  const guards = {
    open: () => true,
    public: (context: Context) => callers.accept(header(context, 'api-key')),
    member: (context: Context) => members.accept(header(context, 'authorization')?.replace(/^Bearer /i, '')),
  }
  const router = new Router()
  for (const route of routes) {
    const path = route.pattern ?? route.path.replaceAll(/\{(\w+)\}/g, ':$1')
    // The slash at the end of a path means nothing, but at the end of a key it does.
    const options = {
      sensitive: true,
      strict: path !== route.path,
      pathAsRegExp: route.pattern !== undefined,
    }
    const handle = async (context: Context) => {
      context.state['route'] = route
      if (!guards[route.access](context)) {
        const { scheme, detail } = needed[route.access]
        context.set('www-authenticate', scheme)
        throw new LarderError('UNAUTHORIZED', detail)
      }
      await route.handle(context)
    }
    router.register(path, [route.method], handle, options)
  }
  return router
}

/** What a caller is told who lacks it. */
const needed = {
  open: { scheme: '', detail: '' },
  public: { scheme: 'ApiKey', detail: 'Send a valid key in the header api-key.' },
  member: {
    scheme: 'Bearer',
    detail: 'Send the secret of the cluster: authorization: Bearer <CLUSTER_SECRET>.',
  },
}

/** A request header by its lower-case name, or `undefined`; one that came several times is one text. */
export function header(context: Context, name: string): string | undefined {
  const value = context.req.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}
