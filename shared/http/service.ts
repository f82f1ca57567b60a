/**
 * The HTTP service that both processes are: rows of routes, on a server with limits.
 *
 *     server ─┬─ a hot row ───────────────▶ Answering ─▶ handler
 *             └─ all else ─▶ Koa ─▶ router ─▶ Answering ─▶ handler
 *
 * Whatever goes wrong leaves here as `application/problem+json`: what a handler throws, an unknown path, and
 * what Node refuses before anybody sees it.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Audited, audit } from '../audit.ts'
import { type Clock, pause, systemClock } from '../clock.ts'
import { andThen } from '../eventual.ts'
import { type Answering, createAnswering, isPrivate, tooMuch } from './answering.ts'
import { Connections, type ConnectionsOptions } from './connections.ts'
import { Delivery } from './delivery.ts'
import { type Credentials, Guard } from './guard.ts'
import { Guesses } from './guesses.ts'
import { type HotMatch, HotRoutes } from './hot-routes.ts'
import { createKoaApp } from './koa-app.ts'
import { createMeans, type RequestMeans } from './means.ts'
import { Pressure } from './pressure.ts'
import { HttpRequest } from './request.ts'
import { type HttpResponse, problem } from './response.ts'
import type { Route } from './route.ts'
import { createServer, type ServerOptions } from './server.ts'
import type { Told, ToldRow } from './upgrade.ts'
import { Upgrades } from './upgrades.ts'

export interface ServiceOptions extends ConnectionsOptions, Omit<ServerOptions, 'mayUpgrade'> {
  readonly host: string
  readonly port: number
  readonly means?: RequestMeans
}

/** A stopping service is closed once it has been quiet for this long, so that balancers have seen it go. */
const QUIET_MS = 500
const QUIET_WAIT_MAX_MS = 5000
/** How long answers under way may still take after that. */
const CLOSE_MAX_MS = 5000

