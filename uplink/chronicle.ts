/**
 * Says what has changed from one registry to the next, in the journal, in the log and in the metrics: also what other
 * uplinks have done; why, only they know.
 */
import type { Log } from '../shared/log.ts'
import type { Journal } from '../shared/page/page.ts'
import type { UplinkMetrics } from './metrics.ts'
import { missing } from './past.ts'
import { changes, type Registry } from './registry.ts'

export interface ChronicleOptions {
  readonly journal: Journal
  readonly metrics: UplinkMetrics
  readonly log: Log
  /** As this uplink was told. */
  readonly copies: number
}

export class Chronicle {
  readonly #options: ChronicleOptions
  /** Why a life is being taken out, until that is noted. */
  readonly #reasons = new Map<string, string>()

  constructor(options: ChronicleOptions) {
    this.#options = options
  }

  /** Whatever comes of the change, this is why the life would be gone. */
  async because<T>(reason: string, incarnation: string, change: () => Promise<T>): Promise<T> {
    this.#reasons.set(incarnation, reason)
    try {
      return await change()
    } finally {
      this.#reasons.delete(incarnation)
    }
  }

  /** `before` is `undefined` for the first that this uplink has read. */
  note(before: Registry | undefined, after: Registry): void {
    const { journal, metrics } = this.#options
    const { epoch, members } = after
    metrics.epoch.set(epoch)
    metrics.members.set(members.length)
    metrics.awaited.set(awaited(after).length)
    if (before !== undefined) this.#noteMembers(before, after)
    else if (epoch > 0) {
      journal.note({ epoch, what: `this uplink started, with ${members.length} in the registry` })
    }
    if (before !== undefined) this.#noteCopies(before, after)
    this.#noteAwaited(before, after)
  }

  #noteMembers(before: Registry, after: Registry): void {
    for (const { member, what } of changes(before, after)) {
      const { id, incarnation } = member
      const reason = this.#reasons.get(incarnation) ?? 'gone, by another uplink'
      this.#options.journal.note({ epoch: after.epoch, id, what: what === 'gone' ? reason : what })
    }
  }

  #noteCopies({ copies: former }: Registry, { epoch, copies }: Registry): void {
    if (former === copies || former === 0 || copies === 0) return
    const { journal, log, copies: own } = this.#options
    journal.note({ epoch, what: `copies: ${copies} instead of ${former}` })
    const by = own === copies ? 'as this uplink is set' : 'as another uplink is set, other than this one'
    log.warn({ copies, former, own, epoch }, `the number of copies has changed, ${by}`)
  }

  #noteAwaited(before: Registry | undefined, after: Registry): void {
    const { journal, log } = this.#options
    const { epoch, past } = after
    const [former, now] = [before === undefined ? [] : awaited(before), awaited(after)]
    if (String(former) === String(now)) return
    const what = now.length > 0 ? `all were stopped; waited for: ${now.join(', ')}` : 'nobody is waited for'
    journal.note({ epoch, what })
    const line = now.length > 0 ? 'slots wait for members that held them last' : 'no slot waits for a member'
    // Where nobody is left, nobody waits yet.
    const level = now.length > 0 && after.members.length > 0 ? 'warn' : 'info'
    log[level]({ epoch, awaited: now, last: past?.last.epoch }, line)
  }
}

function awaited(registry: Registry): string[] {
  return registry.past?.isAwaited ? missing(registry.past.last, registry) : []
}
