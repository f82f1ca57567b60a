/** Locks: values that are written where there is none (`If-None-Match: *`), and deleted by whoever wrote them. */
import { tagOf } from '../../shared/command.ts'
import type { Activity, Hand } from './activities.ts'
import { isHeld } from './ledger.ts'

/** A lock, once it is not known who has it, is used no more. */
export class Lock {
  readonly key: string
  /** Who surely has it: has been told so, and has not begun to give it back. */
  holder: string | undefined
  /** Grows whenever somebody begins or ends to take it or give it back. */
  changes = 0
  underWay = 0
  isRetired = false

  constructor(key: string) {
    this.key = key
  }
}

const LOCKS = 2

interface Grant {
  readonly lock: Lock
  readonly token: string
  readonly tag: string
  readonly changes: number
}

export class Locks implements Activity {
  readonly #hand: Hand
  #granted: Grant | undefined
  #made = 0

  constructor(hand: Hand) {
    this.#hand = hand
  }

  async act(): Promise<void> {
    if (this.#granted === undefined) await this.#take(this.#anyLock())
    else if (this.#hand.random.below(2) === 0) await this.#giveBack(this.#granted)
  }

  #anyLock(): Lock {
    const { locks } = this.#hand.ledger
    const index = this.#hand.random.below(LOCKS)
    const known = locks[index]
    if (known !== undefined && !known.isRetired) return known
    const lock = new Lock(`lock${index}-${this.#hand.number}-${this.#made++}`)
    locks[index] = lock
    return lock
  }

  async #take(lock: Lock): Promise<void> {
    const { ledger, rules, number } = this.#hand
    const { key, holder } = lock
    const [before, isQuiet, changes] = [rules(), lock.underWay === 0, ++lock.changes]
    const token = `${number}-${this.#made++}`
    const wanted = { type: 'value.set', key, contentType: 'text/plain', body: token } as const
    const result = await this.#during(lock, { ...wanted, condition: { ifNoneMatch: ['*'] } })
    const isAlone = isQuiet && lock.changes === changes && isHeld(before, rules())
    if ('unknown' in result || rules().isSplit) lock.isRetired = true
    if (!('reply' in result) || lock.isRetired) return
    const { reply } = result
    if (reply.type === 'mismatch' && isAlone && holder === undefined)
      ledger.find(`${key} is refused to ${token}, and nobody has it`)
    if (reply.type !== 'stored') return
    ledger.acknowledged++
    if (lock.holder !== undefined && lock.holder === holder) {
      lock.isRetired = true
      if (isHeld(before, rules())) ledger.find(`${key} is given to ${token}, and ${holder} has it`)
      return
    }
    lock.holder = token
    this.#granted = { lock, token, tag: tagOf(reply.stamp), changes: rules().changes }
  }

  async #giveBack({ lock, token, tag, changes }: Grant): Promise<void> {
    const { ledger, rules } = this.#hand
    const { key } = lock
    this.#granted = undefined
    const isOwn = lock.holder === token
    lock.holder = undefined
    lock.changes++
    const result = await this.#during(lock, { type: 'value.delete', key, condition: { ifMatch: [tag] } })
    const now = rules()
    if (!('reply' in result) || now.isSplit) lock.isRetired = true
    else if (result.reply.type !== 'deleted') {
      const isKnown = isOwn && now.isCalm && now.changes === changes && !lock.isRetired
      if (isKnown) ledger.find(`${key} of ${token} is not there any more: ${result.reply.type}`)
      lock.isRetired = true
    }
  }

  async #during(lock: Lock, command: Parameters<Hand['ask']>[0]): ReturnType<Hand['ask']> {
    lock.underWay++
    try {
      return await this.#hand.ask(command)
    } finally {
      lock.underWay--
    }
  }
}
