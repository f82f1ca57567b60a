/**
 * The network between the members: real frames on ways that delay, lose, hold back and repeat them.
 *
 * Every request and every answer takes its own time, so what goes side by side is reordered; on a lane of its own a
 * sender sends one after the other by itself. What a cut holds back may still arrive after it is mended, as TCP sends
 * again. Only what concerns slots is ever repeated: TCP repeats nothing, and a command may count twice.
 */
import type { Connection, Posted } from '../../node/cluster/peers/connection.ts'
import { decodeRequest, EXECUTE_PATH, encodeResponse } from '../../node/cluster/wire/execute.ts'
import { Introduction, MEET_PATH } from '../../node/cluster/wire/meet.ts'
import { decodeSlotRequest, encodeSlotResponse, SLOTS_PATH } from '../../node/cluster/wire/slots.ts'
import { type Now, nowBy } from '../../node/cluster/wire/times.ts'
import { toLarderError } from '../../shared/errors.ts'
import type { Member } from '../../shared/view.ts'
import type { Random } from '../durability/random.ts'
import type { Host } from './host.ts'
import type { Mutation } from './mutations.ts'
import type { World } from './world.ts'

export interface Answer {
  readonly status: number
  readonly body: Buffer
}

/** Whoever listens at an address. */
export interface Listener {
  readonly id: string
  readonly incarnation: string
  readonly host: Host
  readonly peers: { metBy(other: Introduction): Introduction }
  readonly inbox: {
    execute(request: ReturnType<typeof decodeRequest>): Promise<Parameters<typeof encodeResponse>[0]>
  }
  readonly slots: {
    receive(request: ReturnType<typeof decodeSlotRequest>): Promise<Parameters<typeof encodeSlotResponse>[0]>
  }
}

/** How the network is. All chances are of a thousand. */
export interface Weather {
  readonly delayMaxMs: number
  readonly lost: number
  readonly late: number
  readonly lateMaxMs: number
  readonly repeated: number
}

export const CALM: Weather = { delayMaxMs: 3, lost: 0, late: 0, lateMaxMs: 0, repeated: 0 }

/** What is posted, and which life it is meant for. */
type Meant = Posted & Pick<Member, 'incarnation'>

export interface NetworkOptions {
  readonly world: World
  readonly random: Random
  readonly mutation: Mutation | undefined
  listenerAt(url: string): Listener | undefined
  /** Called when a frame could not be read, or its handler failed. */
  onFault(what: string): void
}

export class Network {
  readonly #options: NetworkOptions
  readonly #cut = new Set<string>()
  readonly #losing = new Set<string>()
  #held: { readonly way: string; readonly arrive: () => void }[] = []
  weather: Weather = CALM
  /** Requests by path: what the members tell each other. */
  readonly posts = new Map<string, number>()

  constructor(options: NetworkOptions) {
    this.#options = options
  }

  isOpen(from: string, to: string): boolean {
    return !this.#cut.has(`${from}>${to}`)
  }

  cut(from: string, to: string): void {
    this.#cut.add(`${from}>${to}`)
  }

  /** Whatever is sent this way is lost; both ends go on believing that they see each other. */
  lose(from: string, to: string): void {
    this.#losing.add(`${from}>${to}`)
  }

