/**
 * One response, asked for at upstream: kept where it may be, and given in place of it what is there where it cannot be had.
 *
 *     ask upstream ─┬─ 304 ─▶ what is there, renewed ─┬▶ keep ─▶ answer
 *                   ├─ an answer ─────────────────────┘
 *                   └─ failed ─▶ what is there, as long as it may be given
 */
import type { Clock } from '../../shared/clock.ts'
import type { ResponseOutcome } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { andThen, type Eventual } from '../../shared/eventual.ts'
import type { Log } from '../../shared/log.ts'
import type { Engine, ExecuteOptions } from '../engine.ts'
import {
  type CachedRoute,
  type Match,
  queryIn,
  type RouteTable,
  variantOf,
  withVariant,
} from '../route-table.ts'
import type { Flight, Landing } from './flights.ts'
import { type Gate, throughGate } from './gate.ts'
import { headersOf, isPurged, Keeping, type Kept } from './keeping.ts'
import type { SourceMetrics } from './metrics.ts'
import { Pauses } from './pauses.ts'
import { conditionsFor, isAboutIt, isTrouble, renewed, standingOf } from './policy.ts'
import { addressOf, given, type Stored, seconds, type Wanted } from './stored.ts'
import type { UpstreamAnswer } from './taking.ts'
import { Tokens } from './tokens.ts'
import type { Upstream } from './upstream.ts'

export interface LoadingOptions {
  readonly local: Engine
  readonly routes: RouteTable
  readonly upstream: Pick<Upstream, 'ask'>
  readonly clock: Clock
  readonly log: Log
  readonly metrics: SourceMetrics
  /** What tokens may take that are remembered for refreshes. */
  readonly tokenBytesMax: number
  /** By which all come who fetch for the same store, where there are others. */
  readonly gate?: Gate
}

export class Loading {
  readonly #options: LoadingOptions
  readonly #keeping: Keeping
  readonly tokens: Tokens
  readonly pauses = new Pauses()

  constructor(options: LoadingOptions) {
    this.#options = options
    this.tokens = new Tokens(options.tokenBytesMax)
    this.#keeping = new Keeping({ ...options, tokens: this.tokens })
  }

  /** @throws LarderError NOT_READY where the members have different routes, as while they are changed. */
  matchOf({ key, path = key }: Wanted): Match {
    const match = this.#options.routes.match(path)
    if (match === undefined)
      throw new LarderError('NOT_READY', 'The member that owns this path has no route for it yet.')
    return match
  }

