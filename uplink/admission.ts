/**
 * Who becomes a member: one life an id, whom the others understand, and nobody new before those who know more had
 * time to come.
 */
import type { Clock } from '../shared/clock.ts'
import { LarderError } from '../shared/errors.ts'
import type { Log } from '../shared/log.ts'
import type { Member } from '../shared/view.ts'
import type { UplinkMetrics } from './metrics.ts'
import { isReached, type Probes } from './probe.ts'
import { formatsOf, isSettled, join, memberOf, type Registry, strangersTo } from './registry.ts'
import type { Step } from './store.ts'

export interface AdmissionOptions {
  readonly probes: Probes
  readonly clock: Clock
  readonly metrics: UplinkMetrics
  readonly log: Log
  /** How long an uplink that finds no members waits for those who know some before others found a cluster. */
  readonly foundingMs: number
  change(step: Step): Promise<{ hasChanged: boolean; registry: Registry }>
}

/** How often an id may pass to somebody else while one member asks for it. */
const ADMISSIONS_MAX = 3
/** Refused lives that are remembered, so that each is told of once. */
const STRANGERS_MAX = 1000

export class Admission {
  readonly #options: AdmissionOptions
  readonly #strangers = new Set<string>()
  #opensAtMs: number | undefined

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** Called with the first registry that was read. An empty one may be all that is left of a cluster that lives. */
  open({ epoch }: Registry): void {
    const { clock, foundingMs } = this.#options
    this.#opensAtMs ??= epoch === 0 ? clock.now() + foundingMs : -Infinity
  }

  /** @throws LarderError NOT_READY, ID_TAKEN, NOT_UNDERSTOOD. */
  async admit(registry: Registry, member: Member): Promise<Registry> {
    const { change, log } = this.#options
    this.#refuseFounder(registry)
    let current = registry
    for (let attempt = 0; attempt < ADMISSIONS_MAX; attempt++) {
      const former = memberOf(current, member.id)
      if (isSettled(current, member)) return current
      this.#refuseStranger(current, member)
      if (former !== undefined && former.incarnation !== member.incarnation) {
        await this.#challenge(former, current)
      }
      const { hasChanged, registry: next } = await change((now) => join(now, member, former))
      const what = member.leaving ? 'a member is leaving' : 'a member joined'
      if (hasChanged) log.info({ ...member, epoch: next.epoch, former }, what)
      current = next
    }
    throw new LarderError('ID_TAKEN', `Others ask for the id ${member.id} at the same time.`)
  }

  #refuseFounder({ members }: Registry): void {
    if (members.length > 0 || this.#options.clock.now() >= (this.#opensAtMs ?? -Infinity)) return
    const why = 'This uplink has just been started, and waits for members that know more.'
    throw new LarderError('NOT_READY', why)
  }

  #refuseStranger(registry: Registry, member: Member): void {
    const strangers = strangersTo(registry, member)
    if (strangers.length === 0) return
    const { log, metrics } = this.#options
    const others = strangers.map(named).join(', ')
    if (!this.#strangers.has(member.incarnation)) {
      if (this.#strangers.size >= STRANGERS_MAX) this.#strangers.clear()
      this.#strangers.add(member.incarnation)
      metrics.strangers.inc()
      log.error({ member: named(member), others }, 'a member is refused: others do not understand it')
    }
    throw new LarderError('NOT_UNDERSTOOD', `${named(member)} has no format in common with ${others}.`)
  }

  /** Only one life of a member has its id: who answers keeps it, even from an address that another claims. */
  async #challenge(former: Member, registry: Registry): Promise<void> {
    if (!isReached(await this.#options.probes.look(former, registry))) return
    const { id, url } = former
    throw new LarderError('ID_TAKEN', `${id} is alive at ${url}: give this member another NODE_ID.`)
  }
}

function named(member: Member): string {
  const { id, version = 'of an older version' } = member
  return `${id} (${version}, formats ${formatsOf(member).join(' ')})`
}
