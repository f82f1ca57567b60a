/** One client that takes locks and gives them back: a lock is a value that is only there while somebody has it. */
import { pause, systemClock } from '../../shared/clock.ts'
import type { ClientParts } from './client.ts'
import type { Op } from './history.ts'
import type { Lock } from './records.ts'
import type { Answer, Request } from './requests.ts'
import { sendAs, untilRetry } from './sending.ts'

const HOLD_MAX_MS = 60

export class Locker {
  readonly #parts: ClientParts
  #serial = 0

  constructor(parts: ClientParts) {
    this.#parts = parts
  }

  /** Takes the lock, holds it for a while and gives it back; or gives back what it did not know to have. */
  async use(lock: Lock): Promise<void> {
    const { index, random, stage, verdict, interrupted } = this.#parts
    const holder = `client ${index} #${++this.#serial}`
    const { generation } = stage
    const answer = await this.#send(lock, { op: 'acquire', value: holder }, lock.acquire(holder))
    if (answer.etag === undefined || answer.problem !== '') return await this.#giveBackStale(lock)
    const isWhole = stage.connection === 'whole' && stage.generation === generation
    const lie = isWhole ? lock.grant.granted(holder) : undefined
    if (lie !== undefined) verdict.breach(lie, `${lock.name}: ${holder}`)
    await pause(systemClock, random.between(1, HOLD_MAX_MS), interrupted)
    await this.#giveBack(lock, holder, answer.etag)
  }

  /** An acquisition whose answer was not heard may have taken the lock. */
  async #giveBackStale(lock: Lock): Promise<void> {
    const answer = await this.#send(lock, { op: 'read' }, lock.get())
    const holder = lock.holderIn(answer) ?? ''
    if (answer.etag !== undefined && holder.startsWith(`client ${this.#parts.index} `))
      await this.#giveBack(lock, holder, answer.etag)
  }

  async #giveBack(lock: Lock, holder: string, etag: string): Promise<void> {
    const { random, interrupted } = this.#parts
    lock.grant.giveBack()
    for (;;) {
      const answer = await this.#send(lock, { op: 'release', value: holder }, lock.release(etag))
      if (answer.problem === '' || [404, 412].includes(answer.status) || interrupted.aborted) return
      await untilRetry(random)
    }
  }

  #send(lock: Lock, op: Pick<Op, 'op' | 'value'>, request: Request): Promise<Answer> {
    const foundIn = (answer: Answer) => (op.op === 'read' ? lock.holderIn(answer) : undefined)
    return sendAs(this.#parts, { kind: 'lock', key: lock.name, ...op, request, foundIn }, this.#parts.random)
  }
}
