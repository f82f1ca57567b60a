/**
 * Another member: an engine for the commands that are its own, and a holder of slots. Its trouble is its own: own
 * batches, own connections, own deadlines.
 *
 * Nothing is said before the two have met. A command is sent once. Only a connection that was refused is known not to have carried it; whatever else
 * breaks leaves open whether it was applied, and the caller is told so.
 */
import type { Command, Reply } from '../../../shared/command.ts'
import { LarderError } from '../../../shared/errors.ts'
import { type Eventual, isLater } from '../../../shared/eventual.ts'
import type { Member } from '../../../shared/view.ts'
import type { FeedAnswer, FeedQuestion } from '../../../shared/watching.ts'
import type { Engine, ExecuteOptions } from '../../engine.ts'
import {
  bytesOfCommand,
  bytesOfEntries,
  CALLS,
  isKnownIn,
  nowBy,
  type Preamble,
  type Result,
  type RoutedCommand,
  type SlotAnswer,
  type SlotMessage,
  type StreamItem,
} from '../wire/calls.ts'
import { Batcher } from './batcher.ts'
import { Beside, isLarge, LARGE_BYTES, type Sent, takesLong } from './beside.ts'
import type { Connection, Lane, Listening } from './connection.ts'
import { newContact } from './contact.ts'
import { askFeed } from './feed-call.ts'
import { InParts } from './in-parts.ts'
import { PeerCalls, type PeerCallsOptions } from './peer-calls.ts'

export interface PeerOptions extends Omit<PeerCallsOptions, 'connection' | 'contact'> {
  connect(member: Member, listening: Listening): Connection
}

export class Peer implements Engine {
  readonly member: Member
  /** What is known of it. */
  readonly contact = newContact()
  readonly #options: PeerOptions
  readonly #calls: PeerCalls
  readonly #commands: Batcher<Sent, Reply>
  readonly #changes: Batcher<StreamItem, readonly SlotAnswer[]>
  readonly #beside: Beside
  #keeping: Promise<void> | undefined
  #isTried = false

