/**
 * One life of a primary, which tells what is noted in its stream: as long as it is the same process and has not been a replica
 * meanwhile. Then nothing that was there can be gone unnoticed: a place that is still in the stream has lost none of what came after it.
 */
import type { Redis } from 'ioredis'
import { type Clock, inTime, pause } from '../../shared/clock.ts'
import { LarderError } from '../../shared/errors.ts'
import type { FeedAnswer, FeedQuestion, Interest } from '../../shared/watching.ts'
import type { EngineSettings } from '../engine-settings.ts'
import { FEED_MAX_MS, type Teller } from '../feed/feed.ts'
import { listOf, numberOf, type Parts, textOf } from './answer.ts'
import { redisOf } from './clients.ts'
import { engineError } from './errors.ts'
import { isExact, placeAt, positionOf } from './feeds.ts'
import { entryIn } from './marks.ts'
import type { Means } from './means.ts'
import { UNNOTED } from './places.ts'
import { type Argument, OF_PRIMARY } from './scripts.ts'
import { tellingOf } from './telling.ts'

/** What was noted is kept for so long when nobody asks any more. */
const KEPT_MS = 180_000
/** What comes together is told together. */
const GATHER_MS = 4
const ENTRIES_MAX = 500
/** What was carried out is answered by then, by whichever node. */
const ANSWERED_MS = 200

export interface PrimaryOptions {
  readonly settings: EngineSettings
  readonly clock: Clock
  readonly means: () => Means
  /** Its stream. */
  readonly feed: string
  readonly address: string
  /** How often it was let go here before. */
  readonly times: number
  /** Whether there are others: then it may be told to note something where it cannot. */
  readonly isOneOfMany: boolean
  onUnnoted(): void
  /** Like no other that was ever given in this process. */
  look(): number
}

export class Primary implements Teller {
  readonly incarnation: string
  readonly #options: PrimaryOptions
  /** One that is asked, one that waits, and one that listens. */
  readonly #clients: readonly [Redis, Redis, Redis]
  #waiting: { readonly position: number; readonly over: Promise<unknown> } | undefined

  /** @throws where it cannot be reached. */
  static async reach(options: PrimaryOptions): Promise<Primary> {
    const { settings, address, clock } = options
    const end = address.lastIndexOf(':')
    const [host, port] = [address.slice(0, end), Number(address.slice(end + 1))]
    const addresses = [{ ...settings.addresses[0], host, port }]
    const client = () => redisOf({ ...settings, addresses }, { retryStrategy: () => null })
    const clients = [client(), client(), client()] as const
    try {
      for (const one of clients) one.on('error', () => {})
      const late = new LarderError('UNREACHABLE', `${address} does not answer.`)
      const connecting = Promise.all(clients.map((one) => one.connect()))
      await inTime(connecting, { clock, timeoutMs: FEED_MAX_MS, late })
      const [asked, , listening] = clients
      for (const [name, script] of Object.entries(OF_PRIMARY)) asked.defineCommand(name, script)
      if (options.isOneOfMany) await listening.subscribe(UNNOTED)
      listening.on('message', () => options.onUnnoted())
      const [server, replication] = [await asked.info('server'), await asked.info('replication')]
      const run = /^run_id:(\w+)/m.exec(server)?.[1] ?? ''
      const life = /^master_replid:(\w+)/m.exec(replication)?.[1] ?? ''
      const slot = options.feed.replace(/\D/g, '')
      const parts = [slot, run.slice(0, 16), life.slice(0, 16), ...(options.times > 0 ? [options.times] : [])]
      return new Primary(options, clients, parts.join('.'))
    } catch (error) {
      for (const one of clients) one.disconnect()
      throw error
    }
  }

  private constructor(options: PrimaryOptions, clients: readonly [Redis, Redis, Redis], incarnation: string) {
    this.#options = options
    this.#clients = clients
    this.incarnation = incarnation
  }

  get feed(): string {
    return this.#options.feed
  }

  get address(): string {
    return this.#options.address
  }

  /** Whether it is still known that it is the same. */
  get isOpen(): boolean {
    return this.#clients.every(({ status }) => status === 'ready')
  }

