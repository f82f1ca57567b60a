/**
 * The latest view by which all was here that should be. Uplink is told of it, and the disk knows it: after a stop of all, those of
 * it are waited for. So are those of whom it hears, by whoever has never had all: or it would take itself for the first, should
 * it be the first to come to an uplink that has forgotten.
 */
import type { LastView, Member } from '../../../shared/view.ts'
import type { PlacedView, Views } from '../members/members.ts'
import type { Holdings } from './holdings.ts'

export interface SettlingOptions {
  readonly self: Member
  /** Without, it is the only member there will ever be. */
  readonly uplink: object | undefined
  readonly views: Views
  readonly holdings: Pick<Holdings, 'isWhole'>
  readonly storage: {
    /** @returns what is remembered of it: nothing without a disk. */
    readonly standings: { settle(last: LastView): LastView | undefined }
  }
}

export class Settling {
  readonly #options: SettlingOptions
  #last: LastView | undefined
  /** Of the view in force by which all was here. */
  #epoch = 0
  #isComing = false

  constructor(options: SettlingOptions) {
    this.#options = options
  }

  /** What the disk knows. */
  remember(last: LastView): void {
    this.#last = last
  }

  /** Others are waited for by this one, or would be. */
  learn(last: LastView): void {
    if (last.epoch > (this.#last?.epoch ?? 0)) this.#settle(last)
  }

  install({ view: { last } }: PlacedView): void {
    if (last !== undefined) this.learn(last)
    this.settleSoon()
  }

  /** Looks whether it is the one in force by now. */
  latest(): LastView | undefined {
    const { self, uplink, views, holdings } = this.#options
    const { placed } = views
    if (uplink === undefined) return undefined
    const isNew = placed?.find(self) !== undefined && placed.epoch !== this.#epoch
    const isCalm = isNew && !placed.hasAbsent && placed.members.every(({ leaving }) => !leaving)
    if (!isCalm || !holdings.isWhole) return this.#last
    const { epoch, copies, members } = placed.view
    this.#epoch = epoch
    return this.#settle({ epoch, copies, members: members.map(({ id }) => id) })
  }

  /** After this turn: many slots become complete at once. */
  settleSoon(): void {
    if (this.#isComing) return
    this.#isComing = true
    queueMicrotask(() => {
      this.#isComing = false
      void this.latest()
    })
  }

  #settle(last: LastView): LastView | undefined {
    this.#last = this.#options.storage.standings.settle(last)
    return this.#last
  }
}
