/** The whole API as a Koa application: every row, and an answer for what no row takes. */
import { Readable } from 'node:stream'
import Router, { type RouterContext } from '@koa/router'
import Koa, { type Middleware, type ParameterizedContext } from 'koa'
import { LarderError } from '../errors.ts'
import { isSeveral } from '../hosts.ts'
import type { Log } from '../log.ts'
import type { Answering } from './answering.ts'
import type { Delivery } from './delivery.ts'
import type { Guard } from './guard.ts'
import type { RequestMeans } from './means.ts'
import { nothingAt } from './near-miss.ts'
import { Pieces } from './pieces.ts'
import { HttpRequest } from './request.ts'
import { empty, type HttpResponse, problem, type ResponseBody } from './response.ts'
import type { Route } from './route.ts'

export interface KoaAppOptions {
  readonly routes: readonly Route[]
  readonly answering: Answering
  readonly guard: Pick<Guard, 'unwelcome'>
  readonly log: Log
  readonly means: RequestMeans
  readonly delivery: Pick<Delivery, 'admitted' | 'follow' | 'followStream'>
  /** Counts and logs an answer, without a route where none was found. @returns the headers to send. */
  conclude(
    request: HttpRequest,
    startedAtMs: number,
    route: Route | undefined,
    response: HttpResponse,
  ): Record<string, string>
}

export function createKoaApp(options: KoaAppOptions): Koa {
  const app = new Koa()
  app.use(answer(options))
  app.use(mount(options).routes() as Middleware)
  app.use(answerUnknown(options))
  app.on('error', (error) => options.log.debug({ error }, 'the connection broke before the answer was out'))
  return app
}

function answer({ conclude, means, delivery }: KoaAppOptions): Middleware {
  return async (context, next) => {
    const startedAtMs = performance.now()
    const request = new HttpRequest(context.req, context.res, means)
    context.state['request'] = request
    try {
      readTarget(context)
      await next()
    } catch (thrown) {
      context.state['response'] = problem(thrown)
    }
    const send = (response: HttpResponse) => {
      const { status, body = '', live } = response
      context.respond = live === undefined
      if (live === undefined) context.body = koaBody(body)
      if (body instanceof Pieces) context.length = body.bytes
      context.remove('content-type') // Koa's guess.
      context.set(conclude(request, startedAtMs, context.state['route'], response))
      context.status = status
    }
    try {
      send(delivery.admitted(request, context.state['response']))
    } catch (thrown) {
      // What was stored has a header that HTTP cannot carry; those before it are set already.
      for (const name of context.res.getHeaderNames()) context.remove(name)
      send(problem(thrown))
    }
    const { live }: HttpResponse = context.state['response']
    if (context.respond !== false) delivery.follow(request, context.res)
    else goOn(context, live, delivery)
  }
}

/** Of what HEAD asks for there is no more than the headers. */
function goOn(
  { req, res, status }: ParameterizedContext,
  live: HttpResponse['live'],
  delivery: Pick<Delivery, 'followStream'>,
): void {
  res.statusCode = status
  if (req.method === 'HEAD' || live === undefined) return void res.end()
  delivery.followStream(req.socket)
  live(res)
}

function koaBody(body: ResponseBody): string | Buffer | Readable {
  if (body instanceof Pieces) return Readable.from(body)
  return typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}

/**
 * A target may also come as a whole URL (RFC 9112, section 3.2.2). What counts is what stands behind its host, as it
 * was written: a URL that is put in order would lose keys like `..`. A fragment is nobody's business here.
 */
function readTarget({ req }: ParameterizedContext): void {
  const [target = ''] = (req.url ?? '').split('#', 1)
  if (target.startsWith('/') || target === '*') {
    req.url = target
    return
  }
  const [, host, path] = /^[a-z][a-z\d+.-]*:\/\/([^/?]+)(.*)$/i.exec(target) ?? []
  if (host === undefined || path === undefined || !URL.canParse(target))
    throw new LarderError('BAD_REQUEST', 'The target of the request is not a URL.')
  if (!isSeveral(req.headers.host)) req.headers.host = host // It counts, and not what the header says.
  req.url = path.startsWith('/') ? path : `/${path}`
}

function mount({ routes, answering }: KoaAppOptions): Router {
  const router = new Router()
  for (const route of routes) {
    const path = mountedAt(route)
    // The slash at the end of a path means nothing, but at the end of a key it does.
    const options = {
      sensitive: true,
      strict: path !== route.path,
      pathAsRegExp: route.pattern !== undefined,
    }
    const handle = async ({ state, captures }: RouterContext) => {
      const request: HttpRequest = state['request']
      request.captures = captures ?? []
      state['route'] = route
      state['response'] = await answering(route, request)
    }
    router.register(path, [route.method], handle, options)
  }
  return router
}

function mountedAt({ pattern, path }: Route): string | RegExp {
  return pattern ?? path.replaceAll(/\{(\w+)\}/g, ':$1')
}

/** No row takes it; a browser that asks what a page may do needs no more than the answer that it may ask. */
function answerUnknown({ guard, routes }: KoaAppOptions): Middleware {
  return (context) => {
    const unwelcome = guard.unwelcome(context.req)
    if (unwelcome !== undefined) throw unwelcome
    const matched: RouterContext['matched'] = context['matched']
    const [first] = matched ?? []
    const methods = new Set((matched ?? []).flatMap((layer) => layer.methods))
    if (first === undefined) throw new LarderError('NO_SUCH_PATH', nothingAt(context.path, routes))
    const allow = [...methods].join(', ')
    const refusal = problem(new LarderError('METHOD_NOT_ALLOWED', `Allowed here: ${allow}.`), { allow })
    const row = routes.find((route) => mountedAt(route) === first.path)
    context.state['response'] =
      context.method === 'OPTIONS' ? empty(204, { allow }) : (row?.retold?.(refusal) ?? refusal)
  }
}