  close(): void {
    for (const client of this.#clients) if (client.status !== 'end') client.disconnect()
  }

  /** @throws LarderError. */
  async answer(question: FeedQuestion): Promise<FeedAnswer> {
    if (question.type === 'state') throw new TypeError('a state is asked of the engine')
    try {
      return await this.#changes(question)
    } catch (error) {
      // What it says it may not be any more; it is looked at anew.
      if (!(error instanceof LarderError)) this.close()
      throw error instanceof LarderError ? error : engineError(error)
    }
  }

  async #changes({
    after,
    interests,
    holdMs,
  }: Extract<FeedQuestion, { type: 'changes' }>): Promise<FeedAnswer> {
    const { clock } = this.#options
    const untilMs = clock.now() + holdMs
    for (let position = after; ; ) {
      const answer = await this.#after(position, interests)
      // Whatever comes after this position is acknowledged after it was asked for.
      if (position === undefined) await pause(clock, ANSWERED_MS)
      const leftMs = untilMs - clock.now()
      const { items, hasMissed, isMore } = answer
      if (position === undefined || items.length > 0 || hasMissed || isMore || leftMs <= 0) return answer
      position = answer.position
      await this.#news(position, leftMs)
    }
  }

  /** Is over with what is noted next, and what comes with it, or after this time. */
  async #news(position: number, waitMs: number): Promise<void> {
    const [, waiting] = this.#clients
    if (this.#waiting?.position !== position) {
      const blockMs = Math.max(1, Math.ceil(waitMs))
      const over = waiting.xread('COUNT', 1, 'BLOCK', blockMs, 'STREAMS', this.feed, placeAt(position))
      over.catch(() => {})
      this.#waiting = { position, over }
    }
    const { over } = this.#waiting
    const forget = () => {
      if (this.#waiting?.over === over) this.#waiting = undefined
    }
    await over.finally(forget)
    await pause(this.#options.clock, GATHER_MS)
  }

  async #after(after: number | undefined, interests: readonly Interest[]): Promise<FeedAnswer> {
    const { first, last, entries } = await this.#read(after)
    const end = { items: [], position: positionOf(last), isMore: false, isLast: false }
    const isKnown = after === undefined || (positionOf(first) <= after && after <= end.position)
    if (!isKnown || !(isExact(last) && entries.every(({ place }) => isExact(place))))
      return { ...end, hasMissed: after !== undefined }
    const { clock, means, look } = this.#options
    const looking = { means: means(), deadlineAtMs: clock.now() + FEED_MAX_MS, look }
    const told = await tellingOf(entries, interests, looking)
    const isMore = told.upTo < entries.length || entries.length === ENTRIES_MAX
    const place = entries[told.upTo - 1]?.place ?? last
    return { ...end, items: told.items, position: positionOf(place), hasMissed: false, isMore }
  }

  /** Whether nobody else has asked that for so long. */
  async isFirst(everyMs: number): Promise<boolean> {
    const [asked] = this.#clients
    return (await asked.set(`${this.feed}:ends`, '', 'PX', everyMs, 'NX')) === 'OK'
  }

  /** Notes what has ended in these slots. @returns the contents where somebody has ended. */
  async ended(fromSlot: number, toSlot: number): Promise<string[]> {
    return (await this.#run('ended', [fromSlot, toSlot, this.feed])).map(textOf)
  }

  /** Those of these slots that it has, and that have nothing in them. */
  async empty(fromSlot: number, toSlot: number): Promise<number[]> {
    return (await this.#run('empty', [fromSlot, toSlot, this.feed])).map(numberOf)
  }

  async #run(name: keyof typeof OF_PRIMARY, parts: readonly Argument[]): Promise<Parts> {
    const [asked] = this.#clients
    const run: unknown = Reflect.get(asked, `${name}Buffer`)
    if (typeof run !== 'function') throw new TypeError(`${name} is no command`)
    return await run.call(asked, parts)
  }

  async #read(after: number | undefined) {
    const place = after === undefined ? '' : placeAt(after)
    const answer = await this.#run('changes', [this.feed, place, ENTRIES_MAX, KEPT_MS])
    const [first, last, entries] = answer
    return { first: textOf(first), last: textOf(last), entries: listOf(entries).map(entryIn) }
  }
}
