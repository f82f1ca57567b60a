/**
 * One of the clients of a chaos run: it writes and reads at a steady pace, and knows of each write whether it was
 * acknowledged.
 *
 * What failed is tried again in the background until it succeeds, as long as that is harmless; meanwhile the client
 * goes on with other keys. So a slot out of reach does not hide what else is.
 */
import { pause, systemClock } from '../../shared/clock.ts'
import type { Op } from './history.ts'
import { ANYTHING, type Lie, type Written } from './ledger.ts'
import { Locker } from './locker.ts'
import type { Random } from './random.ts'
import type { Counter, Item, Place, Records } from './records.ts'
import type { Answer, Request } from './requests.ts'
import { type Sender, sendAs, untilRetry } from './sending.ts'
import type { Stage } from './stage.ts'
import type { Verdict } from './verdict.ts'
import type { Watchers } from './watchers.ts'

/** What has not succeeded by then, never will. */
const PATIENCE_MS = 60_000
/** Writes and reads of one client that may be under way at the same time. */
const UNDERWAY_MAX = 12
const AMOUNT_MAX = 9
/** Of so many increments with a key one is sent twice. */
const TWICE_OF = 4

type Asked = Pick<Op, 'op' | 'value' | 'once'>

/** A write that is to succeed in the end. */
interface Insisted extends Asked {
  readonly request: Request
  begin(): Written
  beforeRetry?(): Promise<void>
}

/** What all that a client does needs. */
export interface ClientParts extends Sender {
  readonly random: Random
  readonly stage: Stage
  readonly verdict: Verdict
  /** Nothing is tried again after this. */
  readonly interrupted: AbortSignal
}

export interface ClientOptions extends ClientParts {
  readonly records: Records
  readonly watchers: Pick<Watchers, 'acknowledged'>
  /** Between two operations, on average. */
  readonly paceMs: number
}

/** An increment that was answered; sent again, it gives the same answer. */
export interface Once {
  readonly counter: Counter
  readonly request: Request
  readonly total: string
}

export class Client {
  readonly #options: ClientOptions
  readonly #busy = new Set<Place>()
  readonly #own: readonly Place[]
  /** For what depends on how the cluster answers, so that what is asked does not. */
  readonly #luck: Random
  readonly #locker: Locker
  #underway = 0
  /** Writes that were. */
  acknowledged = 0
  #serial = 0
  /** The last increment with a key that was acknowledged. */
  lastOnce: Once | undefined

  constructor(options: ClientOptions) {
    this.#options = options
    this.#luck = options.random.fork()
    this.#locker = new Locker({ ...options, random: options.random.fork() })
    this.#own = options.records.places.filter(({ writer }) => writer === options.index)
  }

  async run(ending: AbortSignal): Promise<void> {
    const { stage, random, paceMs } = this.#options
    while (!ending.aborted) {
      await stage.untilOpen()
      if (this.#underway < UNDERWAY_MAX) {
        this.#underway++
        void stage.act(() => this.#act()).finally(() => this.#underway--)
      }
      await pause(systemClock, random.between(1, 2 * paceMs - 1), ending)
    }
  }

  #act(): Promise<void> {
    const { random, records } = this.#options
    const dice = random.below(100)
    if (dice < 3) return this.#locker.use(random.pick(records.locks))
    if (dice < 35) return this.#write(random.pick(this.#own), random.below(4) === 0)
    if (dice < 60) return this.#increment(random.pick(records.counters), random.between(1, AMOUNT_MAX))
    return this.#read(random.pick(dice < 80 ? this.#own : records.all))
  }

