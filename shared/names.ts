/**
 * The names by which this process reaches others, looked up at one place.
 *
 * An attempt to connect owns no lookup: it asks here, and what is found is there for all, also when the attempt was given up
 * long ago. The addresses that were good last are used while a lookup fails or lasts, as RFC 8767 has resolvers do it, so
 * that a name which cannot be looked up costs only those who have never reached it.
 */

import { ADDRCONFIG } from 'node:dns'
import { lookup as askSystem } from 'node:dns/promises'
import { Counter, type Registry } from 'prom-client'
import { type Clock, inTime } from './clock.ts'
import type { Log } from './log.ts'
import { type Address, comesBefore, Lookups, type Purpose, type Resolve } from './lookups.ts'
import { tellGauge } from './metrics.ts'
import { Trouble } from './trouble.ts'

/** What was found so short a time ago is not looked up again. */
const FRESH_MS = 1000
/** How long a name is waited for that was found before; a resolver that works takes far less. */
const GRACE_MS = 100
/** And one that never was; resolvers give up by then, unless they are asked to take longer. */
const WAIT_MAX_MS = 10_000
/** A name that was not found is left alone for as long as it took to find that out, within these bounds. */
const REST_MIN_MS = 100
const REST_MAX_MS = 5000
/** What was found so long ago is not used any more. */
const KEPT_MAX_MS = 86_400_000
/** Further ones take the places of those that were not asked for the longest. */
const NAMES_MAX = 1000

const LATE = Object.assign(new Error(`a name was not found within ${WAIT_MAX_MS / 1000} s`), {
  code: 'EAI_AGAIN',
})

/** All addresses of the families that this machine has, in the order in which the system would have them tried. */
const systemResolve: Resolve = (name) => askSystem(name, { all: true, hints: ADDRCONFIG })

interface Known {
  readonly name: string
  /** Empty where it was never found. */
  addresses: readonly Address[]
  foundAtMs: number
  /** Of the last lookup, where nothing came of it. */
  error?: unknown
  restsUntilMs: number
  askedAtMs: number
  /** Is over once it is known what comes of a lookup, and never fails. */
  asking?: Promise<void> | undefined
  readonly failing: Trouble
}

export interface NamesOptions {
  readonly clock: Clock
  readonly log: Log
  /** What names are for of which nothing else was said. */
  readonly otherwise?: Purpose
  readonly resolve?: Resolve
}

export class Names {
  readonly #options: NamesOptions
  readonly #lookups: Lookups
  readonly #known = new Map<string, Known>()
  readonly #purposes = new Map<string, Purpose>()
  #found = 0
  #failed = 0

  constructor(options: NamesOptions) {
    this.#options = options
    this.#lookups = new Lookups(options.resolve ?? systemResolve)
  }

  /** How many lookups came to what, and how many names wait for one. */
  get counts(): { found: number; failed: number; waiting: number } {
    return { found: this.#found, failed: this.#failed, waiting: this.#lookups.size }
  }

  /** Says what the hosts of these URLs are for; where one is for several things, the first of `Purpose` counts. */
  belong(purpose: Purpose, urls: readonly string[]): void {
    for (const url of urls) {
      const name = new URL(url).hostname.toLowerCase()
      const former = this.#purposes.get(name)
      renew(this.#purposes, name, former === undefined || comesBefore(purpose, former) ? purpose : former)
    }
  }

  /** All addresses, in their order. @throws what the system says, as a rejection, or EAI_AGAIN when that takes too long. */
  async find(name: string): Promise<readonly Address[]> {
    const { clock } = this.#options
    const nowMs = clock.now()
    const known = this.#of(name.toLowerCase())
    const ageMs = nowMs - known.foundAtMs
    if (ageMs < FRESH_MS) return known.addresses
    if (ageMs > KEPT_MAX_MS) known.addresses = []
    if (nowMs >= known.restsUntilMs) known.asking ??= this.#ask(known)
    const timeoutMs = known.addresses.length > 0 ? graceOf(known, nowMs) : WAIT_MAX_MS
    if (known.asking !== undefined && timeoutMs > 0)
      await inTime(known.asking, { clock, timeoutMs, late: LATE }).catch(() => {})
    if (known.addresses.length > 0) return known.addresses
    throw known.error ?? LATE
  }

  async #ask(known: Known): Promise<void> {
    const { clock, otherwise = 'other' } = this.#options
    const { name } = known
    const purpose = this.#purposes.get(name) ?? otherwise
    known.askedAtMs = clock.now()
    try {
      known.addresses = await this.#lookups.find({ name, purpose, isDoubtful: known.error !== undefined })
      known.foundAtMs = clock.now()
      known.error = undefined
      known.failing.end({ name })
      this.#found++
    } catch (error) {
      const tookMs = clock.now() - known.askedAtMs
      known.error = error
      known.restsUntilMs = clock.now() + Math.min(Math.max(tookMs, REST_MIN_MS), REST_MAX_MS)
      const addresses = known.addresses.map(({ address }) => address)
      known.failing.begin({ name, purpose, tookMs: Math.round(tookMs), addresses, error })
      this.#failed++
    }
    known.asking = undefined
  }

  #of(name: string): Known {
    const known = this.#known.get(name) ?? {
      name,
      addresses: [],
      foundAtMs: -Infinity,
      restsUntilMs: -Infinity,
      askedAtMs: -Infinity,
      failing: new Trouble(this.#options.log, {
        begins: 'a name cannot be looked up; what was found last is used still',
        ends: 'a name is found again',
      }),
    }
    renew(this.#known, name, known)
    return known
  }
}

/** One that fails, or lasts, is not waited for. */
function graceOf({ error, askedAtMs }: Known, nowMs: number): number {
  return error === undefined ? GRACE_MS - (nowMs - askedAtMs) : 0
}

function renew<T>(map: Map<string, T>, name: string, value: T): void {
  map.delete(name)
  map.set(name, value)
  const [oldest] = map.keys()
  if (map.size > NAMES_MAX && oldest !== undefined) map.delete(oldest)
}

export function registerNameMetrics(registry: Registry, names: Pick<Names, 'counts'>): void {
  new Counter({
    name: 'larder_name_lookups_total',
    help: 'Names that this process has asked the system for: those found, and those not found, which go by what was found last.',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      const { found, failed } = names.counts
      this.reset()
      this.inc({ outcome: 'found' }, found)
      this.inc({ outcome: 'failed' }, failed)
    },
  })
  tellGauge(registry, {
    name: 'larder_name_lookups_waiting',
    help: 'Names that are being looked up or wait for their turn: a resolver that answers leaves none.',
    read: () => names.counts.waiting,
  })
}
