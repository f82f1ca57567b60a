/** Clients of the simulated cluster: they write, read what must be there, and note what they are told. */
import type { Command, KeyCommand, Reply } from '../../shared/command.ts'
import type { Random } from '../durability/random.ts'
import { type Activity, activitiesOf } from './activities.ts'
import { type Asking, ask, type Result } from './asking.ts'
import { type Cell, isHeld, type Ledger, type Rules, type Sum } from './ledger.ts'
import type { Life } from './life.ts'
import type { Part } from './parts.ts'
import { judgeCell, judgeReaction, judgeTotal } from './reading.ts'

export interface ClientOptions extends Asking {
  readonly random: Random
  readonly number: number
  readonly ledger: Ledger
  /** Between two commands, at the most. */
  readonly pauseMaxMs: number
  rules(): Rules
  /** Those that this client reaches. */
  members(): Life[]
  /** What it does besides, and the chances of that. */
  readonly parts: ReadonlySet<Part>
  readonly besides: Random
}

/** Cells of each kind that a client writes. */
const CELLS = 3
const ATTEMPTS_MAX = 4
export const REACTION = 'fire'
export const USERS_MAX = 500
const CONTENTS = 3

export class Client {
  readonly #options: ClientOptions
  readonly #values: Cell[]
  readonly #presences: Cell[]
  readonly #activities: readonly Activity[]
  #made = 0
  isPaused = false
  isOver = false

  constructor(options: ClientOptions) {
    this.#options = options
    this.#values = Array.from({ length: CELLS }, () => this.#newValue())
    this.#presences = Array.from({ length: CELLS }, () => this.#newPresence())
    const ask = (command: Command) => this.#ask(command)
    this.#activities = activitiesOf(options.parts, { ...options, random: options.besides, ask })
  }

  async run(): Promise<void> {
    const { world, random, besides, pauseMaxMs } = this.#options
    while (!this.isOver) {
      await world.pause(random.below(pauseMaxMs))
      const life = this.#member()
      if (life === undefined || this.isPaused || this.isOver) continue
      if (this.#activities.length > 0 && besides.below(3) > 0) {
        await besides.pick(this.#activities).act()
        continue
      }
      const dice = random.below(10)
      if (dice < 3) await this.#writeValue(random.below(CELLS))
      else if (dice < 5) await this.#react(random.below(CELLS))
      else if (dice < 7) await this.#add(this.#any(this.#options.ledger.sums))
      else await this.#read()
    }
  }

  #any<T>(things: readonly T[]): T | undefined {
    return things[this.#options.random.below(things.length)]
  }

  /** A balancer asks who is ready, and may be a moment behind. */
  #member(): Life | undefined {
    const { random, members } = this.#options
    const running = members()
    const ready = running.filter(({ isReady }) => isReady)
    return this.#any(ready.length > 0 && random.below(20) > 0 ? ready : running)
  }

  async #ask(command: Command): Promise<Result> {
    const life = this.#member()
    return life === undefined ? { failed: 'nobody is there' } : await ask(this.#options, life, command)
  }

