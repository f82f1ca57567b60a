/**
 * What is asked of one server in one turn of this process goes there as one script (`many.lua`): so each of very many commands
 * costs a part of a call, here and there. Each is carried out by itself, in their order.
 */
import { type Argument, keyCountOf, type ScriptName, type SingleName } from './scripts.ts'

/** Of the engine, and who waits for what comes of it. */
export interface Call {
  readonly script: ScriptName
  readonly parts: readonly Argument[]
  readonly bytes: number
  readonly deadlineAtMs: number
  readonly answer: PromiseWithResolvers<unknown>
  /** Whoever waits was told already. */
  isLate: boolean
}

export type SingleCall = Call & { readonly script: SingleName }

/** The engine serves nobody else meanwhile. */
const TOGETHER_MAX = 100
const BYTES_MAX = 2 ** 18

export class Turn {
  readonly #send: (calls: readonly SingleCall[]) => void
  #calls: SingleCall[] = []

  constructor(send: (calls: readonly SingleCall[]) => void) {
    this.#send = send
  }

  /** To be sent once all that has come by now was looked at. */
  add(call: SingleCall): void {
    if (this.#calls.push(call) === 1) setImmediate(() => this.#end())
  }

  #end(): void {
    const calls = this.#calls
    this.#calls = []
    let [from, bytes] = [0, 0]
    for (const [at, call] of calls.entries()) {
      if (at - from === TOGETHER_MAX || (at > from && bytes + call.bytes > BYTES_MAX)) {
        this.#send(calls.slice(from, at))
        from = at
        bytes = 0
      }
      bytes += call.bytes
    }
    this.#send(calls.slice(from))
  }
}

/** As `many.lua` takes them. */
export function partsOf(calls: readonly SingleCall[]): Argument[] {
  const keys: Argument[] = []
  const args: Argument[] = []
  for (const { script, parts } of calls) {
    const count = keyCountOf(script)
    for (let at = 0; at < count; at++) keys.push(parts[at] ?? '')
    args.push(script, parts.length - count)
    for (let at = count; at < parts.length; at++) args.push(parts[at] ?? '')
  }
  return [keys.length, ...keys, ...args]
}

const ERROR = Buffer.from('error')

/** What has gone wrong with one of them. */
export function errorIn(told: unknown): Error | undefined {
  if (!Array.isArray(told) || !Buffer.isBuffer(told[0]) || !told[0].equals(ERROR)) return undefined
  return new Error(String(told[1]))
}
