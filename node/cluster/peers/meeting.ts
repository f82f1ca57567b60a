/**
 * Two members agree on a format before anything else is said, once for each life of the other one. Whatever waits for it
 * waits for the same question; one that comes to nothing is asked anew by whoever needs it next.
 */
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
import type { Contact } from './contact.ts'
import { AnotherLifeError, codeOf, NotUnderstoodError, refusalOf, understood } from './refusal.ts'

/** However long a call may wait for it. */
const MEET_MAX_MS = 2000

type Met = NonNullable<Contact['met']>

export interface MeetingOptions {
  /** This member. */
  readonly self: Member
  readonly member: Member
  readonly connection: Connection
  /** Where it is kept what the other one has said of itself. */
  readonly contact: Pick<Contact, 'met'>
}

export class Meeting {
  readonly #options: MeetingOptions
  #format: number | undefined
  #underWay: Promise<number> | undefined

  constructor(options: MeetingOptions) {
    this.#options = options
  }

  /** The one that both speak, once they have met. */
  get format(): number | undefined {
    return this.#format
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
    this.#options.contact.met = undefined
    this.#format = undefined
  }

  async #meet(): Promise<number> {
    const { self, member, connection, contact } = this.#options
    const own = introductionOf(self)
    contact.met ??= introduced(
      member,
      await connection.post({
        lane: 'slots',
        path: MEET_PATH,
        type: MEET_TYPE,
        body: Buffer.from(JSON.stringify(own)),
        timeoutMs: MEET_MAX_MS,
      }),
    )
    this.#format = commonFormat(own.formats, contact.met.formats)
    if (this.#format === undefined) throw new NotUnderstoodError(NOTHING_IN_COMMON)
    return this.#format
  }
}

export const NOTHING_IN_COMMON = 'it speaks none of the formats of this member'

/** Of whoever knows of no meeting. */
const FORMERLY: Met = { version: UNKNOWN, formats: [FORMER] }

/** @throws AnotherLifeError */
function introduced({ id, incarnation }: Member, answer: PeerResponse): Met {
  if (answer.status === 404 && codeOf(answer) === 'NO_SUCH_PATH') return FORMERLY
  if (answer.status !== 200) throw refusalOf(id, answer)
  const met = understood((bytes) => Introduction.parse(JSON.parse(bytes.toString())), answer)
  if (met.incarnation !== incarnation) throw new AnotherLifeError(id, met)
  return { version: met.version, formats: met.formats }
}
