/**
 * What the members tell of themselves, for the page. They are asked all at once, with a deadline, and once a second
 * at most, however many look at the page and however often.
 */
import fetch from 'node-fetch'
import type { Clock } from '../clock.ts'
import { addressAt, STATUS_PATH } from '../probe.ts'
import { bearer } from '../secrets.ts'
import type { AgentOf } from '../tls.ts'
import { LIFE_HEADER, type Member, MemberStatus } from '../view.ts'

/** By incarnation; of those that have answered. */
export type StatusByLife = ReadonlyMap<string, MemberStatus>

const ASKED_MAX = 100
const ANSWER_MAX_MS = 500
const ANSWER_BYTES_MAX = 64 * 1024
/** A little less than the time between two beats of the page, which are not quite in step. */
const FRESH_MS = 900
/** One that is busy may answer too late now and then: what it has told before stands for so long. */
const STANDS_MS = 4000

export interface StatusesOptions {
  readonly clock: Clock
  readonly clusterSecrets: readonly string[]
  readonly agentOf?: AgentOf | undefined
  readonly answerMaxMs?: number
}

export class Statuses {
  readonly #clock: Clock
  readonly #options: StatusesOptions
  #askedAtMs = -Infinity
  #answers: Promise<StatusByLife> = Promise.resolve(new Map())
  #told: ReadonlyMap<string, { status: MemberStatus; atMs: number }> = new Map()

  constructor(options: StatusesOptions) {
    this.#clock = options.clock
    this.#options = options
  }

  of(members: readonly Member[]): Promise<StatusByLife> {
    if (this.#clock.now() - this.#askedAtMs >= FRESH_MS) {
      this.#askedAtMs = this.#clock.now()
      this.#answers = this.#ask(members.slice(0, ASKED_MAX))
    }
    return this.#answers
  }

  async #ask(members: readonly Member[]): Promise<StatusByLife> {
    const told = new Map<string, { status: MemberStatus; atMs: number }>()
    const ask = async (member: Member) => {
      const status = await this.#read(member)
      const atMs = this.#clock.now()
      const before = this.#told.get(member.incarnation)
      if (status !== undefined) told.set(member.incarnation, { status, atMs })
      else if (before !== undefined && atMs - before.atMs < STANDS_MS) told.set(member.incarnation, before)
    }
    await Promise.all(members.map(ask))
    this.#told = told
    return new Map([...told].map(([incarnation, { status }]) => [incarnation, status]))
  }

  async #read(member: Member): Promise<MemberStatus | undefined> {
    const { clusterSecrets, agentOf, answerMaxMs = ANSWER_MAX_MS } = this.#options
    try {
      const response = await fetch(addressAt(member, STATUS_PATH), {
        headers: {
          ...bearer(clusterSecrets),
          [LIFE_HEADER]: member.incarnation,
          connection: 'close',
        },
        signal: AbortSignal.timeout(answerMaxMs),
        ...(agentOf && { agent: agentOf }),
        redirect: 'manual',
        size: ANSWER_BYTES_MAX,
      })
      const status = MemberStatus.parse(await response.json())
      const { id, incarnation = member.incarnation } = status
      return id === member.id && incarnation === member.incarnation ? status : undefined
    } catch {
      return undefined // The page says that it does not tell.
    }
  }
}
