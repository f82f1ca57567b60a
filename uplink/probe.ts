/**
 * What is found out about a member that may be gone: does anybody still reach this life of it?
 *
 *     uplink looks ──here──▶ that is it
 *         └─ refused, replaced, or silent for half of the time ─▶ ask some other members to look, and go on waiting
 *                                                                       └─ one reaches it ─▶ through others
 *
 * So a member that only uplink cannot reach keeps its place (SWIM: Das, Gupta and Motivala, 2002). However many
 * want to know at once, a member is looked at once; that has a deadline and never throws.
 */
import type { Counter } from 'prom-client'
import { type Clock, pause } from '../shared/clock.ts'
import { type Outcome, probe } from '../shared/probe.ts'
import type { AgentOf } from '../shared/tls.ts'
import type { Member } from '../shared/view.ts'
import type { Observations } from './observations.ts'
import { type Registry, witnesses } from './registry.ts'
import { ask, deadline } from './witness.ts'

/** `through others`: uplink gets no answer from it, and another member does. */
export type Finding = Outcome | 'through others'

/** Whether anybody at all gets an answer from it. */
export function isReached(finding: Finding): boolean {
  return finding === 'here' || finding === 'through others'
}

export interface ProbesOptions {
  readonly clock: Clock
  readonly deadlineMs: number
  readonly clusterSecrets: readonly string[]
  readonly agentOf?: AgentOf | undefined
  readonly observations: Observations
  readonly outcomes: Counter<'outcome'>
}

const WITNESSES_MAX = 3
/**
 * How long the others have when uplink was refused, or another life answers. A process that is gone refuses
 * everybody, and at once: so the others answer at once too, and a killed member is still out of the view in some
 * milliseconds. They are asked all the same, even when a peer has reported that it was refused too: a firewall between
 * these two and the member may refuse in its name.
 */
const REFUSED_MAX_MS = 300

export class Probes {
  readonly #options: ProbesOptions
  readonly #underway = new Map<string, Promise<Finding>>()

  constructor(options: ProbesOptions) {
    this.#options = options
  }

  /** The registry says who else may know. */
  look(member: Member, registry: Registry): Promise<Finding> {
    const life = JSON.stringify([member.id, member.incarnation])
    const underway = this.#underway.get(life)
    if (underway !== undefined) return underway
    const look = this.#look(member, registry).finally(() => this.#underway.delete(life))
    this.#underway.set(life, look)
    return look
  }

  async #look(member: Member, registry: Registry): Promise<Finding> {
    const found = new AbortController()
    const finding = await this.#find(member, { registry, found: found.signal })
    found.abort() // Whoever still looks need not.
    this.#options.outcomes.inc({ outcome: finding })
    return finding
  }

  async #find(member: Member, on: { registry: Registry; found: AbortSignal }): Promise<Finding> {
    const { clock, deadlineMs, agentOf } = this.#options
    const halfMs = deadlineMs / 2
    const answered = new AbortController()
    const signal = deadline(deadlineMs, on.found)
    const own = probe(member, { signal, agentOf }).finally(() => answered.abort())
    await pause(clock, halfMs, answered.signal)
    const first = answered.signal.aborted ? await own : 'silent'
    if (first === 'here') return first
    const askMs = first === 'silent' ? halfMs : Math.min(halfMs, REFUSED_MAX_MS)
    const { observations, clusterSecrets } = this.#options
    const asking = { clusterSecrets, agentOf, deadlineMs: askMs, over: on.found }
    const asked = witnesses(observations.sightings, on.registry, { of: member, max: WITNESSES_MAX })
    return firstHere(
      own,
      asked.map((witness) => ask(witness, member, asking)),
    )
  }
}

/** As soon as anybody reaches it, that; else what uplink itself has found, when all have answered. */
function firstHere(own: Promise<Outcome>, asked: readonly Promise<Outcome | undefined>[]): Promise<Finding> {
  const { promise, resolve } = Promise.withResolvers<Finding>()
  const settle = async (look: Promise<Outcome | undefined>, finding: Finding) => {
    if ((await look) === 'here') resolve(finding)
  }
  const settled = [settle(own, 'here'), ...asked.map((look) => settle(look, 'through others'))]
  void Promise.all(settled).then(async () => resolve(await own))
  return promise
}
