/**
 * The HTTP service that both processes are: Koa over rows of routes, on a server with limits.
 *
 * Whatever goes wrong leaves here as `application/problem+json`: what a handler throws, an unknown path, and
 * what Node refuses before Koa sees it.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa, { type Middleware, type ParameterizedContext } from 'koa'
import { type Clock, pause, systemClock } from './clock.ts'
import { LarderError, toLarderError } from './errors.ts'
import type { Log } from './log.ts'
import type { HttpMetrics } from './metrics.ts'
import { HEADER_BYTES_MAX, refuseGarbage } from './refusal.ts'
import { type Context, type Credentials, mount, type Route } from './route.ts'

const CONNECTIONS_MAX = 10_000
/** A request that has not arrived whole by then is 408. */
const ARRIVAL_MAX_MS = 30_000
/** A client that takes nothing of its answer for this long is cut off; longer than any parked watch. */
const IDLE_SOCKET_MAX_MS = 120_000
/** Longer than the load balancers in use keep an idle connection, so that they are the ones to close it. */
const KEEP_ALIVE_MS = 65_000

export interface ServiceOptions {
  readonly log: Log
  readonly metrics: HttpMetrics
  readonly host: string
  readonly port: number
  /** How long a request may take to arrive whole. */
  readonly arrivalMaxMs?: number
}

/** A listening service. `drain` asks clients to go elsewhere, `close` waits for the last answer. */
export class HttpService {
  readonly #server: Server
  readonly #options: ServiceOptions
  #draining = false
  #lastRequestAtMs = performance.now()

  /** @throws when the port cannot be had. */
  static async listen(options: ServiceOptions): Promise<HttpService> {
    const service = new HttpService(options)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    service.#server.once('error', reject).listen(options.port, options.host, resolve)
    await promise
    service.#server.off('error', reject)
    return service
  }

  private constructor(options: ServiceOptions) {
    const arrivalMaxMs = options.arrivalMaxMs ?? ARRIVAL_MAX_MS
    this.#options = options
    this.#server = createServer({
      maxHeaderSize: HEADER_BYTES_MAX,
      requestTimeout: arrivalMaxMs,
      headersTimeout: arrivalMaxMs,
      connectionsCheckingInterval: Math.min(1000, arrivalMaxMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
      requireHostHeader: false, // Koa answers without one as well as with it.
    })
    this.#server.maxConnections = CONNECTIONS_MAX
    this.#server.timeout = IDLE_SOCKET_MAX_MS
    refuseGarbage(this.#server, options.log, options.metrics)
  }

  /** Answers from now on. To be called in the turn in which `listen` returns: nothing has arrived yet then. */
  serve(routes: readonly Route[], credentials: Credentials): void {
    const handle = this.#createApp(routes, credentials).callback()
    this.#server.on('request', handle).on('checkExpectation', handle)
  }

  #createApp(routes: readonly Route[], credentials: Credentials): Koa {
    const { log, metrics } = this.#options
    const app = new Koa()
    app.use(this.#observe(log, metrics))
    app.use(answerErrors)
    app.use(readTarget)
    app.use(mount(routes, credentials).routes() as Middleware)
    app.use(answerUnknown)
    app.on('error', (error) => log.debug({ error }, 'the connection broke before the answer was out'))
    return app
  }

  /** Gives the request its id, and counts, times and logs its answer. */
  #observe(log: Log, metrics: HttpMetrics): Middleware {
    return async (context, next) => {
      const startedAtMs = performance.now()
      const given = context.get('x-request-id')
      const traced = /^[\w.:-]{1,128}$/.test(given)
      const requestId = traced ? given : randomUUID()
      context.state['requestId'] = requestId
      context.state['traced'] = traced
      context.set('x-request-id', requestId)
      context.set('x-content-type-options', 'nosniff')
      await next()
      if (this.#draining) context.set('connection', 'close')
      const { path: route = 'unknown', isProbe = false } = routeOf(context)
      if (!isProbe) this.#lastRequestAtMs = Math.max(this.#lastRequestAtMs, startedAtMs)
      const elapsedMs = Math.round((performance.now() - startedAtMs) * 1000) / 1000
      metrics.requests.inc({ method: context.method, route, status: context.status })
      metrics.seconds.observe({ route }, elapsedMs / 1000)
      const error: LarderError | undefined = context.state['error']
      // What is refused under pressure is counted; a line for each would add to the pressure.
      const level = context.status === 500 ? 'error' : traced ? 'info' : 'debug'
      if (!log.isLevelEnabled(level)) return
      const { method, status } = context
      log[level](
        { requestId, method, route, status, elapsedMs, code: error?.code, error: error?.cause },
        'answered',
      )
    }
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /**
   * From now on every answer closes its connection, so that kept-alive clients connect elsewhere. Idle
   * connections stay open: a request may be on its way on any of them.
   */
  drain(): void {
    this.#draining = true
  }

  /** Waits until no request but probes has come for a while, so that balancers have noticed; for so long at most. */
  async untilQuiet(
    clock: Clock,
    { quietMs, waitMaxMs }: { quietMs: number; waitMaxMs: number },
  ): Promise<void> {
    const untilMs = clock.now() + waitMaxMs
    while (this.quietMs < quietMs && clock.now() < untilMs)
      await pause(clock, Math.max(1, quietMs - this.quietMs))
  }

  /** For how long no request but probes has come. */
  get quietMs(): number {
    return performance.now() - this.#lastRequestAtMs
  }

  /** Stops listening, lets running requests finish for at most `graceMs`, then cuts what is left. */
  async close(graceMs: number): Promise<void> {
    this.drain()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve()) // It closes idle connections too.
    const timer = systemClock.after(graceMs, () => this.#server.closeAllConnections())
    await promise
    timer.cancel()
  }
}

/** The row that answers, as far as one was found. */
function routeOf(context: ParameterizedContext): Partial<Route> {
  return context.state['route'] ?? {}
}

const answerErrors: Middleware = async (context, next) => {
  try {
    await next()
  } catch (thrown) {
    const error = toLarderError(thrown)
    context.state['error'] = error
    context.status = error.status
    context.type = 'application/problem+json'
    context.body = JSON.stringify(error.toProblem())
    if (error.retryAfterSeconds !== undefined) context.set('retry-after', String(error.retryAfterSeconds))
  }
}

/** A target may also come as a whole URL (RFC 9112, section 3.2.2); its path is what counts. */
const readTarget: Middleware = (context, next) => {
  const { url = '' } = context.req
  if (!url.startsWith('/') && url !== '*') {
    const target = URL.parse(url)
    if (target === null) throw new LarderError('BAD_REQUEST', 'The target of the request is not a URL.')
    context.req.url = target.pathname + target.search
  }
  return next()
}

const answerUnknown: Middleware = (context) => {
  const matched: Context['matched'] = context['matched']
  const methods = new Set((matched ?? []).flatMap((layer) => layer.methods))
  if (methods.size === 0) throw new LarderError('NO_SUCH_PATH', `${context.path}: see /openapi.json.`)
  const allow = [...methods].join(', ')
  context.set('allow', allow)
  if (context.method !== 'OPTIONS') throw new LarderError('METHOD_NOT_ALLOWED', `Allowed here: ${allow}.`)
  context.status = 204
}
