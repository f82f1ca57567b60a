/**
 * Another member, as an engine. Its trouble is its own: own batches, own connections, own deadlines.
 *
 * A command is sent once. Only a connection that was refused is known not to have carried it; whatever else
 * breaks leaves open whether it was applied, and the caller is told so.
 */
import { Agent as HttpAgent, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { urlToHttpOptions } from 'node:url'
import type { Clock } from '../../shared/clock.ts'
import type { Command, Reply } from '../../shared/command.ts'
import { isErrorCode, LarderError } from '../../shared/errors.ts'
import type { Log } from '../../shared/log.ts'
import { bearer } from '../../shared/secrets.ts'
import type { Member, View } from '../../shared/view.ts'
import type { Engine, ExecuteOptions } from '../engine.ts'
import { Batcher } from './batcher.ts'
import type { ClusterMetrics } from './metrics.ts'
import { post } from './post.ts'
import {
  bytesOf,
  decodeResponse,
  EXECUTE_PATH,
  type ExecuteResponse,
  encodeRequest,
  FRAME_TYPE,
  type Result,
  type RoutedCommand,
} from './wire.ts'

/** Failures to connect: nothing was sent, so nothing was applied. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'])

/** Far above any answer: replies are deferred beyond 32 MiB, and a value is as large as a request body at most. */
const ANSWER_BYTES_MAX = 512 * 2 ** 20

/** Fetches that wait for one member; beyond it they are refused at once. */
const FETCHES_MAX = 1000

export interface PeerOptions {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: ClusterMetrics
  /** What members show each other, if anything. */
  readonly secret: string | undefined
  /** The view that this member routes by. */
  view(): View | undefined
  /** Called with a later view that the member has shown. */
  learn(view: View): void
  /** Called when the member refused a connection. */
  onRefused(member: Member): void
}

type Sent = Pick<RoutedCommand, 'command' | 'requestId' | 'traced'> & { readonly deadlineAtMs: number }

export class Peer implements Engine {
  readonly member: Member
  readonly #options: PeerOptions
  readonly #batcher: Batcher<Sent, Result>
  readonly #agent: HttpAgent
  readonly #fetchAgent: HttpAgent
  readonly #fetches = new Set<Promise<readonly Result[]>>()
  readonly #target: RequestOptions
  readonly #headers: Readonly<Record<string, string>>
  #isFailing = false
  /** What the member has last shown; until then it is believed to know everything. */
  #epoch = Infinity

  constructor(member: Member, options: PeerOptions) {
    this.member = member
    this.#options = options
    const Agent = member.url.startsWith('https:') ? HttpsAgent : HttpAgent
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 })
    this.#fetchAgent = new Agent({ keepAlive: true })
    this.#target = { ...urlToHttpOptions(new URL(member.url + EXECUTE_PATH)) }
    this.#headers = { 'content-type': FRAME_TYPE, ...bearer(options.secret) }
    this.#batcher = new Batcher({
      clock: options.clock,
      bytesOf: ({ command }) => bytesOf(command),
      send: (sent, deadlineAtMs) => this.#send(sent, deadlineAtMs),
    })
  }

  async execute(command: Command, { deadlineAtMs, requestId, traced }: ExecuteOptions): Promise<Reply> {
    // It takes as long as upstream does, and must not hold up a batch.
    if (command.type === 'response.fetch')
      return await this.#fetch({ command, requestId, traced, deadlineAtMs })
    for (;;) {
      const result = await this.#batcher.add({ command, requestId, traced, deadlineAtMs }, deadlineAtMs)
      if ('reply' in result) return result.reply
      if (result.error.code !== 'DEFERRED') throw new LarderError(result.error.code, result.error.detail)
    }
  }

  /** Each for itself, also when many ask for the same: only the owner knows which fetches an event has overtaken. */
  async #fetch(sent: Sent): Promise<Reply> {
    if (this.#fetches.size >= FETCHES_MAX)
      throw new LarderError('OVERLOADED', `${FETCHES_MAX} fetches wait for this member already.`)
    const fetching = this.#send([sent], sent.deadlineAtMs, this.#fetchAgent)
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

  get waiting(): number {
    return this.#batcher.waiting
  }

  /** For a member that has left the view: what was not sent yet is free to go elsewhere. */
  async stop(): Promise<void> {
    await this.#batcher.stop(new LarderError('WRONG_OWNER', `${this.member.id} is no longer a member.`))
    await Promise.allSettled(this.#fetches)
    this.#agent.destroy()
    this.#fetchAgent.destroy()
  }

  async #send(sent: readonly Sent[], deadlineAtMs: number, agent = this.#agent): Promise<readonly Result[]> {
    const { clock, metrics } = this.#options
    const peer = this.member.id
    const nowMs = clock.now()
    const commands = sent.map(({ deadlineAtMs, ...rest }) => ({ ...rest, remainingMs: deadlineAtMs - nowMs }))
    metrics.forwardedBatches.inc({ peer })
    metrics.forwardedCommands.inc({ peer }, sent.length)
    try {
      const results = await this.#post(this.#address(commands), deadlineAtMs - nowMs, agent)
      this.#recover()
      return results
    } catch (error) {
      throw this.#explain(error, sent)
    }
  }

  /** A frame; with the view by which it is routed, where the member has shown that it does not know that yet. */
  #address(commands: readonly RoutedCommand[]): Buffer {
    const view = this.#options.view()
    const epoch = view?.epoch ?? 0
    return encodeRequest({ epoch, commands, view: this.#epoch < epoch ? view : undefined })
  }

  async #post(body: Buffer, timeoutMs: number, agent: HttpAgent): Promise<readonly Result[]> {
    const { status, body: answer } = await post(this.#target, {
      body,
      timeoutMs,
      clock: this.#options.clock,
      agent,
      headers: this.#headers,
      answerBytesMax: ANSWER_BYTES_MAX,
    })
    if (status === 200) return this.#take(decodeResponse(answer))
    const problem: unknown = JSON.parse(answer.toString())
    const code =
      problem !== null && typeof problem === 'object' && 'code' in problem ? problem.code : undefined
    throw new LarderError(isErrorCode(code) ? code : 'UNREACHABLE', `${this.member.id} answered ${status}.`)
  }

  #take({ epoch, view, results }: ExecuteResponse): readonly Result[] {
    this.#epoch = epoch
    if (view !== undefined) this.#options.learn(view)
    return results
  }

  /** What went wrong, for the callers of the whole batch. Every failure counts; the log tells of the first. */
  #explain(error: unknown, sent: readonly Sent[]): LarderError {
    const { id } = this.member
    const explained = error instanceof LarderError ? error : unanswered(id, error)
    this.#options.metrics.forwardFailures.inc({ peer: id, code: explained.code })
    const requestIds = sent.slice(0, 10).map(({ requestId }) => requestId)
    const { log } = this.#options
    if (!this.#isFailing) log.warn({ peer: id, code: explained.code, requestIds, error }, 'a peer fails')
    this.#isFailing = true
    if (explained.code === 'REFUSED') this.#options.onRefused(this.member)
    return explained
  }

  #recover(): void {
    if (this.#isFailing) this.#options.log.info({ peer: this.member.id }, 'a peer answers again')
    this.#isFailing = false
  }
}

/** Without a connection nothing was carried out; without an answer on one, that is open. */
function unanswered(id: string, cause: unknown): LarderError {
  const hadNoConnection = cause instanceof Error && 'code' in cause && NOT_CONNECTED.has(String(cause.code))
  if (hadNoConnection) return new LarderError('REFUSED', `${id} cannot be connected to.`, { cause })
  return new LarderError('UNREACHABLE', `${id} did not answer; whether it did as asked is open.`, { cause })
}
