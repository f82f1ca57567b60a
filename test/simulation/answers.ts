/** What a member says of every key, while nobody writes: exactly what was acknowledged, or what may have happened besides. */
import type { KeyCommand, Reply } from '../../shared/command.ts'
import type { Bucket } from './buckets.ts'
import { REACTION, USERS_MAX } from './clients.ts'
import type { Cell, Place, Sum } from './ledger.ts'
import type { Life } from './life.ts'
import { isPossible } from './reading.ts'
import type { Stage } from './stage.ts'

/** How a member is asked; `undefined` where no answer is one. */
export type Asker = (life: Life, command: KeyCommand) => Promise<Reply | undefined>

export async function judgeAnswers(stage: Stage, life: Life, ask: Asker): Promise<void> {
  const { ledger } = stage
  const judge = new Judge(stage, life, ask)
  const presences = ledger.cells.filter(({ user }) => user !== undefined)
  await Promise.all([
    ...ledger.sums.map((sum) => judge.sum(sum)),
    ...ledger.cells.filter(({ user }) => user === undefined).map((cell) => judge.value(cell)),
    ...[...Map.groupBy(presences, ({ key }) => key)].map(([content, cells]) => judge.content(content, cells)),
    ...ledger.places.map((place) => judge.place(place)),
    ...ledger.chains.map((chain) => judge.chain(chain)),
    ...ledger.buckets.map((bucket) => judge.bucket(bucket)),
  ])
}

class Judge {
  readonly #stage: Stage
  readonly #life: Life
  readonly #ask: Asker

  constructor(stage: Stage, life: Life, ask: Asker) {
    this.#stage = stage
    this.#life = life
    this.#ask = ask
  }

  async sum({ key, acked, begun }: Sum): Promise<void> {
    const reply = await this.#ask(this.#life, { type: 'counter.get', key })
    if (reply === undefined) return
    const total = reply.type === 'total' ? Number(reply.value) : 0
    const least = this.#isLossless ? acked : 0
    if (total < least || total > begun) this.#find(`${key} is ${total}, not between ${least} and ${begun}`)
  }

  async value(cell: Cell): Promise<void> {
    const reply = await this.#ask(this.#life, { type: 'value.get', key: cell.key })
    if (reply !== undefined) this.#state(cell, reply.type === 'value' ? String(reply.body) : '')
  }

  async content(key: string, cells: readonly Cell[]): Promise<void> {
    const reply = await this.#ask(this.#life, { type: 'reaction.users', key, limit: USERS_MAX })
    if (reply === undefined) return
    const users = (reply.type === 'users' && reply.users[REACTION]) || []
    for (const user of users)
      if (!cells.some((cell) => cell.user === user)) this.#find(`${key} has ${user}, who never reacted to it`)
    for (const cell of cells) this.#state(cell, users.includes(cell.user ?? '') ? 'here' : '')
  }

  async place({ versions, medium }: Place): Promise<void> {
    const { world } = this.#stage
    const fromMs = world.nowMs
    const reply = await this.#ask(this.#life, medium.read(versions.name))
    if (reply === undefined) return
    const seen = medium.seen(versions.name, reply)
    const { wallStepMaxMs } = this.#stage.rules
    const span = { fromMs, toMs: world.nowMs }
    const wrong = versions.judge(seen, span, { isExact: this.#isLossless, wallStepMaxMs })
    if (wrong !== undefined) this.#find(`${versions.name} ${wrong}`)
  }

  async chain({ key, acked, begun, isSplit }: Stage['ledger']['chains'][number]): Promise<void> {
    const reply = await this.#ask(this.#life, { type: 'value.get', key })
    if (reply === undefined) return
    const number = reply.type === 'value' ? Number(reply.body) : 0
    const least = this.#isLossless && !isSplit ? acked : 0
    if (number < least || number > begun) this.#find(`${key} is ${number}, not between ${least} and ${begun}`)
  }

  async bucket(bucket: Bucket): Promise<void> {
    const reply = await this.#ask(this.#life, bucket.question)
    const wrong = reply && bucket.judge(reply, this.#isLossless)
    if (wrong !== undefined) this.#find(`${bucket.key} ${wrong}`)
  }

  get #isLossless(): boolean {
    return this.#stage.rules.isLossless
  }

  #state(cell: Cell, state: string): void {
    const { rules } = this.#stage
    const isKnown = rules.isLossless ? isPossible(cell, state, rules) : cell.states.has(state)
    if (!isKnown) this.#find(`${cell.name} is "${state}", not "${cell.possible.join('" or "')}"`)
  }

  #find(what: string): void {
    this.#stage.ledger.find(`${what}, through ${this.#life.id}`)
  }
}
