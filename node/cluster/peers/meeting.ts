/**
 * Two members agree on a format before anything else is said, once for each life of the other one. Whatever waits for it
 * waits for the same question; one that comes to nothing is asked anew by whoever needs it next.
 */
import { LarderError } from '../../../shared/errors.ts'
import type { Member } from '../../../shared/view.ts'
import {
  commonFormat,
  FORMER,
  Introduction,
  introductionOf,
  MEET_PATH,
  MEET_TYPE,
  UNKNOWN,
} from '../wire/calls.ts'
import type { Connection, PeerResponse } from './connection.ts'
import { codeOf, NotUnderstoodError, refusalOf, understood } from './refusal.ts'

/** However long a call may wait for it. */
const MEET_MAX_MS = 2000

type Met = Pick<Introduction, 'version' | 'formats'>

export interface MeetingOptions {
  /** This member. */
  readonly self: Member
  readonly member: Member
  readonly connection: Connection
}

export class Meeting {
  readonly #options: MeetingOptions
  #met: Met | undefined
  #format: number | undefined
  #underWay: Promise<number> | undefined

  constructor(options: MeetingOptions) {
    this.#options = options
  }

  /** The one that both speak, once they have met. */
  get format(): number | undefined {
    return this.#format
  }

  /** What the other one has said of itself. */
  get met(): Met {
    return this.#met ?? NOTHING
  }

  /** @throws NotUnderstoodError where there is no such format, LarderError, or what the connection throws. */
  begin(): Promise<number> {
    this.#underWay ??= this.#meet().finally(() => {
      this.#underWay = undefined
    })
    return this.#underWay
  }

  /** Somebody else may answer there now. */
  forget(): void {
    this.#met = undefined
    this.#format = undefined
  }

  async #meet(): Promise<number> {
    const { self, member, connection } = this.#options
    const own = introductionOf(self)
    this.#met ??= introduced(
      member,
      await connection.post({
        lane: 'slots',
        path: MEET_PATH,
        type: MEET_TYPE,
        body: Buffer.from(JSON.stringify(own)),
        timeoutMs: MEET_MAX_MS,
      }),
    )
    this.#format = commonFormat(own.formats, this.#met.formats)
    if (this.#format === undefined) throw new NotUnderstoodError(NOTHING_IN_COMMON)
    return this.#format
  }
}

export const NOTHING_IN_COMMON = 'it speaks none of the formats of this member'

const NOTHING: Met = { version: UNKNOWN, formats: [] }
/** Of whoever knows of no meeting. */
const FORMERLY: Met = { version: UNKNOWN, formats: [FORMER] }

/** @throws LarderError REFUSED where another life answers: nothing that is said to it concerns the one that is meant. */
function introduced({ id, incarnation }: Member, answer: PeerResponse): Met {
  if (answer.status === 404 && codeOf(answer) === 'NO_SUCH_PATH') return FORMERLY
  if (answer.status !== 200) throw refusalOf(id, answer)
  const met = understood((bytes) => Introduction.parse(JSON.parse(bytes.toString())), answer)
  if (met.incarnation !== incarnation) throw new LarderError('REFUSED', `Another life of ${id} answers.`)
  return met
}
