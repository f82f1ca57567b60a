/** Chains: a number that each writer reads, and raises by one if it is still what it was (`If-Match`). */
import { tagOf } from '../../shared/command.ts'
import type { Activity, Hand } from './activities.ts'
import { isHeld, type Rules } from './ledger.ts'

export class Chain {
  readonly key: string
  /** The highest that was acknowledged, and the highest that was asked for. */
  acked = 0
  begun = 0
  /** Who has gone on from which state, and what held then. */
  readonly wins = new Map<string, Rules>()
  /** Two halves may both have gone on from one state. */
  isSplit = false

  constructor(key: string) {
    this.key = key
  }
}

const CHAINS = 2

export class Chains implements Activity {
  readonly #hand: Hand

  constructor(hand: Hand) {
    this.#hand = hand
  }

  async act(): Promise<void> {
    const { ledger, random, rules, ask } = this.#hand
    const index = random.below(CHAINS)
    const chain = ledger.chains[index] ?? new Chain(`chain${index}`)
    ledger.chains[index] = chain
    const before = { ...rules(), acked: chain.acked }
    const result = await ask({ type: 'value.get', key: chain.key })
    if (!('reply' in result)) return
    const { reply } = result
    const number = reply.type === 'value' ? Number(reply.body) : 0
    if (number > chain.begun) ledger.find(`${chain.key} is ${number}, which nobody wrote`)
    if (!chain.isSplit && isHeld(before, rules()) && number < before.acked)
      ledger.find(`${chain.key} is ${number}, and ${before.acked} was acknowledged`)
    await this.#raise(chain, number, reply.type === 'value' ? tagOf(reply.stamp) : undefined)
  }

  async #raise(chain: Chain, from: number, tag: string | undefined): Promise<void> {
    const { ledger, rules, ask } = this.#hand
    const { key } = chain
    const number = from + 1
    const condition = tag === undefined ? { ifNoneMatch: ['*'] } : { ifMatch: [tag] }
    const before = rules()
    chain.begun = Math.max(chain.begun, number)
    const body = `${number}`
    const result = await ask({ type: 'value.set', key, contentType: 'text/plain', body, condition })
    const now = rules()
    chain.isSplit ||= before.isSplit || now.isSplit
    if (!('reply' in result) || result.reply.type !== 'stored') return
    ledger.acknowledged++
    const won = chain.wins.get(tag ?? '')
    if (!chain.isSplit && won !== undefined && isHeld(won, now))
      ledger.find(`${key} was raised twice from ${from}, ${tag}`)
    chain.wins.set(tag ?? '', now)
    chain.acked = Math.max(chain.acked, number)
  }
}
