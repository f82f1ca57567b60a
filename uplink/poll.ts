/**
 * What uplink and some members find where one says that it is that wants to become a member: they look all at once, and
 * nobody waits for the last of them once most reach it.
 */
import { type Clock, pause } from '../shared/clock.ts'
import { type Outcome, probe } from '../shared/probe.ts'
import type { AgentOf } from '../shared/tls.ts'
import type { Member } from '../shared/view.ts'
import type { Observations } from './observations.ts'
import { type Registry, witnesses } from './registry.ts'
import type { Looks } from './votes.ts'
import { ask, deadline } from './witness.ts'

export interface PollOptions {
  readonly clock: Clock
  readonly deadlineMs: number
  readonly clusterSecrets: readonly string[]
  readonly agentOf?: AgentOf | undefined
  readonly observations: Observations
}

const ASKED_MAX = 7
/** Of how many an uplink that does not reach a member looks at, to see whether it reaches anybody. */
const OTHERS_MAX = 3
/** For so long after it has reached somebody an uplink is not taken for cut off. */
const JUDGES_MS = 10_000

export class Poll {
  readonly #options: PollOptions
  readonly #underway = new Map<string, Promise<Looks>>()
  #reachedAtMs = -Infinity

  constructor(options: PollOptions) {
    this.#options = options
  }

  /** The registry says who may be asked. However many want to know, it is looked at once. */
  of(member: Member, registry: Registry): Promise<Looks> {
    const life = JSON.stringify([member.id, member.incarnation, member.url])
    const underway = this.#underway.get(life)
    if (underway !== undefined) return underway
    const poll = this.#hold(member, registry).finally(() => this.#underway.delete(life))
    this.#underway.set(life, poll)
    return poll
  }

  /** Whether uplink itself gets an answer from a member; `undefined` where it gets none from these others either. */
  async isReached(member: Member, others: readonly Member[]): Promise<boolean | undefined> {
    const never = new AbortController().signal
    const looks = [member, ...others.slice(0, OTHERS_MAX)].map((each) => this.#look(each, never))
    const [isReached = false, ...areReached] = (await Promise.all(looks)).map((found) => found === 'here')
    return isReached || areReached.includes(true) ? isReached : undefined
  }

  async #hold(member: Member, registry: Registry): Promise<Looks> {
    const { observations, clock, deadlineMs, clusterSecrets, agentOf } = this.#options
    const asked = witnesses(observations.sightings, registry, { of: member, max: ASKED_MAX })
    const over = new AbortController()
    const others: Outcome[] = []
    let own: Outcome = 'silent'
    let reached = 0
    const note = (found: Outcome | undefined) => {
      if (found === 'here' && ++reached > (asked.length + 1) / 2) over.abort()
    }
    const looking = this.#look(member, over.signal).then((found) => {
      own = found
      note(found)
    })
    const asking = asked.map(async (witness) => {
      const found = await ask(
        witness,
        { ...member, joins: true },
        { clusterSecrets, agentOf, deadlineMs, over: over.signal },
      )
      if (found !== undefined) others.push(found)
      note(found)
    })
    const all = Promise.all([looking, ...asking]).then(() => over.abort())
    await pause(clock, deadlineMs, over.signal)
    over.abort()
    await all
    return { own, others, canJudge: clock.now() - this.#reachedAtMs < JUDGES_MS }
  }

  async #look(member: Member, over: AbortSignal): Promise<Outcome> {
    const { clock, deadlineMs, agentOf } = this.#options
    const found = await probe(member, { signal: deadline(deadlineMs, over), agentOf })
    if (found === 'here') this.#reachedAtMs = clock.now()
    return found
  }
}
