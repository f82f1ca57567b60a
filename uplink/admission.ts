/**
 * Who becomes a member: one life an id, whom the others understand and reach at its address, and nobody new before those
 * who know more had time to come.
 */
import { audit } from '../shared/audit.ts'
import type { Clock } from '../shared/clock.ts'
import { LarderError } from '../shared/errors.ts'
import type { Log } from '../shared/log.ts'
import type { Journal } from '../shared/page/page.ts'
import type { Outcome } from '../shared/probe.ts'
import type { Member } from '../shared/view.ts'
import type { UplinkMetrics } from './metrics.ts'
import type { Outside } from './outside.ts'
import type { Poll } from './poll.ts'
import { isReached, type Probes } from './probe.ts'
import { formatsOf, isSame, isSettled, join, memberOf, type Registry, strangersTo } from './registry.ts'
import type { Step } from './store.ts'
import { isLetIn, type Looks } from './votes.ts'

export interface AdmissionOptions {
  readonly probes: Probes
  readonly poll: Poll
  readonly outside: Outside
  readonly journal: Journal
  readonly clock: Clock
  readonly metrics: UplinkMetrics
  readonly log: Log
  /** How long an uplink that finds no members waits for those who know some before others found a cluster. */
  readonly foundingMs: number
  /** The newest that is known. */
  epoch(): number
  change(step: Step): Promise<{ hasChanged: boolean; registry: Registry }>
}

/** How often an id may pass to somebody else while one member asks for it. */
const ADMISSIONS_MAX = 3
/** Whoever has the secret may call itself anything: beyond so many they begin anew. */
const FOUNDERS_MAX = 1000
/** Refused lives that are remembered, so that each is told of once. */
const STRANGERS_MAX = 1000

export class Admission {
  readonly #options: AdmissionOptions
  readonly #strangers = new Set<string>()
  /** When those that nobody reaches, and nobody else is there to look at, first asked. */
  readonly #founders = new Map<string, number>()
  #opensAtMs: number | undefined

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** Called with the first registry that was read. An empty one may be all that is left of a cluster that lives. */
  open({ epoch }: Registry): void {
    const { clock, foundingMs } = this.#options
    this.#opensAtMs ??= epoch === 0 ? clock.now() + foundingMs : -Infinity
  }

  /** @throws LarderError NOT_READY, ID_TAKEN, NOT_UNDERSTOOD, NOT_REACHED. */
  async admit(registry: Registry, member: Member): Promise<Registry> {
    const { change, log, outside, poll } = this.#options
    this.#refuseFounder(registry)
    let current = registry
    let looks: Promise<Looks> | undefined
    for (let attempt = 0; attempt < ADMISSIONS_MAX; attempt++) {
      const former = memberOf(current, member.id)
      if (isSettled(current, member)) return current
      this.#refuseStranger(current, member)
      if (!isSame(former, member) && !member.leaving) {
        outside.refuse(member)
        looks ??= poll.of(member, current)
      }
      if (former !== undefined && former.incarnation !== member.incarnation) {
        await this.#challenge(former, current)
      }
      if (looks !== undefined) this.#refuseUnreached(current, member, await looks)
      const { hasChanged, registry: next } = await change((now) => join(now, member, former))
      const what = member.leaving ? 'a member is leaving' : 'a member joined'
      if (hasChanged) audit(log, { what, ...member, epoch: next.epoch, former })
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

  /** Uplink and some of the others look first: nobody gets slots that cannot be asked for them. */
  #refuseUnreached(registry: Registry, member: Member, looks: Looks): void {
    if (registry.members.length === 0 && looks.own !== 'here') this.#delay(member)
    if (!isLetIn(looks)) throw this.keepOut(member, reasonOf(member, looks))
  }

  /** Others who are about to come may be able to look. @throws LarderError NOT_READY */
  #delay({ incarnation, url }: Member): void {
    const nowMs = this.#options.clock.now()
    const askedAtMs = this.#founders.get(incarnation) ?? nowMs
    if (this.#founders.size >= FOUNDERS_MAX) this.#founders.clear()
    this.#founders.set(incarnation, askedAtMs)
    if (nowMs - askedAtMs >= this.#options.foundingMs) return
    throw new LarderError('NOT_READY', `This uplink reaches nobody at ${url}, and waits for others to look.`)
  }

  /** Says that others do not reach it. @returns what it is told. */
  keepOut(member: Member, reason: string): LarderError {
    const { outside, log, journal, metrics } = this.#options
    const { id, url, incarnation } = member
    const { refusal, isNew } = outside.keep(member, reason)
    metrics.keptOut.inc()
    if (!isNew) return refusal
    log.error({ id, url, incarnation, reason }, 'a member is kept out: others do not reach it')
    journal.note({ epoch: this.#options.epoch(), id, what: `kept out: ${reason}` })
    return refusal
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

const FOUND: Readonly<Record<Outcome, string>> = {
  here: 'reaches it',
  replaced: 'finds another life there',
  refused: 'is refused',
  silent: 'gets no good answer',
}

/** What was found at its address, in words. */
function reasonOf({ id, url }: Member, { own, others }: Looks): string {
  const counts = Object.entries(FOUND).flatMap(([outcome, words]) => {
    const count = others.filter((found) => found === outcome).length
    return count === 0 ? [] : [`${count} of ${others.length} others ${words}`]
  })
  return `Most do not reach ${id} at ${url}: ${[`uplink ${FOUND[own]}`, ...counts].join(', ')}`
}
