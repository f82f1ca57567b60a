/**
 * Another member: an engine for the commands that are its own, and a holder of slots. Its trouble is its own: own
 * batches, own connections, own deadlines.
 *
 * Nothing is said before the two have met. A command is sent once. Only a connection that was refused is known not to have carried it; whatever else
 * breaks leaves open whether it was applied, and the caller is told so.
 */
import type { Command, Reply } from '../../../shared/command.ts'
import { LarderError } from '../../../shared/errors.ts'
import type { Member } from '../../../shared/view.ts'
import type { Engine, ExecuteOptions } from '../../engine.ts'
import {
  bytesOfCommand,
  bytesOfEntries,
  CALLS,
  nowBy,
  type Preamble,
  type Result,
  type RoutedCommand,
  type SlotAnswer,
  type SlotMessage,
  type StreamItem,
} from '../wire/calls.ts'
import { Batcher } from './batcher.ts'
import type { Connection, Lane } from './connection.ts'
import { newContact } from './contact.ts'
import { PeerCalls, type PeerCallsOptions } from './peer-calls.ts'

/** Fetches that wait for one member; beyond it they are refused at once. */
const FETCHES_MAX = 1000

export interface PeerOptions extends PeerCallsOptions {
  connect(member: Member): Connection
}

type Sent = Pick<RoutedCommand, 'command' | 'requestId' | 'traced'> & { readonly deadlineAtMs: number }

export class Peer implements Engine {
  readonly member: Member
  /** Whether it answers. */
  readonly contact = newContact()
  readonly #options: PeerOptions
  readonly #calls: PeerCalls
  readonly #commands: Batcher<Sent, Reply>
  readonly #changes: Batcher<StreamItem, readonly SlotAnswer[]>
  readonly #fetches = new Set<Promise<unknown>>()
  #keeping: Promise<void> | undefined
  #isTried = false

  constructor(member: Member, options: PeerOptions) {
    this.member = member
    this.#options = options
    this.#calls = new PeerCalls(member, options.connect(member), options)
    const { clock } = options
    this.#commands = new Batcher({
      clock,
      bytesOf: ({ command }) => bytesOfCommand(command),
      send: async (sent, deadlineAtMs) => (await this.#send(sent, deadlineAtMs, 'commands')).map(replyOf),
    })
    this.#changes = new Batcher({
      clock,
      bytesOf: (item) => ('changes' in item ? bytesOfEntries(item.changes) : item.checks.length * 40),
      send: (items, deadlineAtMs) => this.#tell('changes', { type: 'stream', items }, deadlineAtMs),
    })
  }

  execute(command: Command, { deadlineAtMs, requestId, traced }: ExecuteOptions): Promise<Reply> {
    const sent = { command, requestId, traced, deadlineAtMs }
    // It takes as long as upstream does, and must not hold up a batch.
    if (command.type === 'response.fetch') return this.#fetch(sent)
    return this.#commands.add(sent, deadlineAtMs)
  }

  /** Tells a replica what has happened; what is told in this order arrives in it. */
  stream(item: StreamItem, deadlineAtMs: number): Promise<readonly SlotAnswer[]> {
    return this.#changes.add(item, deadlineAtMs)
  }

  /** Speaks of whole slots: one answer a slot. The signal calls it off. */
  async ask(
    message: Exclude<SlotMessage, { type: 'stream' }>,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<readonly SlotAnswer[]> {
    const deadlineAtMs = this.#options.clock.now() + timeoutMs
    const [answers = []] = await this.#tell('slots', message, deadlineAtMs, signal)
    return answers
  }

  /** Meets it, and opens the ways to it that are not open, before anything needs them. Never fails. */
  keep(): Promise<void> {
    this.#keeping ??= this.#keep().finally(() => {
      this.#keeping = undefined
    })
    return this.#keeping
  }

  /** Whether it was tried to reach it, whatever came of that. */
  get isTried(): boolean {
    return this.#isTried
  }

  /** Resolves when it answers at all. */
  async ping(timeoutMs: number): Promise<void> {
    await this.ask({ type: 'offer', slots: [] }, timeoutMs)
  }

  /** How far its wall clock is ahead of that of this member, where that is known. */
  get aheadMs(): number | undefined {
    return this.#calls.peerClock.aheadMs
  }

  get waiting(): number {
    return this.#commands.waiting
  }

  /** For a member that has left the view: what was not sent yet is free to go elsewhere. */
  async stop(): Promise<void> {
    const gone = new LarderError('WRONG_OWNER', `${this.member.id} is no longer a member.`)
    await Promise.all([this.#commands.stop(gone), this.#changes.stop(gone)])
    await Promise.allSettled(this.#fetches)
    this.#calls.close()
  }

  async #keep(): Promise<void> {
    try {
      await this.#calls.open()
    } catch {
      // It is told there.
    }
    this.#isTried = true
  }

  /** Each for itself, also when many ask for the same: only the owner knows which fetches an event has overtaken. */
  async #fetch(sent: Sent): Promise<Reply> {
    if (this.#fetches.size >= FETCHES_MAX)
      throw new LarderError('OVERLOADED', `${FETCHES_MAX} fetches wait for this member already.`)
    const fetching = this.#send([sent], sent.deadlineAtMs, 'fetches')
    this.#fetches.add(fetching)
    try {
      const [result] = await fetching
      const reply = result && replyOf(result)
      if (reply === undefined) throw new LarderError('UNREACHABLE', 'It answered nothing.')
      if (reply instanceof LarderError) throw reply
      return reply
    } finally {
      this.#fetches.delete(fetching)
    }
  }

  async #send(sent: readonly Sent[], deadlineAtMs: number, lane: Lane): Promise<readonly Result[]> {
    const { clock, metrics } = this.#options
    const peer = this.member.id
    const encode = (preamble: Preamble) => {
      const nowMs = clock.now()
      const commands = sent.map(
        ({ command, requestId, traced, deadlineAtMs }): RoutedCommand => ({
          command,
          requestId,
          traced,
          remainingMs: deadlineAtMs - nowMs,
        }),
      )
      return CALLS.execute.encodeRequest({ ...preamble, commands }, nowBy(clock))
    }
    metrics.forwardedBatches.inc({ peer })
    metrics.forwardedCommands.inc({ peer }, sent.length)
    const { results } = await this.#calls.call({
      lane,
      path: CALLS.execute.path,
      deadlineAtMs,
      encode,
      decode: (bytes) => CALLS.execute.decodeResponse(bytes, nowBy(clock)),
      requestIds: sent.slice(0, 10).map(({ requestId }) => requestId),
    })
    return results
  }

  async #tell(
    lane: Lane,
    message: SlotMessage,
    deadlineAtMs: number,
    signal?: AbortSignal,
  ): Promise<readonly (readonly SlotAnswer[])[]> {
    const { self, clock } = this.#options
    const from = self.incarnation
    const { answers } = await this.#calls.call({
      lane,
      path: CALLS.slots.path,
      deadlineAtMs,
      signal,
      encode: (preamble) => CALLS.slots.encodeRequest({ ...preamble, from, message }, nowBy(clock)),
      decode: (bytes) => CALLS.slots.decodeResponse(bytes, nowBy(clock)),
    })
    return answers
  }
}

/** `undefined` where it has to be asked again: other answers came first. */
function replyOf(result: Result): Reply | LarderError | undefined {
  if ('reply' in result) return result.reply
  const { code, detail } = result.error
  return code === 'DEFERRED' ? undefined : new LarderError(code, detail)
}