  /** What is stored, fresh or not. Where upstream varies by headers, what has been found first says by which. */
  find(wanted: Wanted, options: ExecuteOptions): Eventual<Stored | undefined> {
    const asked: Wanted = wanted.type === 'response.get' ? wanted : { ...wanted, type: 'response.get' }
    return andThen(this.#options.local.execute(asked, options), (reply) => {
      if (reply.type !== 'response') return undefined
      const vary = reply.facts?.vary
      if (vary === undefined) return reply
      const query = withVariant(asked.query, variantOf(vary, headersOf(asked)))
      const variant = this.#options.local.execute({ ...asked, query }, options)
      return andThen(variant, (reply) => (reply.type === 'response' ? reply : undefined))
    })
  }

  /** The responses under a path that are there, with what they were fetched with. */
  async cached(key: string, options: ExecuteOptions): Promise<Wanted[]> {
    const known = this.tokens.of(key).map((fetched): Wanted => ({ ...fetched, type: 'response.fetch' }))
    const stored = await Promise.all(known.map((asked) => this.find(asked, options)))
    return known.filter((_, index) => stored[index] !== undefined)
  }

  /** As who has fetched it last: whoever reads what is stored has shown his token to nobody yet. */
  trusted({ freshness }: CachedRoute, asked: Wanted): Wanted {
    return freshness === 'route' ? { ...asked, ...this.tokens.find(asked), type: asked.type } : asked
  }

  load(match: Match, flight: Flight, options: ExecuteOptions): Promise<Landing> {
    const { gate, clock } = this.#options
    if (gate === undefined) return this.#load(match, flight, options)
    return throughGate(flight, {
      gate,
      clock,
      leaseMs: match.route.timeoutMs,
      deadlineAtMs: options.deadlineAtMs,
      load: () => this.#load(match, flight, options),
      look: () => this.#fresh(match, flight, options),
    })
  }

  /** What another node has fetched meanwhile. */
  async #fresh({ route }: Match, { asked }: Flight, options: ExecuteOptions): Promise<Landing | undefined> {
    const stored = await this.find(asked, options)
    const standing = stored && standingOf(route, stored)
    if (stored === undefined || standing === undefined || standing.leftMs <= 0) return undefined
    return { reply: given(stored, `hit; ttl=${seconds(standing.leftMs)}`), isStored: true }
  }

  async #load(match: Match, flight: Flight, options: ExecuteOptions): Promise<Landing> {
    const { asked } = flight
    const { route } = match
    const stored = await this.find(asked, options)
    const standing = stored && standingOf(route, stored)
    // It may have come while the asking member made up its mind.
    if (stored !== undefined && standing !== undefined && standing.leftMs > 0)
      return { reply: given(stored, `hit; ttl=${seconds(standing.leftMs)}`), isStored: true }
    const mayGive = () =>
      stored !== undefined &&
      standing !== undefined &&
      -standing.leftMs <= standing.ifErrorMs &&
      standing.ifErrorMs > 0 &&
      !flight.isCutLoose &&
      !isPurged(flight, stored)
    const instead = (stored: Stored, reason: string): Landing => {
      const how = `fwd=stale; ttl=${seconds(standing?.leftMs ?? 0)}; detail=${reason}`
      return { reply: given(stored, how), isStored: true }
    }
    try {
      const answer = await this.#ask({ match, asked, stored, deadlineAtMs: options.deadlineAtMs })
      const isGood = route.freshness === 'route' || !isTrouble(answer.status)
      this.#note(asked, answer.status, !isGood)
      if (!isGood && stored !== undefined && mayGive()) return instead(stored, String(answer.status))
      return await this.#landed({ match, flight, stored, answer, options })
    } catch (error) {
      this.pauses.failed(addressOf(asked), this.#options.clock.now(), true)
      if (stored === undefined || !mayGive()) throw error
      return instead(stored, error instanceof LarderError ? error.code : 'INTERNAL')
    }
  }

  /** Whoever fails, or refuses, is left alone for a while. */
  #note(asked: Wanted, status: number, isReplaced: boolean): void {
    const isRefused = status === 401 || status === 403 || status === 429 || status >= 500
    if (isRefused) this.pauses.failed(addressOf(asked), this.#options.clock.now(), isReplaced)
    else this.pauses.worked(addressOf(asked))
  }

  async #ask({ match, asked, stored, deadlineAtMs }: Asked): Promise<UpstreamAnswer> {
    const { upstream, clock } = this.#options
    const { tenant, authorization, headers } = asked
    const query = queryIn(asked.query)
    const ask = (more: Readonly<Record<string, string>>) =>
      upstream.ask({
        match,
        query,
        tenant,
        authorization,
        headers: { ...headers, ...more },
        timeoutMs: deadlineAtMs - clock.now(),
      })
    if (stored === undefined) return await ask({})
    const answer = await ask(conditionsFor(stored))
    return answer.status !== 304 || isAboutIt(answer, stored) ? answer : await ask({})
  }

  async #landed({ match, flight, stored, answer, options }: Landed): Promise<Landing> {
    const { status } = answer
    if (status === 304 && stored === undefined)
      throw new LarderError(
        'UPSTREAM_REFUSED',
        'It says that nothing has changed, of which nothing was asked.',
      )
    const current = status === 304 && stored !== undefined ? renewed(stored, answer) : answer
    const isStored = await this.#keeping.keep(match, { flight, answer: current, options })
    if (!isStored && stored !== undefined && isOver(answer)) await this.#keeping.drop(flight, options)
    const { contentType, headers, body, ageMs } = current
    const cacheStatus = `fwd=${stored ? 'stale' : 'miss'}; fwd-status=${status}${isStored ? '; stored' : ''}`
    const reply: ResponseOutcome = {
      type: 'response',
      status: current.status,
      contentType,
      headers,
      body,
      ageMs,
      cacheStatus,
    }
    return { reply: { ...reply, owner: '' }, isStored }
  }
}

interface Asked {
  readonly match: Match
  readonly asked: Wanted
  readonly stored: Stored | undefined
  readonly deadlineAtMs: number
}

interface Landed extends Kept {
  readonly match: Match
  readonly stored: Stored | undefined
}

/** It says of what was there, too, that it is not to be kept; what refuses this caller, or leads him elsewhere, does not. */
function isOver({ status, isDirect }: UpstreamAnswer): boolean {
  return isDirect && (status === 200 || status === 304)
}
