/** What this member tells uplink each time that it renews its lease, and what uplink has against it, if it refuses. */
import { LarderError } from '../../../shared/errors.ts'
import type { Log } from '../../../shared/log.ts'
import { Trouble } from '../../../shared/trouble.ts'
import type { LastView, Lease, Member, Renewal, Unreached } from '../../../shared/view.ts'
import type { CurrentView } from './current-view.ts'

/** What is asked of uplink. */
interface Registering {
  renew(id: string, renewal: Renewal): Promise<Lease>
}

/** Who held the slots last, for after a stop of all. */
export interface Remembering {
  /** The latest view by which all was here that should be, in this life or as the disk knows it. */
  latest(): LastView | undefined
  /** As uplink knows it, and this member may not. */
  learn(last: LastView): void
}

export interface RenewingOptions {
  readonly self: Member
  readonly log: Log
  readonly current: CurrentView
  settling(): Remembering
  /** Whether it has not all of the slots that it is to hold. */
  isLacking(): boolean
  /** Whom it does not reach. */
  unreached(): readonly Unreached[]
  /** Called with whom others do not reach. */
  onSuspects(incarnations: readonly string[]): void
}

export class Renewing {
  readonly #options: RenewingOptions
  readonly #keptOut: Trouble
  /** A thing of its own: who has another secret may be told the view all the same. */
  readonly #wrongSecret: Trouble
  /** Why uplink keeps it out, in words. */
  #refusal: string | undefined

  constructor(options: RenewingOptions) {
    this.#options = options
    this.#keptOut = new Trouble(options.log, {
      begins: 'uplink keeps this member out: others do not reach it',
      ends: 'uplink lets this member in again',
      level: 'error',
    })
    this.#wrongSecret = new Trouble(options.log, {
      begins: 'uplink does not take the secret of this member: CLUSTER_SECRET is not the same',
      ends: 'uplink takes the secret of this member',
    })
  }

  /** Why uplink keeps it out, if it does. */
  get refusal(): string | undefined {
    return this.#refusal
  }

  /** @throws LarderError, or what the call throws. */
  async renew(uplink: Registering, { isLeaving }: { isLeaving: boolean }): Promise<Lease> {
    try {
      const lease = await this.#tell(uplink, isLeaving)
      this.#refusal = undefined
      this.#wrongSecret.end()
      this.#keptOut.end()
      this.#options.onSuspects(lease.suspects ?? [])
      if (lease.last !== undefined) this.#options.settling().learn(lease.last)
      return lease
    } catch (error) {
      if (error instanceof LarderError) this.#refused(error)
      throw error
    }
  }

  #refused({ code, message: reason }: LarderError): void {
    if (code === 'UNAUTHORIZED') this.#wrongSecret.begin({ reason })
    if (code !== 'NOT_REACHED') return
    this.#wrongSecret.end()
    this.#refusal = reason
    this.#keptOut.begin({ url: this.#options.self.url, reason })
  }

  async #tell(uplink: Registering, isLeaving: boolean): Promise<Lease> {
    const { self, current, log } = this.#options
    const renewal = this.#renewal(isLeaving)
    try {
      return await uplink.renew(self.id, renewal)
    } catch (error) {
      const { placed } = current
      if (!(error instanceof LarderError) || error.code !== 'VIEW_WANTED' || !placed) throw error
      log.warn({ epoch: renewal.epoch }, 'uplink has forgotten the members; telling it')
      return uplink.renew(self.id, { ...renewal, members: placed.view.members })
    }
  }

  #renewal(isLeaving: boolean): Renewal {
    const { self, current, settling, isLacking, unreached } = this.#options
    const { url, incarnation, formats, version } = self
    const last = settling().latest()
    const others = unreached()
    return {
      url,
      incarnation,
      formats,
      version,
      ...(isLeaving && { leaving: true as const }),
      ...(last && { last }),
      ...(isLacking() && { lacking: true as const }),
      ...(others.length > 0 && { unreached: [...others] }),
      epoch: current.placed?.epoch ?? 0,
    }
  }
}
