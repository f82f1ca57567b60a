/**
 * A look at a member: does this life of it still answer at its address?
 *
 * However many want to know at once, a member is looked at once; the look has a deadline and never throws.
 */
import fetch, { FetchError } from 'node-fetch'
import type { Counter } from 'prom-client'
import { z } from 'zod'
import { Member } from '../shared/view.ts'

/**
 * `here`: it answers. `replaced`: another member, or another life of this one, answers there. `refused`:
 * nobody listens there. `silent`: no good answer in time, which may as well be the network's doing.
 */
export type Outcome = 'here' | 'replaced' | 'refused' | 'silent'

const Life = z.object({ id: Member.shape.id, incarnation: Member.shape.incarnation })
const ANSWER_BYTES_MAX = 64 * 1024

export class Probes {
  readonly #deadlineMs: number
  readonly #outcomes: Counter<'outcome'>
  readonly #underway = new Map<string, Promise<Outcome>>()

  constructor({ deadlineMs, outcomes }: { deadlineMs: number; outcomes: Counter<'outcome'> }) {
    this.#deadlineMs = deadlineMs
    this.#outcomes = outcomes
  }

  look(member: Member): Promise<Outcome> {
    const life = JSON.stringify([member.id, member.incarnation])
    const underway = this.#underway.get(life)
    if (underway !== undefined) return underway
    const look = this.#look(member).finally(() => this.#underway.delete(life))
    this.#underway.set(life, look)
    return look
  }

  async #look(member: Member): Promise<Outcome> {
    const outcome = await probe(member, this.#deadlineMs)
    this.#outcomes.inc({ outcome })
    return outcome
  }
}

async function probe(member: Member, deadlineMs: number): Promise<Outcome> {
  try {
    const response = await fetch(`${member.url.replace(/\/$/, '')}/livez`, {
      headers: { connection: 'close' }, // A kept connection would not show whether a new one is refused.
      signal: AbortSignal.timeout(deadlineMs),
      redirect: 'manual',
      size: ANSWER_BYTES_MAX,
    })
    const life = Life.safeParse(await response.json())
    if (response.status !== 200 || !life.success) return 'silent'
    return life.data.id === member.id && life.data.incarnation === member.incarnation ? 'here' : 'replaced'
  } catch (error) {
    return error instanceof FetchError && error.code === 'ECONNREFUSED' ? 'refused' : 'silent'
  }
}