  /** Mends everything; what was held back arrives. */
  mend(): void {
    this.#cut.clear()
    this.#losing.clear()
    for (const { arrive } of this.#held.splice(0)) this.#options.world.after(this.#delayMs(), arrive)
  }

  connect(from: { readonly id: string; readonly host: Host }, to: Member): Connection {
    return {
      open: async () => {},
      post: (posted) => this.#post(from, to, posted),
      close() {},
    }
  }

  /** Brings something from one place to another, or not. */
  carry(from: string, to: string, arrive: () => void): void {
    const { world, random } = this.#options
    const way = `${from}>${to}`
    if (random.below(1000) < this.weather.lost || this.#losing.has(way)) return
    world.after(this.#delayMs(), () => {
      if (!this.#cut.has(way)) arrive()
      else if (random.below(2) === 0) this.#held.push({ way, arrive })
    })
  }

  #delayMs(): number {
    const { random } = this.#options
    const { delayMaxMs, late, lateMaxMs } = this.weather
    const isLate = random.below(1000) < late
    return 0.1 + random.below(1000 * (isLate ? lateMaxMs : delayMaxMs)) / 1000
  }

  #post(from: { id: string; host: Host }, to: Member, posted: Posted): Promise<Answer> {
    const { random, listenerAt } = this.#options
    const { path, timeoutMs } = posted
    this.posts.set(path, (this.posts.get(path) ?? 0) + 1)
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const back = (run: () => void) => this.carry(to.id, from.id, () => from.host.receive(run))
    const timer = from.host.after(timeoutMs, () =>
      reject(new Error(`no answer within ${Math.round(timeoutMs)} ms`)),
    )
    void promise.catch(() => {}).finally(() => timer.cancel())
    const arrive = () => {
      const listener = listenerAt(to.url)
      if (listener === undefined) back(() => reject(problem('ECONNREFUSED')))
      else
        this.#deliver(
          listener,
          { ...posted, incarnation: to.incarnation },
          {
            answer: (answer) => back(() => resolve(answer)),
            reset: () => back(() => reject(problem('ECONNRESET'))),
          },
        )
    }
    this.carry(from.id, to.id, arrive)
    const isRepeated = path === SLOTS_PATH && random.below(1000) < this.weather.repeated
    if (isRepeated || this.#options.mutation === 'repeat commands') this.carry(from.id, to.id, arrive)
    return promise
  }

  #deliver(listener: Listener, posted: Meant, on: { answer(answer: Answer): void; reset(): void }): void {
    const { random, mutation } = this.#options
    const death = listener.host.onDeath(on.reset)
    listener.host.receive(() => {
      const forged =
        mutation === 'swallow changes' && random.below(5) === 0
          ? forgedAnswer(posted, nowBy(listener.host))
          : undefined
      const handled = forged === undefined ? this.#handle(listener, posted) : Promise.resolve(forged)
      void handled.then((answer) => {
        death.cancel()
        if (!listener.host.isDead) on.answer(answer)
      })
    })
  }

  /** What the routes of a member do with a frame. */
  async #handle(listener: Listener, { path, body, incarnation }: Meant): Promise<Answer> {
    const now = nowBy(listener.host)
    if (path !== MEET_PATH && incarnation !== listener.incarnation)
      return { status: 421, body: Buffer.from(JSON.stringify({ code: 'ANOTHER_LIFE' })) }
    try {
      if (path === MEET_PATH) {
        const other = Introduction.parse(JSON.parse(body.toString()))
        return { status: 200, body: Buffer.from(JSON.stringify(listener.peers.metBy(other))) }
      }
      if (path === EXECUTE_PATH) {
        const response = await listener.inbox.execute(decodeRequest(body, now))
        return { status: 200, body: encodeResponse(response, nowBy(listener.host)) }
      }
      const response = await listener.slots.receive(decodeSlotRequest(body, now))
      return { status: 200, body: encodeSlotResponse(response, nowBy(listener.host)) }
    } catch (error) {
      const { code, message, status, cause } = toLarderError(error)
      // A sender says so when the member it gives to does not answer.
      if (code !== 'UNREACHABLE' && code !== 'REFUSED' && code !== 'WRONG_OWNER')
        this.#options.onFault(`${listener.id} answers ${path} with ${code}: ${message} ${cause ?? ''}`)
      return { status, body: Buffer.from(JSON.stringify({ code })) }
    }
  }
}

function problem(code: string): Error {
  return Object.assign(new Error(code), { code })
}

/** For a replica that takes nothing in and says that it did. */
function forgedAnswer({ path, body }: Posted, now: Now): Answer | undefined {
  if (path !== SLOTS_PATH) return undefined
  const { format, message, epoch, time } = decodeSlotRequest(body, now)
  if (message.type !== 'stream' || !message.items.every((item) => 'changes' in item)) return undefined
  const answers = message.items.map(() => ['merged' as const])
  return { status: 200, body: encodeSlotResponse({ format, epoch, time, answers }, now) }
}
