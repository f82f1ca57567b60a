/**
 * Clients that write all kinds of things to a node, and know of each write whether it was acknowledged. After a
 * crash and a new start they look whether the node has kept its word.
 */
import { expect } from 'chai'
import { systemClock } from '../../shared/clock.ts'
import type { Answer, Call, DiskNode } from './disk-node.ts'
import { type Addition, Cell, Sum } from './ledger.ts'
import type { Random } from './random.ts'

const CLIENTS = 12
const COUNTERS = 4
const VALUES_EACH = 4
const CONTENTS = 3
/** Increments that were answered are sent again, so many of them: they get the same answer. */
const REPEATED = 20

const ACKNOWLEDGED: readonly number[] = [200, 201, 204, 404]
/** Nothing is known of these. */
const UNKNOWN: readonly number[] = [503]

export class Checker {
  readonly #node: DiskNode
  readonly #random: Random
  /** Increments without an idempotency key, and with one. */
  readonly #plain = cells(COUNTERS, 'plain', () => new Sum())
  readonly #keyed = cells(COUNTERS, 'keyed', () => new Sum())
  readonly #values: ReadonlyMap<string, Cell>[]
  readonly #likes: ReadonlyMap<string, Cell>[]
  #serial = 0

  constructor(node: DiskNode, random: Random) {
    this.#node = node
    this.#random = random
    const clients = Array.from({ length: CLIENTS }, (_, client) => client)
    this.#values = clients.map((client) => cells(VALUES_EACH, `value ${client}`, () => new Cell()))
    this.#likes = clients.map(() => cells(CONTENTS, 'content', () => new Cell()))
  }

  /** How many writes there were so far. */
  get writes(): number {
    return this.#serial
  }

  /** Resolves once the node has gone; rejects at an answer that it should never give. */
  async load(): Promise<void> {
    const clients = this.#values.map(async (_, client) => {
      const random = this.#random.fork()
      while (await this.#writeOne(client, random));
    })
    await Promise.all(clients)
  }

  /**
   * Sends again what may be sent again, then compares all there is.
   * @param safeUntilMs what was acknowledged until then must not be lost.
   */
  async verify(safeUntilMs: number): Promise<void> {
    for (const [key, sum] of this.#plain) await this.#verifyPlain(key, sum, safeUntilMs)
    for (const [key, sum] of this.#keyed) await this.#verifyKeyed(key, sum, safeUntilMs)
    for (const values of this.#values) {
      for (const [key, cell] of values)
        settle(key, cell, (await this.#node.value(key)) ?? '', cell.possible(safeUntilMs))
    }
    await this.#verifyLikes(safeUntilMs)
  }

  /** False once there is no answer. */
  async #writeOne(client: number, random: Random): Promise<boolean> {
    const serial = ++this.#serial
    switch (random.below(4)) {
      case 0:
        return this.#increment(random, pick(this.#plain, random))
      case 1:
        return this.#increment(random, pick(this.#keyed, random), `once-${serial}`)
      case 2:
        return this.#writeValue(random, pick(this.#values[client], random), serial)
      default:
        return this.#writeLike(random, pick(this.#likes[client], random), client)
    }
  }

  async #increment(random: Random, [key, sum]: [string, Sum], once?: string): Promise<boolean> {
    const addition = sum.add(random.between(-3, 9), once)
    const isTwice = once !== undefined && random.below(5) === 0
    return this.#send(addition, () => (isTwice ? this.#addTwice(key, addition) : this.#add(key, addition)))
  }

  /** As an impatient client does. */
  async #addTwice(key: string, addition: Addition): Promise<Answer> {
    const [one, other] = await Promise.all([this.#add(key, addition), this.#add(key, addition)])
    if (one.status === 200 && other.status === 200) expect(other.text).to.equal(one.text)
    return one.status === 200 ? one : other
  }

  async #add(key: string, addition: Addition): Promise<Answer> {
    const answer = await this.#node.increment(key, String(addition.by), addition.once)
    if (answer.status === 200) addition.answer = answer.text
    return answer
  }

  async #writeValue(random: Random, [key, cell]: [string, Cell], serial: number): Promise<boolean> {
    const path = `/api/v1/kv/${encodeURIComponent(key)}`
    if (random.below(4) === 0) return this.#send(cell.write(''), () => this.#node.call('DELETE', path))
    const body = `${serial}`.repeat(random.between(1, 200))
    const call: Call = { headers: { 'content-type': 'text/plain' }, body }
    return this.#send(cell.write(body), () => this.#node.call('PUT', path, call))
  }

  async #writeLike(random: Random, [content, cell]: [string, Cell], client: number): Promise<boolean> {
    const action = random.below(2) === 0 ? 'add' : 'remove'
    const write = cell.write(action === 'add' ? 'here' : '')
    return this.#send(write, async () => ({
      status: await this.#node.react(action, content, String(client)),
      text: '',
    }))
  }

  async #send(write: { ackedAtMs: number }, call: () => Promise<Answer>): Promise<boolean> {
    const answer = await call().catch(() => undefined)
    if (answer === undefined) return false
    if (ACKNOWLEDGED.includes(answer.status)) write.ackedAtMs = systemClock.now()
    else if (!UNKNOWN.includes(answer.status)) throw new Error(`${answer.status} ${answer.text}`)
    return true
  }

  async #verifyPlain(key: string, sum: Sum, safeUntilMs: number): Promise<void> {
    const total = Number((await this.#node.total(key)) ?? 0)
    const { least, most } = sum.bounds(safeUntilMs)
    expect(total, key).to.be.within(least, most)
    sum.settle(total)
  }

  /** Sent again, each has been counted, and none twice. */
  async #verifyKeyed(key: string, sum: Sum, safeUntilMs: number): Promise<void> {
    const { safe, unsafe } = sum.sorted(safeUntilMs)
    for (const addition of unsafe) {
      expect((await this.#add(key, addition)).status, `${key} again`).to.equal(200)
      addition.ackedAtMs = systemClock.now()
    }
    for (const addition of safe.slice(-REPEATED)) {
      const { answer: first } = addition
      expect((await this.#add(key, addition)).text, `${key} ${addition.once} again`).to.equal(first)
    }
    const { least, most } = sum.bounds(Number.MAX_VALUE)
    expect(least, `${key}: every increment has its answer by now`).to.equal(most)
    expect(Number((await this.#node.total(key)) ?? 0), key).to.equal(least)
    sum.settle(least, unsafe)
  }

  async #verifyLikes(safeUntilMs: number): Promise<void> {
    for (const content of this.#likes[0]?.keys() ?? []) {
      const path = `/api/v1/reaction/users/${encodeURIComponent(content)}`
      const { text } = await this.#node.call('GET', path)
      const here: string[] = JSON.parse(text).users?.like ?? []
      for (const [client, likes] of this.#likes.entries()) {
        const cell = likes.get(content) ?? new Cell()
        const state = here.includes(String(client)) ? 'here' : ''
        settle(`${content} and ${client}`, cell, state, cell.possible(safeUntilMs))
      }
    }
  }
}

function settle(name: string, cell: Cell, found: string, possible: readonly string[]): void {
  expect(possible, name).to.include(found)
  cell.settle(found)
}

function cells<T>(count: number, name: string, create: () => T): Map<string, T> {
  return new Map(Array.from({ length: count }, (_, index) => [`${name} ${index}`, create()]))
}

function pick<T>(all: ReadonlyMap<string, T> | undefined, random: Random): [string, T] {
  const found = all === undefined ? undefined : [...all][random.below(all.size)]
  if (found === undefined) throw new RangeError('there is nothing to choose from')
  return found
}