  /** Nobody else writes there, and this client writes again only when it knows what became of it. */
  async #write(place: Place, isRemoval: boolean): Promise<void> {
    if (this.#busy.has(place)) return
    this.#busy.add(place)
    const state = isRemoval ? '' : place.stateOf(++this.#serial)
    const request = isRemoval ? place.remove() : place.put(state)
    const op = { op: isRemoval ? 'remove' : 'write', value: state } as const
    const begin = () => place.subject.write(state, this.#options.stage.generation)
    await this.#insist(place, { ...op, request, begin })
    this.#busy.delete(place)
  }

  async #increment(counter: Counter, by: number): Promise<void> {
    const { index, stage } = this.#options
    const { subject } = counter
    const mark = this.#markOf(counter)
    const addition = subject.add(by)
    const once = counter.isKeyed ? `once ${index} ${++this.#serial}` : undefined
    const request = counter.add(by, once)
    const { generation } = stage
    const total = await this.#insist(counter, {
      op: 'add',
      value: `${by}`,
      once,
      request,
      begin: () => addition,
      // Under way when the network was cut or joined: only the whole cluster can tell whether it was counted.
      beforeRetry: () => (stage.generation === generation ? Promise.resolve() : stage.untilWhole()),
    })
    if (total === undefined) return
    this.#look(counter, total, stage.generation === generation ? mark + by : ANYTHING)
    if (once !== undefined) this.lastOnce = { counter, request, total }
  }

  /** @returns what the answer says, once it is an acknowledgement. */
  async #insist(
    item: Item,
    { request, begin, beforeRetry = () => Promise.resolve(), ...op }: Insisted,
  ): Promise<string | undefined> {
    const { verdict, interrupted } = this.#options
    const startedAtMs = systemClock.now()
    let hasFailed = false
    for (;;) {
      const written = begin()
      const answer = await this.#sendMaybeTwice(item, op, request)
      const tookMs = systemClock.now() - startedAtMs
      if (answer.problem === '') {
        written.acknowledge(systemClock.now())
        verdict.acknowledged()
        this.acknowledged++
        // Whoever is there already, or not, is so after the same again.
        if (op.op === 'add' || (op.op === 'write' && item.kind === 'value'))
          this.#options.watchers.acknowledged(item, startedAtMs)
        verdict.took(tookMs)
        if (hasFailed) verdict.failedFor(tookMs)
        return request.method === 'POST' ? item.stateIn(answer) : ''
      }
      verdict.unknown()
      verdict.failed(answer.problem)
      hasFailed = true
      if ((op.op === 'add' && op.once === undefined) || interrupted.aborted) return undefined
      if (tookMs > PATIENCE_MS) {
        verdict.took(tookMs)
        verdict.failedFor(tookMs)
        verdict.breach('not recovered', `${item.name}: ${answer.problem} for ${PATIENCE_MS / 1000} s`)
        return undefined
      }
      await untilRetry(this.#luck)
      await beforeRetry()
    }
  }

  async #read(item: Item): Promise<void> {
    const { verdict, stage } = this.#options
    const { generation } = stage
    const mark = this.#markOf(item)
    const answer = await this.#send(item, { op: 'read' }, item.get())
    const found = item.stateIn(answer)
    if (found === undefined) verdict.failed(answer.problem || `unexpected ${answer.status}`)
    else this.#look(item, found, generation === stage.generation ? mark : ANYTHING)
  }

  #look(item: Item, found: string, mark: number): void {
    const lie = item.subject.judge(found, mark)
    if (lie === undefined) return
    const { verdict, stage } = this.#options
    const what = `${item.name} reads ${JSON.stringify(found)} (${said[lie]}), network ${stage.connection}`
    verdict.breach(lie === 'wrong tenant' ? lie : 'false read', what)
  }

  /**
   * What a read that begins now has to see. While the cluster is cut, a half may miss all that was not written in
   * it; this client writes in its own half, so of its own places it knows. What the halves have exchanged while
   * they heal, nobody knows.
   */
  #markOf(item: Item): number {
    const { stage, index } = this.#options
    if (stage.connection === 'whole') return item.subject.mark()
    const isOwn = 'writer' in item && item.writer === index
    if (stage.connection === 'healing' || !isOwn) return ANYTHING
    return this.#own.find((place) => place === item)?.subject.markOf(stage.generation) ?? ANYTHING
  }

  /** An increment with a key may be sent again at any time, also while the first is under way: it is counted once. */
  async #sendMaybeTwice(item: Item, op: Asked, request: Request): Promise<Answer> {
    const isTwice = op.once !== undefined && this.#luck.below(TWICE_OF) === 0
    const [answer] = await Promise.all([
      this.#send(item, op, request),
      isTwice ? this.#send(item, op, request) : undefined,
    ])
    return answer
  }

  #send(item: Item, op: Asked, request: Request): Promise<Answer> {
    const foundIn = (answer: Answer) =>
      op.op === 'read' || (op.op === 'add' && answer.problem === '') ? item.stateIn(answer) : undefined
    const sent = { kind: item.kind, key: item.name, ...op, request, foundIn }
    return sendAs(this.#options, sent, this.#luck)
  }
}

const said: { readonly [lie in Lie]: string } = {
  lost: 'an acknowledged write is missing',
  resurrected: 'it was overwritten or deleted before',
  'counted twice': 'more than was ever added',
  'granted twice': 'while somebody else has it',
  'wrong tenant': 'of another tenant',
}
