/**
 * The local engine with the cached responses in it: what is missing is fetched, once, however many ask.
 *
 * Only what may be kept is shared. Whether it may is known when it is there: whoever asks with another authorization waits
 * for the fetch under way, and has his own if that one's answer is not kept. What many callers then fetch goes on side by
 * side, and each of them ends at his own deadline.
 *
 *     get ── fresh ─▶ answer                                  fetch ── under way ─▶ wait ── kept, or mine ─▶ answer
 *        ├── stale, for a while ─▶ answer, fetch behind it           │                └─ else ─┐
 *        └── else missing: the asking member sends fetch             └─────────────────────────┴▶ load (`loading.ts`)
 */
import { type Clock, inTime } from '../../shared/clock.ts'
import type { ClusterCommand, Command, KeyCommand, Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { andThen, type Eventual } from '../../shared/eventual.ts'
import type { Engine, ExecuteOptions } from '../engine.ts'
import type { CachedRoute, Match } from '../route-table.ts'
import { type Flight, Flights } from './flights.ts'
import { Loading, type LoadingOptions } from './loading.ts'
import { type Standing, standingOf } from './policy.ts'
import { addressOf, given, type Stored, seconds, type Wanted } from './stored.ts'

export interface ReadThroughOptions extends LoadingOptions {
  readonly clock: Clock
}

/** Of the time that a caller has, what others' fetches may take of it. */
const WAIT_PART = 1 / 2

export class ReadThrough implements Engine {
  readonly #options: ReadThroughOptions
  readonly #flights = new Flights()
  readonly #loading: Loading

  constructor(options: ReadThroughOptions) {
    this.#options = options
    this.#loading = new Loading(options)
  }

  get tokenBytes(): number {
    return this.#loading.tokens.bytes
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

  /** The members have changed: what is under way may have missed something elsewhere, but for those that are held all along. */
  doubt(isHeld: (key: string) => boolean): void {
    this.#flights.cutLoose(({ key }) => !isHeld(key))
  }

  #get(asked: Wanted, options: ExecuteOptions): Eventual<Reply> {
    const { route } = this.#loading.matchOf(asked)
    return andThen(this.#loading.find(asked, options), (stored) => {
      if (stored === undefined) return { type: 'missing', owner: '' }
      const standing = standingOf(route, stored)
      if (standing.leftMs > 0) return this.#counted(route, 'hit', hit(stored, standing))
      const [address, nowMs] = [addressOf(asked), this.#options.clock.now()]
      const staleMs = -standing.leftMs
      if (staleMs < standing.whileRevalidateMs) {
        if (!this.#loading.pauses.isPausing(address, nowMs)) this.#refetch(asked, options)
        return this.#counted(route, 'stale', hit(stored, standing))
      }
      if (staleMs <= standing.ifErrorMs && this.#loading.pauses.isReplacing(address, nowMs))
        return this.#counted(route, 'stale', hit(stored, standing))
      return { type: 'missing', owner: stored.owner }
    })
  }

  async #fetch(asked: Wanted, options: ExecuteOptions): Promise<Reply> {
    const match = this.#loading.matchOf(asked)
    const { route } = match
    const own = this.#own(route, asked)
    if (own !== undefined) return await this.#collapsed(route, own)
    const shared = await this.#shared(route, asked, options)
    if (shared !== undefined) return shared
    // What has begun meanwhile may be his too.
    const meanwhile = this.#own(route, asked)
    if (meanwhile !== undefined) return await this.#collapsed(route, meanwhile)
    return this.#counted(route, 'miss', (await this.#start(match, asked, options).landing).reply)
  }

  /** What upstream says to itself it may say to each caller in another way. */
  #own(route: CachedRoute, asked: Wanted): Flight | undefined {
    return route.freshness === 'route' ? this.#flights.ownOf(asked) : undefined
  }

  /** What another's fetch brings, once it is known that it is for all who ask so; `undefined` where it is not, or late. */
  async #shared(route: CachedRoute, asked: Wanted, options: ExecuteOptions): Promise<Reply | undefined> {
    const { clock } = this.#options
    const flight = this.#flights.firstOf(asked)
    if (flight === undefined) return undefined
    const timeoutMs = (options.deadlineAtMs - clock.now()) * WAIT_PART
    const { landing } = flight
    try {
      const { isStored } = await (timeoutMs === Infinity
        ? landing
        : inTime(landing, { clock, timeoutMs, late: LATE }))
      if (!isStored) return undefined
      if (route.freshness === 'route') return await this.#collapsed(route, flight)
      const stored = await this.#loading.find(asked, options)
      const standing = stored && standingOf(route, stored)
      if (stored === undefined || standing === undefined || standing.leftMs <= 0) return undefined
      return this.#counted(route, 'collapsed', hit(stored, standing))
    } catch (error) {
      // What is out of reach is so for everyone.
      if (error instanceof LarderError && error.code === 'UPSTREAM_UNREACHABLE') throw error
      return undefined
    }
  }

  async #collapsed(route: CachedRoute, flight: Flight): Promise<Reply> {
    const { reply } = await flight.landing
    if (reply.type !== 'response') return reply
    return this.#counted(route, 'collapsed', { ...reply, cacheStatus: `${reply.cacheStatus}; collapsed` })
  }

  #start(match: Match, asked: Wanted, options: ExecuteOptions): Flight {
    return this.#flights.begin(asked, (flight) => this.#loading.load(match, flight, options))
  }

  /** What is put, deleted or invalidated prevails over whatever is under way. */
  async #overrule(
    command: Extract<KeyCommand, { type: 'response.put' | 'response.delete' | 'response.invalidate' }>,
    options: ExecuteOptions,
  ): Promise<Reply> {
    const { key } = command
    const tenant = 'tenant' in command ? command.tenant : undefined
    const isMeant = (asked: Wanted) => asked.key === key && (tenant === undefined || asked.tenant === tenant)
    const isRefresh = command.type === 'response.invalidate' && command.isRefresh
    const cached = isRefresh ? await this.#loading.cached(key, options) : []
    const loose = this.#flights.cutLoose(isMeant)
    const reply = await this.#options.local.execute(command, options)
    // Whatever began before it was applied may have read what was there then.
    loose.push(...this.#flights.cutLoose(isMeant))
    if (isRefresh)
      for (const asked of [...cached, ...loose.map(({ asked }) => asked)]) this.#refetch(asked, options)
    return reply
  }

  async #clear(
    command: Extract<ClusterCommand, { type: 'responses.clear' }>,
    options: ExecuteOptions,
  ): Promise<Reply> {
    const { tenant, tag } = command
    const overrule = () =>
      tag === undefined
        ? this.#flights.cutLoose((asked) => tenant === undefined || asked.tenant === tenant)
        : this.#flights.passBy(command)
    // Unlike a key, all slots have no one queue: what is about to be stored is awaited.
    await Promise.all(overrule().map(({ storing }) => storing))
    const reply = await this.#options.local.execute(command, options)
    // Whatever began before it was applied may have read what was there then.
    overrule()
    return reply
  }

  /** Nobody waits for it; a failure is counted with the calls. */
  #refetch(reader: Wanted, { requestId, traced }: ExecuteOptions): void {
    const asked: Wanted = { ...reader, type: 'response.fetch' }
    if (this.#flights.firstOf(asked) !== undefined) return
    const match = this.#loading.matchOf(asked)
    const options = { requestId, traced, deadlineAtMs: Infinity }
    const flight = this.#start(match, this.#loading.trusted(match.route, asked), options)
    flight.landing.catch((error) => {
      this.#options.log.debug({ type: match.route.type, error }, 'a response could not be fetched anew')
    })
  }

  #counted({ type }: CachedRoute, result: string, reply: Reply): Reply {
    this.#options.metrics.responses.inc({ type, result })
    return reply
  }
}

const LATE = new LarderError('UPSTREAM_TIMEOUT', 'Another fetch of it takes too long.')

function hit(stored: Stored, { leftMs }: Standing): Stored {
  return given(stored, `hit; ttl=${seconds(leftMs)}`)
}
