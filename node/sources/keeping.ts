/**
 * What is stored of what upstream answers. Where it varies by headers of the request, each variant is stored by itself, and
 * at the address itself stands by which headers they are told apart.
 */

import type { Log } from '../../shared/log.ts'
import type { Engine, ExecuteOptions } from '../engine.ts'
import { hasTag } from '../entries/response.ts'
import { type CachedRoute, type Match, variantOf, withVariant } from '../route-table.ts'
import type { Flight } from './flights.ts'
import { factsOf, keptMs, varyOf } from './policy.ts'
import type { Wanted } from './stored.ts'
import type { UpstreamAnswer } from './taking.ts'
import type { Tokens } from './tokens.ts'

export interface KeepingOptions {
  readonly local: Engine
  readonly log: Log
  readonly tokens: Tokens
}

export interface Kept {
  readonly flight: Flight
  readonly answer: UpstreamAnswer
  readonly options: ExecuteOptions
}

const POINTER = { contentType: '', headers: {}, body: new Uint8Array() }

export class Keeping {
  readonly #options: KeepingOptions

  constructor(options: KeepingOptions) {
    this.#options = options
  }

  /** Stores an answer that may be stored; whoever waits gets it in any case. @returns whether it is. */
  async keep({ route }: Match, { flight, answer, options }: Kept): Promise<boolean> {
    const { asked } = flight
    const ttlMs = keptMs(route, answer, asked)
    if (ttlMs === undefined || flight.isCutLoose || isPurged(flight, answer)) return false
    const vary = route.freshness === 'upstream' ? varyOf(answer.headers) : []
    const { key, tenant, query } = asked
    const put = async (
      query: string,
      response: Pick<UpstreamAnswer, 'contentType' | 'headers' | 'body'>,
      facts = factsOf(answer),
    ) => {
      const { contentType, headers, body } = response
      const content = { contentType, headers, body, ttlMs, ...(facts && { facts }), ...fenceOf(flight) }
      await this.#options.local.execute(
        { type: 'response.put', key, tenant, query, ...content },
        unhurried(options),
      )
    }
    const storing = Promise.try(async () => {
      if (vary.length === 0) return await put(query, answer)
      await put(withVariant(query, variantOf(vary, headersOf(asked))), answer)
      await put(query, POINTER, { vary })
    })
    flight.storing = storing.catch(() => {})
    try {
      await storing
      this.#remember(route, asked)
      return true
    } catch {
      return false // An answer that cannot be stored is an answer all the same.
    }
  }

  #remember(route: CachedRoute, asked: Wanted): void {
    const isOfUse = route.events?.action === 'refresh' || route.staleWhileRevalidateMs > 0
    if (route.freshness === 'route' && isOfUse) this.#options.tokens.remember(asked)
  }

  /** What is there must not be kept any more: upstream has said so, or has something else. */
  async drop(flight: Flight, options: ExecuteOptions): Promise<void> {
    if (flight.isCutLoose) return
    const { key, tenant, query } = flight.asked
    const nothing = { ...POINTER, ttlMs: 0, ...fenceOf(flight) }
    await Promise.try(() =>
      this.#options.local.execute(
        { type: 'response.put', key, tenant, query, ...nothing },
        unhurried(options),
      ),
    ).catch((error) =>
      this.#options.log.debug({ error }, 'what may not be kept any more could not be dropped'),
    )
  }
}

/** Something was said against what is tagged as this is, while it was under way. */
export function isPurged({ purges }: Flight, { headers }: Pick<UpstreamAnswer, 'headers'>): boolean {
  return purges.some(({ tag }) => tag === undefined || hasTag({ headers }, tag))
}

function fenceOf({ fence }: Flight): { readonly fence?: string } {
  return fence === undefined ? {} : { fence }
}

/** What may make a difference to upstream. */
export function headersOf({ headers, authorization }: Wanted): Readonly<Record<string, string | undefined>> {
  return { ...headers, authorization }
}

/** For what nobody waits for. */
function unhurried({ requestId, traced }: ExecuteOptions): ExecuteOptions {
  return { requestId, traced, deadlineAtMs: Infinity }
}
