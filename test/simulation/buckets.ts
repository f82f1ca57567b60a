/** Limits that all take from: never more is allowed than there is, and nobody is refused while there is some left. */
import type { Reply } from '../../shared/command.ts'
import type { Activity, Hand } from './activities.ts'
import type { Ledger } from './ledger.ts'

const LIMIT = 10
/** So long that nothing is refilled in any play. */
const WINDOW_MS = 3_600_000_000

export class Bucket {
  readonly key: string
  acked = 0
  begun = 0
  /** Two halves may both have given away what there was. */
  isSplit = false

  constructor(key: string) {
    this.key = key
  }

  /** Without taking any. */
  get question() {
    return take(this.key, 0)
  }

  /** @returns what is wrong with what a member says is left, if anything. */
  judge(reply: Reply, isLossless: boolean): string | undefined {
    if (reply.type !== 'limit') return `answered ${reply.type}`
    const [least, most] = [LIMIT - this.begun, LIMIT - this.acked]
    const { remaining } = reply
    if (remaining < least) return `has ${remaining} left, not ${least} or more`
    return isLossless && !this.isSplit && remaining > most
      ? `has ${remaining} left, not ${most} or less`
      : undefined
  }
}

function take(key: string, cost: number) {
  return { type: 'limit.take', key, limit: LIMIT, windowMs: WINDOW_MS, cost } as const
}

export class Buckets implements Activity {
  readonly #hand: Hand

  constructor(hand: Hand) {
    this.#hand = hand
  }

  async act(): Promise<void> {
    const { ledger, random, rules, ask } = this.#hand
    const bucket = currentIn(ledger)
    const cost = random.between(1, 3)
    bucket.isSplit ||= rules().isSplit
    bucket.begun += cost
    const result = await ask(take(bucket.key, cost))
    bucket.isSplit ||= rules().isSplit
    if ('failed' in result) bucket.begun -= cost
    if (!('reply' in result) || result.reply.type !== 'limit') return
    if (!result.reply.isAllowed) {
      // What others have begun may have been refused as well.
      if (bucket.begun <= LIMIT) ledger.find(`${bucket.key} refused ${cost} with ${bucket.begun} asked for`)
      bucket.begun -= cost
      return
    }
    ledger.acknowledged++
    bucket.acked += cost
    if (rules().isLossless && !bucket.isSplit && bucket.acked > LIMIT)
      ledger.find(`${bucket.key} has allowed ${bucket.acked} of ${LIMIT}`)
  }
}

/** Another one is begun when most of one is used up and more was asked for. */
function currentIn({ buckets }: Ledger): Bucket {
  const last = buckets.at(-1)
  if (last !== undefined && last.acked < LIMIT && last.begun < 2 * LIMIT) return last
  const next = new Bucket(`bucket${buckets.length}`)
  buckets.push(next)
  return next
}
