/** Who fetches a response, of all nodes over one engine: a lease that ends by itself (`response.lua`). */
import { LarderError } from '../../shared/errors.ts'
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
    const entering = runOn(means, asked, ['enter', token, wholeMs(leaseMs)], deadlineAtMs)
    const answer = await entering.catch((error) => {
      if (error instanceof LarderError && error.code === 'MEMORY_FULL') return undefined
      throw error
    })
    // Where there is no room everybody fetches for himself, and nothing is stored: no fence is ever like that.
    if (answer === undefined) return { isBusy: false, fence: `${token} full`, leave: async () => {} }
    const { type, parts } = answerIn(answer)
    const fence = textOf(parts[0])
    if (type === 'wait') return { isBusy: true, fence, leave: async () => {} }
    if (type === 'alone') return { isBusy: false, fence, leave: async () => {} }
    const leave = async (isStored: boolean) => {
      await runOn(means, asked, ['leave', token, isStored ? '' : '1'], deadlineAtMs)
    }
    return { isBusy: false, fence, leave }
  }
}
