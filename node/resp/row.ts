/** A command of Redis as a row: what it is called, where its keys are, and what it does; and a call of it. */
import type { Audited } from '../../shared/audit.ts'
import type { Reply as Answer, Command } from '../../shared/command.ts'
import type { Eventual } from '../../shared/eventual.ts'
import { nextRequestId } from '../../shared/request-id.ts'
import type { Rights } from '../../shared/rights.ts'
import type { Turns } from '../../shared/turns.ts'
import type { Caller, Dispatch } from '../dispatch.ts'
import type { Words } from './reader.ts'
import type { Session } from './session.ts'
import type { Reply } from './writer.ts'

/**
 * How it goes with the commands before and behind it on its connection, so that it looks as if one was carried out after the
 * other: a `read` waits for what writes to its keys, and a `write`, which is sent in the turn in which it comes and queues where
 * it is carried out, for what reads them; `steps`, which are more than one turn, for both; `all` for everything.
 */
export type Does = 'read' | 'write' | 'steps' | 'all' | 'nothing'

/** The places of its keys among its words: the first and the last, from the end where that is negative, and how far apart. */
export type KeyPlaces = readonly [first: number, last: number, step: number]

export interface Row {
  /** In small letters. */
  readonly name: string
  /** How many words it has, its name among them; where it is negative, at least so many. */
  readonly arity: number
  /** Where that depends on its words, a function of them. */
  readonly does: Does | ((words: Words) => Does)
  readonly keys?: KeyPlaces | ((words: Words) => KeyPlaces)
  /** Whether it changes anything, where that is not seen by what it does. */
  readonly isWrite?: boolean
  /** Whether whoever has not shown a key may ask it. */
  readonly isOpen?: boolean
  /** Its names behind its own, where it is several. */
  readonly subcommands?: readonly string[]
  /** Its group, as COMMAND DOCS has them. */
  readonly group: 'connection' | 'generic' | 'server' | 'set' | 'string'
  run(call: Call): Eventual<Reply>
}

export function doesOf({ does }: Row, words: Words): Does {
  return typeof does === 'function' ? does(words) : does
}

export function isWriteRow({ does, isWrite = does === 'write' }: Row): boolean {
  return isWrite
}

/** What carries commands out, for all connections. */
export interface Execution {
  readonly dispatch: Dispatch
  /** Where what is kept is. */
  readonly backend: Whereabouts
  /** By the wall clock. */
  wallMs(): number
  /** Whoever has much to do does it in these. */
  readonly turns: Pick<Turns, 'pass' | 'take'>
  /** @throws LarderError where there is no room for an answer of so many bytes. */
  takeIn(bytes: number): void
  /** Whether this is a key, and of that user where one is named: told at once where it is, and later where many are tried. */
  admit(session: Session, key: string, user?: string): Eventual<boolean>
  /** To be told of whatever was thrown by a command. */
  onFailure(command: string, thrown: unknown): void
  /** To be told of what somebody may ask about later. */
  audit(call: Call, audited: Audited): void
  /** What there is to be told of this process. */
  readonly server: ServerFacts
}

export interface Whereabouts {
  /** Whether all keys are in one place, so that any of them can be changed in one turn. */
  readonly isOnePlace: boolean
  /** On how many others that can be reached whatever is acknowledged surely is. */
  readonly copiesElsewhere: number
}

export interface ServerFacts {
  /** Of this project. */
  readonly version: string
  /** Of this life of this member. */
  readonly runId: string
  readonly port: number
  readonly startedAtMs: number
  readonly bytesMax: number
  readonly sessions: ReadonlySet<Session>
  readonly connectionsMax: number
  /** How many commands and connections there were so far. */
  readonly counts: { readonly commands: number; readonly connections: number }
  /** Why it does not serve yet, where it does not. */
  readonly notReady: string | undefined
}

/** One call of a command. */
export class Call implements Caller {
  readonly words: Words
  readonly session: Session
  readonly execution: Execution
  deadlineAtMs: number | undefined
  #id: string | undefined

  constructor(words: Words, session: Session, execution: Execution) {
    this.words = words
    this.session = session
    this.execution = execution
  }

  get id(): string {
    this.#id ??= this.session.request?.id ?? nextRequestId()
    return this.#id
  }

  get traced(): boolean {
    return this.session.request?.traced ?? false
  }

  get rights(): Rights {
    return this.session.rights
  }

  /** @throws LarderError, now or later. */
  send(command: Command, waitMs?: number): Eventual<Answer> {
    return this.execution.dispatch(this, command, waitMs)
  }
}

/** The places of the keys in these words, in their order. */
export function keyPlacesOf({ keys }: Row, words: Words): readonly number[] {
  if (keys === undefined) return NO_PLACES
  return placesIn(words, typeof keys === 'function' ? keys(words) : keys)
}

const NO_PLACES: readonly number[] = []

export function placesIn({ length }: Words, [first, last, step]: KeyPlaces): number[] {
  const places: number[] = []
  const end = Math.min(last < 0 ? length + last : last, length - 1)
  for (let place = first; place <= end; place += step) places.push(place)
  return places
}
