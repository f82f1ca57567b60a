/**
 * How every door hands a command on, whatever it speaks: if its caller may, with the deadline that he has, and the id that
 * follows it.
 */
import type { Clock } from '../shared/clock.ts'
import type { Command, Reply } from '../shared/command.ts'
import { type Eventual, isLater } from '../shared/eventual.ts'
import type { Rights } from '../shared/rights.ts'
import type { Engine, ExecuteOptions } from './engine.ts'
import { permitted } from './permission.ts'

export { permitted, permittedInterest } from './permission.ts'

/** A request, of whatever protocol: it waits for what its commands lead to, and may send several of them. */
export interface Caller {
  /** Names it in logs, here and on the members that its commands are passed on to. */
  readonly id: string
  /** Whether the logs are to tell of it. */
  readonly traced: boolean
  /** What its key is good for. */
  readonly rights: Rights
  /** After this it is told that it took too long. Set with the first of its commands that has to be waited for. */
  deadlineAtMs?: number | undefined
  /** How many replicas have what it wrote, where those are fewer than are waited for. */
  replicas?: number | undefined
}

/**
 * The reply, or LarderError, at once where it is at hand. `waitMs` is for what may take longer than a member is waited
 * for. @throws LarderError FORBIDDEN, at once.
 */
export type Dispatch = (caller: Caller, command: Command, waitMs?: number) => Eventual<Reply>

export function createDispatch(engine: Engine, clock: Clock, timeoutMs: number): Dispatch {
  /** One deadline a caller, however many commands it takes, one after the other. */
  const deadlineOf = (caller: Caller): number => {
    caller.deadlineAtMs ??= clock.now() + timeoutMs
    return caller.deadlineAtMs
  }
  return (caller, command, waitMs) => {
    if (waitMs !== undefined) caller.deadlineAtMs = clock.now() + waitMs
    const reply = engine.execute(permitted(command, caller.rights), new CallerOptions(caller, deadlineOf))
    // Whatever it sends after what it waits for has no longer than that.
    if (isLater(reply)) deadlineOf(caller)
    return reply
  }
}

/** Works out what is asked for: a read that is answered at once asks for nothing, and need not look at the time. */
class CallerOptions implements ExecuteOptions {
  readonly #caller: Caller
  readonly #deadlineOf: (caller: Caller) => number

  constructor(caller: Caller, deadlineOf: (caller: Caller) => number) {
    this.#caller = caller
    this.#deadlineOf = deadlineOf
  }

  get deadlineAtMs(): number {
    return this.#deadlineOf(this.#caller)
  }

  get requestId(): string {
    return this.#caller.id
  }

  get traced(): boolean {
    return this.#caller.traced
  }

  lacksReplicas(replicas: number): void {
    this.#caller.replicas = Math.min(this.#caller.replicas ?? Infinity, replicas)
  }
}