  #newValue(): Cell {
    return this.#options.ledger.cell(`v${this.#options.number}-${this.#made++}`)
  }

  #newPresence(): Cell {
    const { ledger, number, random } = this.#options
    return ledger.cell(`r${random.below(CONTENTS)}`, `u${number}-${this.#made++}`)
  }

  async #writeValue(index: number): Promise<void> {
    const cell = this.#values[index]
    if (cell === undefined) return
    const { key } = cell
    const isDelete = cell.acked !== '' && this.#options.random.below(4) === 0
    const state = isDelete ? '' : `${key}:${cell.begun + 1}`
    const command: KeyCommand = isDelete
      ? { type: 'value.delete', key }
      : { type: 'value.set', key, contentType: 'application/json', body: state }
    await this.#write(cell, state, command)
    if (cell.isRetired) this.#values[index] = this.#newValue()
  }

  async #react(index: number): Promise<void> {
    const cell = this.#presences[index]
    if (cell?.user === undefined) return
    const type = cell.acked === '' ? 'reaction.add' : 'reaction.remove'
    const state = cell.acked === '' ? 'here' : ''
    await this.#write(cell, state, { type, key: cell.key, user: cell.user, reaction: REACTION })
    if (cell.isRetired) this.#presences[index] = this.#newPresence()
  }

  /** What may have happened is sometimes asked for again: where that is acknowledged, it is known. */
  async #write(cell: Cell, state: string, command: KeyCommand): Promise<void> {
    const { ledger, random } = this.#options
    cell.begun++
    cell.isBusy = true
    cell.states.add(state)
    const rules = this.#options.rules()
    const first = await this.#ask(command)
    if ('reply' in first) this.#judgeWrite(cell, command, first.reply, rules)
    const isAgain = 'unknown' in first && random.below(2) === 0
    const result = isAgain ? await this.#ask(command) : first
    if ('reply' in result) {
      ledger.acknowledged++
      cell.acked = state
    }
    if ('unknown' in first) {
      cell.unknown = state
      if (!('reply' in result)) ledger.unknown++
    }
    if ('failed' in first) ledger.failed++
    cell.isBusy = false
  }

  /** The answer to a write tells what was there before. */
  #judgeWrite(cell: Cell, command: KeyCommand, reply: Reply, before: Rules): void {
    const now = this.#options.rules()
    if (!isHeld(before, now) || (now.mayMiss && cell.user === undefined)) return
    const wasThere = cell.acked !== ''
    const sawIt =
      reply.type === 'stored'
        ? !reply.created
        : reply.type === 'deleted' || reply.type === 'missing'
          ? reply.type === 'deleted'
          : wasThere
    if (sawIt !== wasThere)
      this.#options.ledger.find(
        `${command.type} ${cell.name} answered ${JSON.stringify(reply)}, and it held "${cell.acked}"`,
      )
  }

  async #add(sum: Sum | undefined): Promise<void> {
    if (sum === undefined) return
    const { random } = this.#options
    const by = random.between(1, 9)
    const command = { type: 'counter.add', key: sum.key, by: String(by) } as const
    if (random.below(2) === 0) return void (await this.#addAsOften(sum, by, command, 1))
    const idempotencyKey = `once-${this.#options.number}-${this.#made++}`
    const once = { ...command, idempotencyKey }
    const answer = await this.#addAsOften(sum, by, once, ATTEMPTS_MAX)
    if (answer === undefined || random.below(3) > 0) return
    const before = this.#options.rules()
    const again = await this.#ask(once)
    const now = this.#options.rules()
    if (!('reply' in again) || again.reply.type !== 'total') return
    // In two halves both may count it, and give the same answer.
    if (now.isSplit || before.isSplit) sum.begun += by
    else if (again.reply.value === answer) return
    else if (now.isLossless && before.isLossless)
      this.#options.ledger.find(
        `${idempotencyKey} of ${sum.key} answered ${answer}, and then ${again.reply.value}`,
      )
  }

  async #addAsOften(
    sum: Sum,
    by: number,
    command: KeyCommand,
    attempts: number,
  ): Promise<string | undefined> {
    const { ledger } = this.#options
    sum.begun += by
    for (let attempt = 1; ; attempt++) {
      const before = { ...this.#options.rules(), acked: sum.acked, seen: sum.seen }
      const result = await this.#ask(command)
      if ('reply' in result && result.reply.type === 'total') {
        sum.acked += by
        ledger.acknowledged++
        // A repeat is told what the first one was.
        if (attempt === 1)
          judgeTotal(ledger, sum, Number(result.reply.value), { before, now: this.#options.rules(), by })
        return result.reply.value
      }
      if (attempt === attempts) {
        if ('failed' in result && attempt === 1) sum.begun -= by
        ledger['failed' in result ? 'failed' : 'unknown']++
        return undefined
      }
      if (this.#options.rules().isSplit && 'unknown' in result) sum.begun += by
    }
  }

  async #read(): Promise<void> {
    const { ledger, random, rules } = this.#options
    ledger.reads++
    const sum = random.below(3) === 0 ? this.#any(ledger.sums) : undefined
    const before = { ...rules(), acked: sum?.acked ?? 0, seen: sum?.seen ?? 0 }
    if (sum !== undefined) {
      const result = await this.#ask({ type: 'counter.get', key: sum.key })
      if ('reply' in result) {
        const total = result.reply.type === 'total' ? Number(result.reply.value) : 0
        judgeTotal(ledger, sum, total, { before, now: rules(), by: 0 })
      }
      return
    }
    const cell = this.#any(ledger.cells)
    if (cell === undefined) return
    const was = { ...before, begun: cell.begun, isBusy: cell.isBusy }
    if (cell.user === undefined) {
      const result = await this.#ask({ type: 'value.get', key: cell.key })
      if ('reply' in result) judgeCell(ledger, cell, result.reply, { before: was, now: rules() })
      return
    }
    const result = await this.#ask({ type: 'reaction.users', key: cell.key, limit: USERS_MAX })
    if ('reply' in result) judgeReaction(ledger, cell, result.reply, { before: was, now: rules() })
  }
}