/** A listening service. `drain` asks clients to go elsewhere, `close` waits for the last answer. */
export class HttpService {
  /** Where connections have their places, also those of other doors. */
  readonly connections: Connections
  readonly #server: Server
  readonly #options: ServiceOptions
  readonly #pressure: Pressure
  readonly #means: RequestMeans
  readonly #delivery: Delivery
  readonly #guesses: Guesses
  #upgrades: Upgrades | undefined
  #guard: Guard | undefined
  /** Told of every answer that is given, it counts it with the others, also where it was not asked in HTTP. */
  readonly told: Told = (row, startedAtMs, answer) => void this.#note(row, startedAtMs, answer)
  #draining = false
  #quietSinceMs = performance.now()

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
    this.#options = options
    const mayUpgrade = (message: IncomingMessage) => this.#upgrades?.accepts(message) ?? false
    this.#server = createServer({ ...options, mayUpgrade })
    this.#pressure = new Pressure({
      log: options.log,
      now: () => performance.now(),
      afterTurn: setImmediate,
    })
    this.#guesses = new Guesses({ clock: systemClock, log: options.log })
    this.connections = new Connections(this.#server, options)
    this.#means = options.means ?? createMeans(options)
    this.#delivery = new Delivery({ ...options, ...this.#means, clock: systemClock })
  }

  /** Answers from now on. To be called in the turn in which `listen` returns: nothing has arrived yet then. */
  serve(routes: readonly Route[], credentials: Credentials): void {
    const guard = new Guard(credentials)
    const { told, connections } = this
    this.#guard = guard
    const answering = createAnswering(guard, {
      hasNoPlace: ({ message }) => connections.refuses(message.socket),
      guesses: this.#guesses,
      wrong: this.#options.metrics.wrong,
    })
    const note = (message: IncomingMessage, response: ServerResponse) =>
      connections.note(message, response, () => guard.isMember(message))
    const conclude = this.#conclude.bind(this)
    const [means, delivery, { log }] = [this.#means, this.#delivery, this.#options]
    const koa = createKoaApp({ routes, answering, guard, log, means, delivery, conclude }).callback()
    const hot = new HotRoutes(routes)
    this.#upgrades = new Upgrades(this.#server, { ...means, hot, guard, told, connections, delivery })
    this.#server.on('request', (message: IncomingMessage, response: ServerResponse) => {
      note(message, response)
      const match = hot.find(message.method, message.url)
      if (match === undefined) koa(message, response)
      else this.#answer(match, answering, new HttpRequest(message, response, means), response)
    })
    this.#server.on('checkExpectation', (message: IncomingMessage, response: ServerResponse) => {
      note(message, response)
      koa(message, response)
    })
  }

  /** What Koa does, of a row that was found without it. */
  #answer(
    { route, captures }: HotMatch,
    answering: Answering,
    request: HttpRequest,
    out: ServerResponse,
  ): void {
    const startedAtMs = performance.now()
    request.captures = captures
    const isRefused = route.access === 'public' && this.#pressure.isTooMuch(startedAtMs)
    const answer = isRefused ? problem(tooMuch()) : answering(route, request)
    void andThen(answer, (answer) =>
      this.#send(request, startedAtMs, route, this.#delivery.admitted(request, answer), out),
    )
  }

  #send(
    request: HttpRequest,
    startedAtMs: number,
    route: Route,
    response: HttpResponse,
    out: ServerResponse,
  ): void {
    const headers = this.#conclude(request, startedAtMs, route, response)
    try {
      this.#delivery.send(request, response, headers, out)
    } catch (thrown) {
      // What was stored has a header that HTTP cannot carry.
      if (response.error === undefined) this.#send(request, startedAtMs, route, problem(thrown), out)
    }
  }

  /** Counts, times and logs an answer. @returns its headers, with those that every answer has. */
  #conclude(
    request: HttpRequest,
    startedAtMs: number,
    route: Route | undefined,
    response: HttpResponse,
  ): Record<string, string> {
    const { path = 'unknown', isProbe = false } = route ?? {}
    const { method } = request
    const isLogged = this.#note({ method, path, isProbe }, startedAtMs, response, request)
    if (response.audited !== undefined) this.#audit(request, response.audited)
    const all: Record<string, string> = { ...response.headers, 'x-content-type-options': 'nosniff' }
    // Where a log may tell of it; one header more costs as much as reading a value.
    if (request.traced || isLogged || response.error !== undefined) all['x-request-id'] = request.id
    if (isPrivate(route)) all['cache-control'] ??= 'private, no-cache'
    if (request.replicas !== undefined) all['larder-replicas'] = String(request.replicas)
    if (this.#draining) all['connection'] = 'close'
    this.#guard?.origins.tell(request.message, all)
    return all
  }

  #audit({ id: requestId, message }: HttpRequest, audited: Audited): void {
    audit(this.#options.log, { ...audited, address: message.socket.remoteAddress, requestId })
  }

  /** @returns whether the log tells of it. */
  #note(
    { method, path, isProbe = false }: ToldRow,
    startedAtMs: number,
    { status, error }: HttpResponse,
    request?: HttpRequest,
  ): boolean {
    const { log, metrics } = this.#options
    if (!isProbe) this.#quietSinceMs = Math.max(this.#quietSinceMs, startedAtMs)
    const elapsedMs = performance.now() - startedAtMs
    metrics.answers.count(path, method, status, elapsedMs / 1000)
    const isTraced = request?.traced && request.isLetIn
    const level = status === 500 ? 'error' : isTraced ? 'info' : 'debug'
    const isLogged = log.isLevelEnabled(level)
    if (isLogged) {
      const told = { method, route: path, status, elapsedMs: Math.round(elapsedMs * 1000) / 1000 }
      log[level]({ requestId: request?.id, ...told, code: error?.code, error: error?.cause }, 'answered')
    }
    return isLogged
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /**
   * From now on every answer closes its connection, so that kept-alive clients connect elsewhere. Idle
   * connections stay open: a request may be on its way on any of them. However quiet it was before, nobody can have
   * noticed yet.
   */
  drain(): void {
    if (!this.#draining) this.#quietSinceMs = performance.now()
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

  /** For how long no request but probes has come; while it drains, since that began. */
  get quietMs(): number {
    return performance.now() - this.#quietSinceMs
  }

  /** Lets clients and balancers notice, answers what is under way, and closes. */
  async stop(clock: Clock): Promise<void> {
    this.drain()
    await this.untilQuiet(clock, { quietMs: QUIET_MS, waitMaxMs: QUIET_WAIT_MAX_MS })
    await this.close(CLOSE_MAX_MS)
  }

  /** Stops listening, lets running requests finish for at most `graceMs`, then cuts what is left. */
  async close(graceMs: number): Promise<void> {
    this.drain()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve()) // It closes idle connections too.
    this.connections.cutBare()
    this.#guesses.stop()
    this.#upgrades?.close()
    const timer = systemClock.after(graceMs, () => {
      this.#server.closeAllConnections()
      this.#upgrades?.cut()
    })
    await promise
    timer.cancel()
  }
}