  constructor(member: Member, options: PeerOptions, listening: Listening) {
    const connection = options.connect(member, listening)
    this.member = member
    this.#options = options
    const { clock, self } = options
    const inParts = new InParts(connection, { clock, incarnation: self.incarnation })
    this.#calls = new PeerCalls(member, { ...options, connection: inParts, contact: this.contact })
    const atLast = connection.atLast?.bind(connection)
    this.#commands = new Batcher({
      clock,
      ...(atLast && { atLast }),
      bytesOf: ({ command }) => bytesOfCommand(command),
      send: (sent, deadlineAtMs) => this.#sendAll(sent, deadlineAtMs),
    })
    this.#beside = new Beside({
      clock,
      lastOf: (key) => this.#commands.lastOf(({ command }) => 'key' in command && command.key === key),
      send: async (sent) => {
        const [result] = await this.#send([sent], sent.deadlineAtMs, 'fetches')
        return result && replyOf(result)
      },
    })
    this.#changes = new Batcher({
      clock,
      ...(atLast && { atLast }),
      bytesOf: (item) => ('changes' in item ? bytesOfEntries(item.changes) : item.checks.length * 40),
      send: (items, deadlineAtMs) => this.#tell('changes', { type: 'stream', items }, deadlineAtMs),
    })
  }

  execute(command: Command, { deadlineAtMs, requestId, traced }: ExecuteOptions): Promise<Reply> {
    const sent = { command, requestId, traced, deadlineAtMs }
    if (takesLong(command)) return this.#beside.send(sent)
    if (isLarge(command)) return this.#beside.sendInOrder({ ...sent, command })
    const before = this.#beside.before(command)
    if (isLater(before)) return before.then(() => this.#commands.add(sent, deadlineAtMs))
    return this.#commands.add(sent, deadlineAtMs)
  }

  /** Tells a replica what has happened; what is told in this order arrives in it, but for what is large, which goes beside. */
  stream(item: StreamItem, deadlineAtMs: number): Promise<readonly SlotAnswer[]> {
    if (!isLargeItem(item)) return this.#changes.add(item, deadlineAtMs)
    return this.#tellOne({ type: 'stream', items: [item] }, deadlineAtMs)
  }

  /** Speaks of whole slots: one answer a slot. The signal calls it off. */
  async ask(
    message: Exclude<SlotMessage, { type: 'stream' }>,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<readonly SlotAnswer[]> {
    return await this.#tellOne(message, this.#options.clock.now() + timeoutMs, signal)
  }

  /** What has changed of what it owns. @throws LarderError NOT_UNDERSTOOD where its version tells nobody. */
  feed(question: FeedQuestion, timeoutMs: number): Promise<FeedAnswer> {
    return askFeed(this.#calls, question, { ...this.#options, contact: this.contact, timeoutMs })
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

  get waiting(): number {
    return this.#commands.waiting
  }

  /** For a member that has left the view: what was not sent yet is free to go elsewhere. */
  async stop(): Promise<void> {
    const gone = new LarderError('WRONG_OWNER', `${this.member.id} is no longer a member.`)
    await Promise.all([this.#commands.stop(gone), this.#changes.stop(gone)])
    await this.#beside.settled()
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

  /** What the member defers, as its answer is full, is asked for again, and the second time beside the batches. */
  async #sendAll(
    all: readonly Sent[],
    deadlineAtMs: number,
  ): Promise<readonly (Eventual<Reply> | LarderError | undefined)[]> {
    const results = await this.#send(all, deadlineAtMs, 'commands')
    return all.map((sent, index) => {
      const { [index]: result } = results
      const reply = result && replyOf(result)
      if (reply === undefined && sent.isDeferred === true) return this.#beside.send(this.#withTime(sent))
      if (reply === undefined) sent.isDeferred = true
      return reply
    })
  }

  /** The member has the answer, and all that it takes from now on is its way, past others that are as large. */
  #withTime(sent: Sent): Sent {
    const byMs = this.#options.clock.now() + DEFERRED_MAX_MS
    return { ...sent, deadlineAtMs: Math.max(sent.deadlineAtMs, byMs) }
  }

  async #send(sent: readonly Sent[], deadlineAtMs: number, lane: Lane): Promise<readonly Result[]> {
    const { clock, metrics } = this.#options
    const peer = this.member.id
    let known = sent
    const encode = (preamble: Preamble) => {
      const nowMs = clock.now()
      known = sent.filter(({ command }) => isKnownIn(preamble.format, command))
      const commands = known.map(
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
    if (known.length === sent.length) return results
    const answered = new Map(known.map((one, index) => [one, results[index]]))
    return sent.map((one) => answered.get(one) ?? UNKNOWN_THERE)
  }

  async #tellOne(message: SlotMessage, untilMs: number, signal?: AbortSignal) {
    const [answers = []] = await this.#tell('slots', message, untilMs, signal)
    return answers
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

/** How long an answer that is too large for a batch may take, once the member has said that it has it. */
const DEFERRED_MAX_MS = 10_000

/** Its version is the one before, which does not know what is asked for. */
const UNKNOWN_THERE: Result = {
  error: {
    code: 'NOT_READY',
    detail:
      'The member that owns this key is of an older version, which cannot do this. Nothing was applied.',
  },
}

/** Of many changes none is large, or they would have been told apart. */
function isLargeItem(item: StreamItem): boolean {
  return 'changes' in item && item.changes.length <= 3 && bytesOfEntries(item.changes) > LARGE_BYTES
}

/** `undefined` where it has to be asked again: other answers came first. */
function replyOf(result: Result): Reply | LarderError | undefined {
  if ('reply' in result) return result.reply
  const { code, detail } = result.error
  return code === 'DEFERRED' ? undefined : new LarderError(code, detail)
}
