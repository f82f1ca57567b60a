/**
 * The local engine with the cached responses in it: what is missing is fetched, once, however many ask.
 *
 * A fetch stores its answer only if nothing was said against it while it was under way: an event, a response
 * that the application put or deleted, a change of members. Such a fetch is cut loose: those who waited for it
 * still get what it brings, whoever asks from now on starts another. Its own store may already be queued then;
 * what is said against it is queued behind.
 *
 *     get ── fresh ─▶ answer                                  fetch ── under way ─▶ wait for that one
 *        ├── stale, for a while ─▶ answer, fetch behind it           └─ ask upstream ─▶ store ─▶ answer
 *        └── else missing: the asking member sends fetch                    └─ failed ─▶ stale, if allowed
 */
import type { ClusterCommand, Command, KeyCommand, Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { andThen, type Eventual } from '../../shared/eventual.ts'
import type { Log } from '../../shared/log.ts'
import type { Engine, ExecuteOptions } from '../engine.ts'
import { type Match, type RouteTable, usefulMs } from '../route-table.ts'
import type { SourceMetrics } from './metrics.ts'
import { flightOf, renewed, type Stored, seconds, type Wanted, withStatus } from './stored.ts'
import { Tokens } from './tokens.ts'
import type { Upstream, UpstreamAnswer } from './upstream.ts'

export interface ReadThroughOptions {
  readonly local: Engine
  readonly routes: RouteTable
  readonly upstream: Pick<Upstream, 'ask'>
  readonly log: Log
  readonly metrics: SourceMetrics
  /** What tokens may take that are remembered for refreshes. */
  readonly tokenBytesMax: number
}

interface Flight {
  readonly asked: Wanted
  isCutLoose: boolean
  storing: Promise<unknown>
  reply: Promise<Reply>
}

export class ReadThrough implements Engine {
  readonly #options: ReadThroughOptions
  /** What is being fetched; a flight that is cut loose is no longer here. */
  readonly #flights = new Map<string, Flight>()
  readonly #tokens: Tokens

  constructor(options: ReadThroughOptions) {
    this.#options = options
    this.#tokens = new Tokens(options.tokenBytesMax)
  }

  get tokenBytes(): number {
    return this.#tokens.bytes
  }

  execute(command: Command, options: ExecuteOptions): Eventual<Reply> {
    switch (command.type) {
      case 'response.get':
        return this.#get(command, options)
      case 'response.fetch':
        return this.#fetch(command, options)
      case 'response.put':
      case 'response.delete':
      case 'response.invalidate':
        return this.#overrule(command, options)
      case 'responses.clear':
        return this.#clear(command, options)
      default:
        return this.#options.local.execute(command, options)
    }
  }

  /** The members have changed: what is under way may have missed something elsewhere. */
  doubt(): void {
    this.#cutLoose(() => true)
  }

  #get(asked: Wanted, options: ExecuteOptions): Eventual<Reply> {
    const { route } = this.#matchOf(asked.key)
    return andThen(this.#options.local.execute(asked, options), (stored) => {
      if (stored.type !== 'response') return stored
      const leftMs = route.ttlMs - stored.ageMs
      if (-leftMs >= route.staleWhileRevalidateMs) return { type: 'missing', owner: stored.owner }
      if (leftMs <= 0) this.#refetch(asked, options)
      const result = leftMs > 0 ? 'hit' : 'stale'
      return this.#counted(route.type, result, withStatus(stored, `hit; ttl=${seconds(leftMs)}`))
    })
  }

  async #fetch(asked: Wanted, options: ExecuteOptions): Promise<Reply> {
    const match = this.#matchOf(asked.key)
    const { type } = match.route
    const running = this.#flights.get(flightOf(asked))
    if (running === undefined)
      return this.#counted(type, 'miss', await this.#start(match, asked, options).reply)
    const reply = await running.reply
    // Whoever was refused for his own token decides nothing for others.
    const isRefusal = reply.type === 'response' && (reply.status === 401 || reply.status === 403)
    if (isRefusal && running.asked.authorization !== asked.authorization)
      return await this.#fetch(asked, options)
    const collapsed = reply.type === 'response' ? withStatus(reply, `${reply.cacheStatus}; collapsed`) : reply
    return this.#counted(type, 'collapsed', collapsed)
  }

  #start(match: Match, asked: Wanted, options: ExecuteOptions): Flight {
    const flight: Flight = {
      asked,
      isCutLoose: false,
      storing: Promise.resolve(),
      reply: Promise.resolve().then(() => this.#load(match, flight, options)),
    }
    const name = flightOf(asked)
    this.#flights.set(name, flight)
    const land = () => {
      if (this.#flights.get(name) === flight) this.#flights.delete(name)
    }
    flight.reply.then(land, land)
    return flight
  }

  async #load(match: Match, flight: Flight, options: ExecuteOptions): Promise<Reply> {
    const { asked } = flight
    const { route } = match
    const stored = await this.#stored(asked, options)
    // It may have come while the asking member made up its mind.
    if (stored !== undefined && stored.ageMs < route.ttlMs)
      return withStatus(stored, `hit; ttl=${seconds(route.ttlMs - stored.ageMs)}`)
    try {
      const { tenant, query, authorization } = asked
      const answer = await this.#options.upstream.ask({
        match,
        query,
        tenant,
        authorization,
        etag: stored?.headers['etag'],
      })
      const current = answer.status === 304 && stored !== undefined ? renewed(stored) : answer
      const isStored = await this.#keep(match, flight, current, options)
      const how = `fwd=${stored ? 'stale' : 'miss'}; fwd-status=${answer.status}${isStored ? '; stored' : ''}`
      const { status, contentType, headers, body } = current
      return { type: 'response', status, contentType, headers, body, ageMs: 0, cacheStatus: how, owner: '' }
    } catch (error) {
      const staleMs = (stored?.ageMs ?? Infinity) - route.ttlMs
      if (stored === undefined || staleMs > route.staleIfErrorMs || flight.isCutLoose) throw error
      const reason = error instanceof LarderError ? error.code : 'INTERNAL'
      return withStatus(stored, `fwd=stale; ttl=${seconds(-staleMs)}; detail=${reason}`)
    }
  }

  /** Stores an answer that may be stored; whoever waits gets it in any case. @returns whether it is. */
  async #keep(
    { route }: Match,
    flight: Flight,
    answer: UpstreamAnswer,
    options: ExecuteOptions,
  ): Promise<boolean> {
    if (!answer.isStorable || flight.isCutLoose) return false
    const { key, tenant, query } = flight.asked
    const { contentType, headers, body } = answer
    const ttlMs = usefulMs(route)
    const put = { type: 'response.put', key, tenant, query, contentType, headers, body, ttlMs } as const
    const storing = Promise.try(() => this.#options.local.execute(put, unhurried(options)))
    flight.storing = storing.catch(() => {})
    try {
      await storing
      if (route.events?.action === 'refresh') this.#tokens.remember(flight.asked)
      return true
    } catch {
      return false // An answer that cannot be stored is an answer all the same.
    }
  }

  /** What is put, deleted or invalidated prevails over whatever is under way. */
  async #overrule(
    command: Extract<KeyCommand, { type: 'response.put' | 'response.delete' | 'response.invalidate' }>,
    options: ExecuteOptions,
  ): Promise<Reply> {
    const { key } = command
    const tenant = 'tenant' in command ? command.tenant : undefined
    const isMeant = (asked: Wanted) => asked.key === key && (tenant === undefined || asked.tenant === tenant)
    const cached = command.type === 'response.invalidate' ? await this.#cached(key, options) : []
    const loose = this.#cutLoose(isMeant)
    const reply = await this.#options.local.execute(command, options)
    // Whatever began before it was applied may have read what was there then.
    loose.push(...this.#cutLoose(isMeant))
    if (command.type === 'response.invalidate' && command.isRefresh)
      for (const asked of [...cached, ...loose.map(({ asked }) => asked)]) this.#refetch(asked, options)
    return reply
  }

  /** The responses under a path that are there, with what they were fetched with. */
  async #cached(key: string, options: ExecuteOptions): Promise<Wanted[]> {
    const known = this.#tokens.of(key).map((fetched): Wanted => ({ type: 'response.fetch', ...fetched }))
    const stored = await Promise.all(known.map((asked) => this.#stored(asked, options)))
    return known.filter((_, index) => stored[index] !== undefined)
  }

  async #clear(
    command: Extract<ClusterCommand, { type: 'responses.clear' }>,
    options: ExecuteOptions,
  ): Promise<Reply> {
    const { tenant } = command
    const loose = this.#cutLoose((asked) => tenant === undefined || asked.tenant === tenant)
    // Unlike a key, all slots have no one queue: what is about to be stored is awaited.
    await Promise.all(loose.map(({ storing }) => storing))
    return await this.#options.local.execute(command, options)
  }

  #cutLoose(isMeant: (asked: Wanted) => boolean): Flight[] {
    const meant = [...this.#flights].filter(([, { asked }]) => isMeant(asked))
    for (const [name, flight] of meant) {
      flight.isCutLoose = true
      this.#flights.delete(name)
    }
    return meant.map(([, flight]) => flight)
  }

  /** Nobody waits for it; a failure is counted with the calls. */
  #refetch(asked: Wanted, options: ExecuteOptions): void {
    if (this.#flights.has(flightOf(asked))) return
    const match = this.#matchOf(asked.key)
    this.#start(match, asked, unhurried(options)).reply.catch((error) => {
      this.#options.log.debug({ type: match.route.type, error }, 'a response could not be fetched anew')
    })
  }

  async #stored(asked: Wanted, options: ExecuteOptions): Promise<Stored | undefined> {
    const reply = await this.#options.local.execute({ ...asked, type: 'response.get' }, options)
    return reply.type === 'response' ? reply : undefined
  }

  #matchOf(key: string): Match {
    const match = this.#options.routes.match(key)
    if (match === undefined)
      throw new LarderError('NO_SUCH_PATH', 'The member that owns this path has no route for it.')
    return match
  }

  #counted(type: string, result: string, reply: Reply): Reply {
    this.#options.metrics.responses.inc({ type, result })
    return reply
  }
}

/** For what nobody waits for. */
function unhurried({ requestId, traced }: ExecuteOptions): ExecuteOptions {
  return { requestId, traced, deadlineAtMs: Infinity }
}
