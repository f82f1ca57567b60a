/** A member that may see no other for a while: what it writes to one key, and what comes of it when they meet. */
import { apply, dueAtMs, type Entry, idOf, merge, remainsOf } from '../../../node/entries/entry.ts'
import { StampClock } from '../../../node/entries/stamp.ts'
import type { Outcome, SingleCommand } from '../../../shared/command.ts'
import { LarderError } from '../../../shared/errors.ts'

export const GRACE_MS = 600_000
const id = idOf.key('k')

export class Half {
  entry: Entry | undefined
  nowMs = 1000
  readonly #origin: string
  readonly #stamps: StampClock

  constructor(origin: string) {
    this.#origin = origin
    this.#stamps = new StampClock(origin)
  }

  do(command: SingleCommand): Outcome | string {
    const { nowMs } = this
    const stamp = () => this.#stamps.next(nowMs)
    const moment = { nowMs, origin: this.#origin, isCertain: true, isOver: () => false, stamp }
    const get = (asked: string) => (asked === id ? this.entry : undefined)
    try {
      const { outcome, changes } = apply(command, { get, under: () => [] }, moment)
      for (const { entry } of changes) this.#merge(entry)
      return outcome
    } catch (error) {
      return error instanceof LarderError ? error.code : String(error)
    }
  }

  set(
    body: string,
    { ttlMs, contentType = 'application/json' }: { ttlMs?: number; contentType?: string } = {},
  ) {
    return this.do({ type: 'value.set', key: 'k', contentType, body, ...(ttlMs && { ttlMs }) })
  }

  add(by = 1, options: { ttlMs?: number; min?: string; max?: string } = {}) {
    return this.do({ type: 'counter.add', key: 'k', by: String(by), ...options })
  }

  /** What is read: the body, or nothing. */
  get read(): string | undefined {
    const outcome = this.do({ type: 'value.get', key: 'k' })
    return typeof outcome === 'object' && outcome.type === 'value' ? String(outcome.body) : undefined
  }

  get total(): string | undefined {
    const outcome = this.do({ type: 'counter.get', key: 'k' })
    return typeof outcome === 'object' && outcome.type === 'total' ? outcome.value : undefined
  }

  hear(other: Half): void {
    if (other.entry !== undefined) this.#merge(structuredClone(other.entry))
  }

  tend(): void {
    while (this.entry !== undefined && dueAtMs(this.entry, GRACE_MS) <= this.nowMs)
      this.entry = remainsOf(id, this.entry, {
        nowMs: this.nowMs,
        oldestMs: this.nowMs - GRACE_MS,
        isKept: false,
      })
  }

  #merge(entry: Entry): void {
    this.entry = this.entry === undefined ? entry : merge(this.entry, entry)
  }
}
