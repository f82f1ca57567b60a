/** Who fetches a response, of all nodes over one engine: a lease that ends by itself (`response.lua`). */
import { answerIn, textOf, wholeMs } from './answer.ts'
import type { Means } from './means.ts'
import { runOn } from './responses.ts'

interface Address {
  readonly key: string
  readonly tenant: string
  readonly query: string
}

export class EngineGate {
  readonly #means: () => Means

  constructor(means: () => Means) {
    this.#means = means
  }

  async enter(asked: Address, { leaseMs, deadlineAtMs }: { leaseMs: number; deadlineAtMs: number }) {
    const means = this.#means()
    const token = means.origin()
    const { type, parts } = answerIn(
      await runOn(means, asked, ['enter', token, wholeMs(leaseMs)], deadlineAtMs),
    )
    const fence = textOf(parts[0])
    if (type === 'wait') return { isBusy: true, fence, leave: async () => {} }
    if (type === 'alone') return { isBusy: false, fence, leave: async () => {} }
    const leave = async (isStored: boolean) => {
      await runOn(means, asked, ['leave', token, isStored ? '' : '1'], deadlineAtMs)
    }
    return { isBusy: false, fence, leave }
  }
}
