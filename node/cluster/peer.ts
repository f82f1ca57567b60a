/**
 * Another member: an engine for the commands that are its own, and a holder of slots. Its trouble is its own: own
 * batches, own connections, own deadlines.
 *
 * A command is sent once. Only a connection that was refused is known not to have carried it; whatever else
 * breaks leaves open whether it was applied, and the caller is told so.
 */
import type { Command, Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import type { Member } from '../../shared/view.ts'
import type { Engine, ExecuteOptions } from '../engine.ts'
import { Batcher } from './batcher.ts'
import type { Connection, Lane } from './connection.ts'
import { Line, type LineOptions } from './line.ts'
import {
  type Answer,
  decodeSlotResponse,
  encodeSlotRequest,
  SLOTS_PATH,
  type SlotMessage,
  type StreamItem,
} from './slot-wire.ts'
import {
  bytesOf,
  decodeResponse,
  EXECUTE_PATH,
  encodeRequest,
  type Result,
  type RoutedCommand,
} from './wire.ts'
import { bytesOfWire } from './wire-entry.ts'

/** Fetches that wait for one member; beyond it they are refused at once. */
const FETCHES_MAX = 1000

export interface PeerOptions extends LineOptions {
  /** This member. */
  readonly self: Member
  connect(member: Member): Connection
}

type Sent = Pick<RoutedCommand, 'command' | 'requestId' | 'traced'> & { readonly deadlineAtMs: number }

export class Peer implements Engine {
  readonly member: Member
  readonly #options: PeerOptions
  readonly #line: Line
  readonly #commands: Batcher<Sent, Result>
  readonly #changes: Batcher<StreamItem, readonly Answer[]>
  readonly #fetches = new Set<Promise<readonly Result[]>>()

  constructor(member: Member, options: PeerOptions) {
    this.member = member
    this.#options = options
    this.#line = new Line(member, options.connect(member), options)
    const { clock } = options
    this.#commands = new Batcher({
      clock,
      bytesOf: ({ command }) => bytesOf(command),
      send: (sent, deadlineAtMs) => this.#send(sent, deadlineAtMs, 'commands'),
    })
    this.#changes = new Batcher({
      clock,
      bytesOf: (item) => ('changes' in item ? bytesOfWire(item.changes) : item.checks.length * 40),
      send: (items, deadlineAtMs) =>
        this.#tell('changes', { type: 'stream', items }, deadlineAtMs - clock.now()),
    })
  }

  async execute(command: Command, { deadlineAtMs, requestId, traced }: ExecuteOptions): Promise<Reply> {
    // It takes as long as upstream does, and must not hold up a batch.
    if (command.type === 'response.fetch')
      return await this.#fetch({ command, requestId, traced, deadlineAtMs })
    for (;;) {
      const result = await this.#commands.add({ command, requestId, traced, deadlineAtMs }, deadlineAtMs)
      if ('reply' in result) return result.reply
      if (result.error.code !== 'DEFERRED') throw new LarderError(result.error.code, result.error.detail)
    }
  }

  /** Tells a replica what has happened; what is told in this order arrives in it. */
  stream(item: StreamItem, deadlineAtMs: number): Promise<readonly Answer[]> {
    return this.#changes.add(item, deadlineAtMs)
  }

  /** Speaks of whole slots: one answer a slot. */
  async ask(
    message: Exclude<SlotMessage, { type: 'stream' }>,
    timeoutMs: number,
  ): Promise<readonly Answer[]> {
    const [answers = []] = await this.#tell('slots', message, timeoutMs)
    return answers
  }

  /** Resolves when it answers at all. */
  async ping(timeoutMs: number): Promise<void> {
    await this.ask({ type: 'offer', slots: [] }, timeoutMs)
  }

  get waiting(): number {
    return this.#commands.waiting
  }

  /** For a member that has left the view: what was not sent yet is free to go elsewhere. */
  async stop(): Promise<void> {
    const gone = new LarderError('WRONG_OWNER', `${this.member.id} is no longer a member.`)
    await Promise.all([this.#commands.stop(gone), this.#changes.stop(gone)])
    await Promise.allSettled(this.#fetches)
    this.#line.close()
  }

  /** Each for itself, also when many ask for the same: only the owner knows which fetches an event has overtaken. */
  async #fetch(sent: Sent): Promise<Reply> {
    if (this.#fetches.size >= FETCHES_MAX)
      throw new LarderError('OVERLOADED', `${FETCHES_MAX} fetches wait for this member already.`)
    const fetching = this.#send([sent], sent.deadlineAtMs, 'fetches')
    this.#fetches.add(fetching)
    try {
      const [result] = await fetching
      if (result && 'reply' in result) return result.reply
      throw new LarderError(
        result?.error.code ?? 'UNREACHABLE',
        result?.error.detail ?? 'It answered nothing.',
      )
    } finally {
      this.#fetches.delete(fetching)
    }
  }

  async #send(sent: readonly Sent[], deadlineAtMs: number, lane: Lane): Promise<readonly Result[]> {
    const { clock, metrics } = this.#options
    const peer = this.member.id
    const nowMs = clock.now()
    const commands = sent.map(({ deadlineAtMs, ...rest }) => ({ ...rest, remainingMs: deadlineAtMs - nowMs }))
    metrics.forwardedBatches.inc({ peer })
    metrics.forwardedCommands.inc({ peer }, sent.length)
    const { results } = await this.#line.call({
      lane,
      path: EXECUTE_PATH,
      timeoutMs: deadlineAtMs - nowMs,
      encode: (sighting) => encodeRequest({ ...sighting, commands }),
      decode: decodeResponse,
      requestIds: sent.slice(0, 10).map(({ requestId }) => requestId),
    })
    return results
  }

  async #tell(lane: Lane, message: SlotMessage, timeoutMs: number): Promise<readonly (readonly Answer[])[]> {
    const from = this.#options.self.incarnation
    const { answers } = await this.#line.call({
      lane,
      path: SLOTS_PATH,
      timeoutMs,
      encode: (sighting) => encodeSlotRequest({ ...sighting, from, message }),
      decode: decodeSlotResponse,
    })
    return answers
  }
}
