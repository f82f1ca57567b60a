/** A member that surveys the others on a fake clock, and what becomes of it: who was asked when, and who is taken for absent. */
import { Survey } from '../../../../node/cluster/members/survey.ts'
import { type Contact, newContact } from '../../../../node/cluster/peers/contact.ts'
import { AnotherLifeError } from '../../../../node/cluster/peers/refusal.ts'
import { pause } from '../../../../shared/clock.ts'
import { LarderError } from '../../../../shared/errors.ts'
import type { Member } from '../../../../shared/view.ts'
import { FakeClock } from '../../../support/clock.ts'
import { silent } from '../../../support/cluster.ts'
import { self, viewOf } from '../../../support/views.ts'

export const LEASE_MS = 3000
export const LOOK_MS = 250
export const QUESTION_MS = LEASE_MS / 6

/** `is replaced`: its next life answers there; `is mistaken`: another member does. */
type Manner = 'answers' | 'refuses' | 'is silent' | 'has no name' | 'is replaced' | 'is mistaken'

/** Alarms come late once: the process stood still meanwhile. */
class StandingClock extends FakeClock {
  #lostMs = 0

  override now(): number {
    return super.now() + this.#lostMs
  }

  standStill(ms: number): void {
    this.#lostMs += ms
  }
}

/** Member `a`, its uplink and the others, each in its own manner. */
export class Lookout {
  readonly clock = new StandingClock()
  readonly manners = new Map<string, Manner>()
  readonly questions: { readonly id: string; readonly atMs: number }[] = []
  absent: readonly string[] = []
  /** Of these, who merely does not answer. */
  silent: readonly string[] = []
  /** How often the absent were others than before. */
  changes = 0
  leaseMs = LEASE_MS
  readonly #startedAtMs = this.clock.now()
  #heardAtMs = this.clock.now()
  #answersSinceMs = -Infinity
  #doesUplinkAnswer = false
  readonly #contacts = new Map<string, Contact>()
  readonly survey: Survey

  constructor(others: readonly string[] = ['b', 'c']) {
    const placed = viewOf(1, [self.id, ...others])
    const lookout = this
    this.survey = new Survey({
      self,
      clock: this.clock,
      log: silent,
      membership: {
        placed,
        get leaseMs() {
          return lookout.leaseMs
        },
        get silence() {
          return lookout.#silence
        },
      },
      current: { miss: ({ absent, silent }) => this.#miss([...absent], [...silent]) },
      peers: {
        of: (member) => ({ contact: this.#contactOf(member), ping: (ms) => this.#ping(member, ms) }),
        [Symbol.iterator]: () =>
          this.#contacts.values().map((contact) => ({ contact, ping: async () => {} })),
      },
    })
    this.survey.start()
  }

  /** From now on, for so long. */
  async uplinkAnswers(ms: number): Promise<void> {
    this.#doesUplinkAnswer = true
    this.#answersSinceMs = this.clock.now()
    await this.clock.advance(ms)
  }

  async uplinkIsSilent(ms: number): Promise<void> {
    if (this.#doesUplinkAnswer) this.#heardAtMs = this.clock.now()
    this.#doesUplinkAnswer = false
    await this.clock.advance(ms)
  }

  askedAt(id: string): number[] {
    return this.questions.filter((one) => one.id === id).map(({ atMs }) => atMs)
  }

  get #silence() {
    const nowMs = this.clock.now()
    if (this.#doesUplinkAnswer) this.#heardAtMs = nowMs
    return { silentMs: nowMs - this.#heardAtMs, answeringMs: nowMs - this.#answersSinceMs }
  }

  #contactOf({ incarnation }: Member): Contact {
    const contact = this.#contacts.get(incarnation) ?? newContact()
    this.#contacts.set(incarnation, contact)
    return contact
  }

  #miss(absent: readonly string[], silent: readonly string[]): boolean {
    const isNew = absent.join() !== this.absent.join() || silent.join() !== this.silent.join()
    if (isNew) this.changes++
    this.absent = absent
    this.silent = silent
    return isNew
  }

  async #ping({ id }: Member, timeoutMs: number): Promise<void> {
    this.questions.push({ id, atMs: this.clock.now() - this.#startedAtMs })
    const manner = this.manners.get(id) ?? 'answers'
    if (manner === 'answers') return
    if (manner === 'refuses') throw new LarderError('REFUSED', 'nobody listens')
    if (manner === 'has no name')
      throw new LarderError('REFUSED', 'no address', {
        cause: Object.assign(new Error('no address'), { code: 'EAI_AGAIN' }),
      })
    const other = { incarnation: 'other', version: '1', formats: [4] }
    if (manner === 'is replaced') throw new AnotherLifeError(id, { id, ...other })
    if (manner === 'is mistaken') throw new AnotherLifeError(id, { id: 'other', ...other })
    await pause(this.clock, timeoutMs)
    throw new LarderError('UNREACHABLE', 'no answer')
  }
}

/** With nobody but the others to say who is there. */
export async function alone(...others: readonly string[]): Promise<Lookout> {
  const lookout = others.length === 0 ? new Lookout() : new Lookout(others)
  await lookout.uplinkIsSilent(LEASE_MS + LOOK_MS)
  return lookout
}
