/**
 * What it means when another member refuses a call as a whole. It is between members and never what a client gets to see:
 * what is wrong with a client's command is told in the result of that command.
 */
import { isErrorCode, LarderError } from '../../../shared/errors.ts'
import { ImpossibleError, type Introduction } from '../wire/calls.ts'
import type { PeerResponse } from './connection.ts'

/** What one of two members says, the other one does not understand. */
export class NotUnderstoodError extends Error {
  /** As it is of a time that cannot be. */
  readonly isOfClock: boolean

  constructor(
    message: string,
    { isOfClock = false, ...options }: ErrorOptions & { isOfClock?: boolean } = {},
  ) {
    super(message, options)
    this.isOfClock = isOfClock
  }
}

/** It has answered, and has not done what it was asked for. */
class NotDoneError extends Error {}
/** At the address of a member another one answers: nothing that was said concerns the one that is meant. */
export class AnotherLifeError extends LarderError {
  /** It is the next life of the same member: the one that is meant is over. Where it is another member, that is open. */
  readonly isNext: boolean

  constructor(id: string, answering?: Introduction) {
    const { id: other = 'somebody', incarnation = 'unknown' } = answering ?? {}
    super('REFUSED', `Where ${id} is to be, ${other} answers, in its life ${incarnation}.`)
    this.isNext = other === id
  }
}

/** With these a member says that it has not understood, whatever its version. */
const MISUNDERSTANDINGS = new Set([400, 404, 405, 409, 415])
/** It does not take the secret of this member. */
export class SecretRefusedError extends Error {
  constructor() {
    super('it does not take the secret of this member: CLUSTER_SECRET is not the same')
  }
}
/** What means the same to whoever has asked. */
const TOLD: readonly unknown[] = ['OVERLOADED', 'NOT_READY', 'TOO_LARGE']

export function refusalOf(id: string, answer: PeerResponse): Error {
  const { status } = answer
  const code = codeOf(answer)
  if (code === 'ANOTHER_LIFE') return new AnotherLifeError(id)
  if (code === 'IMPOSSIBLE')
    return new NotUnderstoodError('it does not believe the times that this member tells', { isOfClock: true })
  if (MISUNDERSTANDINGS.has(status)) return new NotUnderstoodError(`it answers ${status}`)
  const isTold = isErrorCode(code) && TOLD.includes(code)
  const cause = status === 401 ? new SecretRefusedError() : new NotDoneError(`it answers ${status}`)
  return new LarderError(isTold ? code : 'UNREACHABLE', `${id} answered ${status}.`, { cause })
}

/** Why a member did not take what it was given, though it has answered; `undefined` where it did not answer. */
export function reasonNotTaken(error: unknown): string | undefined {
  if (!(error instanceof LarderError) || isPassing(error)) return undefined
  const { cause } = error
  return cause instanceof NotDoneError || cause instanceof NotUnderstoodError ? cause.message : undefined
}

/** Whether it is there, and only does not do this now. */
export function isPassing({ code }: LarderError): boolean {
  return code === 'OVERLOADED' || code === 'NOT_READY'
}

/** The code of a problem; whatever was answered. */
export function codeOf({ body }: PeerResponse): unknown {
  try {
    const problem: unknown = JSON.parse(body.toString())
    return problem !== null && typeof problem === 'object' && 'code' in problem ? problem.code : undefined
  } catch {
    return undefined
  }
}

/** What was answered, decoded. @throws NotUnderstoodError */
export function understood<Answer>(decode: (bytes: Buffer) => Answer, { body }: PeerResponse): Answer {
  try {
    return decode(body)
  } catch (cause) {
    if (cause instanceof ImpossibleError)
      throw new NotUnderstoodError(`it speaks of ${cause.message}`, { cause, isOfClock: true })
    throw new NotUnderstoodError('its answer cannot be read', { cause })
  }
}
