/** The end of many keys, on whichever members they are: it goes on until all is gone, whoever owns it by then. */
import { pause } from '../../shared/clock.ts'
import type { CommandOf, Reply } from '../../shared/command.ts'
import { LarderError, toLarderError } from '../../shared/errors.ts'
import { mapAll } from '../../shared/eventual.ts'
import type { KeyPlace } from '../../shared/many-keys.ts'
import { SLOTS } from '../../shared/placement.ts'
import type { Member } from '../../shared/view.ts'
import type { ExecuteOptions } from '../engine.ts'
import { type KeysElsewhere, type Part, partsOf } from './key-parts.ts'
import type { PlacedView } from './members/members.ts'

/** Whoever clears is waited for so long at a time, and all together as long as somebody gets on. */
const CLEAR_ASKED_MS = 5000
const CLEAR_STALLED_MS = 5000
const CLEAR_PAUSE_MS = 100

export class KeyClearing {
  readonly #asked: Omit<CommandOf<'keys.clear'>, 'type'>
  readonly #options: KeysElsewhere
  readonly #caller: ExecuteOptions
  readonly #left = new Set(Array.from({ length: SLOTS }, (_, slot) => slot))
  #upTo: number | undefined
  #count = 0
  /** When anybody has got on last. */
  #movedAtMs: number

  constructor(
    { type: _, ...asked }: CommandOf<'keys.clear'>,
    options: KeysElsewhere,
    caller: ExecuteOptions,
  ) {
    this.#asked = asked
    this.#options = options
    this.#caller = caller
    this.#movedAtMs = options.clock.now()
  }

  async run(): Promise<number> {
    const { clock, views } = this.#options
    for (;;) {
      try {
        const { placed } = views
        if (placed === undefined) throw new LarderError('NOT_READY', 'This member is no member any more.')
        if (this.#upTo === undefined) this.#upTo = await this.#latest(placed)
        await this.#clearAll(
          partsOf(placed, (slot) => this.#left.has(slot)),
          this.#upTo,
        )
        if (this.#left.size === 0) return this.#count
      } catch (error) {
        const now = clock.now()
        if (now > this.#caller.deadlineAtMs || now > this.#movedAtMs + CLEAR_STALLED_MS)
          throw this.#broken(toLarderError(error))
        await pause(clock, CLEAR_PAUSE_MS)
      }
    }
  }

  /** Whatever was stored before has no later stamp than any member knows of now. */
  async #latest({ members }: PlacedView): Promise<number> {
    const nothing = { type: 'keys.scan', slots: '', prefix: '', limit: 1 } as const
    const replies = await mapAll(members, (member) => this.#execute(member, nothing))
    return Math.max(...replies.map((reply) => (reply.type === 'keys' ? reply.time : 0)))
  }

  /** Also where one fails, so that nothing of it is under way any more. */
  async #clearAll(parts: readonly Part[], upTo: number): Promise<void> {
    const done = await Promise.allSettled(parts.map((part) => this.#clear(part, upTo)))
    for (const one of done) if (one.status === 'rejected') throw one.reason
  }

  /** With what is done already: to be asked again is up to the caller, who has to know that. */
  #broken(cause: LarderError): LarderError {
    const code = cause.code === 'WRONG_OWNER' || cause.code === 'REFUSED' ? 'UNREACHABLE' : cause.code
    const done = `${this.#count} keys are deleted: ask again for the rest.`
    return new LarderError(code, `${cause.message} ${done}`, { cause })
  }

  /** Slots that are done stay so, whatever comes of the others. */
  async #clear({ member, slots, list }: Part, upTo: number): Promise<void> {
    let after: KeyPlace | undefined
    do {
      const forget = { type: 'keys.forget', slots, ...this.#asked, upTo } as const
      const reply = await this.#execute(member, after === undefined ? forget : { ...forget, after })
      if (reply.type !== 'cleared') throw new LarderError('INTERNAL', 'A member did not do as it was asked.')
      const { count, next } = reply
      this.#count += count
      this.#movedAtMs = this.#options.clock.now()
      after = next
      for (const slot of list) if (after === undefined || slot < after.slot) this.#left.delete(slot)
    } while (after !== undefined)
  }

  async #execute(member: Member, command: CommandOf<'keys.scan' | 'keys.forget'>): Promise<Reply> {
    const { clock, engineOf } = this.#options
    const { requestId, traced, deadlineAtMs } = this.#caller
    const soon = Math.min(deadlineAtMs, clock.now() + CLEAR_ASKED_MS)
    return await engineOf(member).execute(command, { requestId, traced, deadlineAtMs: soon })
  }
}
