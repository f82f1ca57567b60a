/**
 * Many operations in one call. Each becomes a command of its own; what goes to one member travels together
 * all the same, because that is how peers send.
 *
 * Operations on one key keep their order. Writes do so by themselves; a read waits for the writes before it,
 * and a write for the reads.
 */
import { z } from 'zod'
import { type Body, isWrite, type KeyCommand, type Reply } from '../../shared/command.ts'
import { assertNever, LarderError, toLarderError } from '../../shared/errors.ts'
import { type Eventual, isLater, mapAll } from '../../shared/eventual.ts'
import { asObject, readJson } from '../../shared/http/input.ts'
import { Pieces } from '../../shared/http/pieces.ts'
import type { HttpRequest } from '../../shared/http/request.ts'
import { jsonText } from '../../shared/http/response.ts'
import type { Route } from '../../shared/http/route.ts'
import { readingList } from '../../shared/json.ts'
import { type Fields, Names } from '../../shared/json-fields.ts'
import { isJson } from '../../shared/media-type.ts'
import { atOnce, LARGE_BYTES, type Steps } from '../../shared/steps.ts'
import type { Dispatch } from '../dispatch.ts'
import { entryFields, notJson, parsingSet } from './api.ts'
import { Key, parseInteger, parseKey, Ttl } from './fields.ts'

const OPS_MAX = 1000
/** Bytes of all values read together; what does not fit is 413, each by itself. */
const ANSWER_BYTES_MAX = 64 * 2 ** 20

const Op = z.discriminatedUnion('op', [
  z.object({ op: z.literal('get'), key: Key }),
  z.object({ op: z.literal('set'), key: Key, data: z.unknown(), ttl: Ttl.optional() }),
  z.object({ op: z.literal('delete'), key: Key }),
  z.object({ op: z.literal('increment'), key: Key, by: z.union([z.string().regex(/^[+-]?\d+$/), z.int()]) }),
  z.object({ op: z.literal('counter'), key: Key }),
])

/** An entry, a counter or a problem, each with its `status`. */
const Result = z.looseObject({ status: z.int() })

export function batchRoutes(dispatch: Dispatch, bodyBytesMax: number): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/batch',
      summary: `Up to ${OPS_MAX} operations in one call, answered in their order.`,
      access: 'public',
      isHot: true,
      body: { 'application/json': z.object({ ops: z.array(Op).max(OPS_MAX) }) },
      answers: {
        200: {
          description: 'One result an operation; one that failed spoils no other.',
          content: { 'application/json': z.object({ results: z.array(Result) }) },
        },
      },
      errors: ['TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'OVERLOADED'],
      async handle(request) {
        const batch = new Batch(request, dispatch)
        const begun = await readJson(request, bodyBytesMax, (body) => batch.beginning(body))
        const results = await mapAll(begun, (result) => result)
        const telling = batch.telling(results)
        return jsonText(batch.isLarge ? await request.turns.take('bodies', telling) : atOnce(telling))
      },
    },
  ]
}

const OPS = {
  name: new Names('ops'),
  names: new Names('op', 'key', 'data', 'ttl', 'by'),
  most: OPS_MAX,
}

/** @throws LarderError BAD_REQUEST where there is no list of operations, TOO_LARGE where there are too many. */
function* readingOps(body: Uint8Array): Steps<readonly (Fields | undefined)[]> {
  const { elements, count = 0 } = asObject(yield* readingList(body, OPS))
  if (elements === undefined) throw new LarderError('BAD_REQUEST', 'ops: a list is needed.')
  if (count > OPS_MAX) throw new LarderError('TOO_LARGE', `ops: ${OPS_MAX} at most, not ${count}.`)
  return elements
}

type BatchCommand = Extract<KeyCommand, { type: `value.${string}` | 'counter.add' | 'counter.get' }>

/** Neighbouring operations on one key that do not disturb each other: only reads, or only writes. */
interface Run {
  readonly isWrite: boolean
  /** When the run before is through. */
  readonly before: Promise<unknown>
  readonly replies: Promise<unknown>[]
}

/** What came of an operation. */
type Result = { readonly command: BatchCommand; readonly reply: Reply } | LarderError

class Batch {
  readonly #request: HttpRequest
  readonly #dispatch: Dispatch
  /** The last run of each key. */
  readonly #runs = new Map<string, Run>()
  /** Of all values that were read. */
  #bytes = 0
  #isLarge = false

  constructor(request: HttpRequest, dispatch: Dispatch) {
    this.#request = request
    this.#dispatch = dispatch
  }

  /** Whether it is too large for one turn. */
  get isLarge(): boolean {
    return this.#isLarge || this.#bytes > LARGE_BYTES
  }

  /** Begins all operations in their order. @throws LarderError where these are none. */
  *beginning(body: Uint8Array): Steps<readonly Eventual<Result>[]> {
    this.#isLarge = body.length > LARGE_BYTES
    const begun: Eventual<Result>[] = []
    for (const op of yield* readingOps(body)) {
      try {
        const fields = asObject(op)
        begun.push(this.#execute(opOf(fields) ?? (yield* settingOp(fields))))
      } catch (thrown) {
        begun.push(toLarderError(thrown))
      }
      if (this.#isLarge) yield
    }
    return begun
  }

  /** All results as JSON. */
  *telling(results: readonly Result[]): Steps<Pieces> {
    const told = new Pieces().add('{"results":[')
    for (const [index, result] of results.entries()) {
      if (index > 0) told.add(',')
      tell(result, told)
      if (this.isLarge) yield
    }
    told.add(']}')
    // What was applied is told, and so is what there was room for.
    this.#request.share.cover(told.bytes)
    return told
  }

  /** Whatever happens. */
  #execute(command: BatchCommand): Eventual<Result> {
    const reply = this.#inOrder(command)
    return isLater(reply) ? this.#later(command, reply) : this.#received(command, reply)
  }

  /** Apart, so that what is answered at once makes no functions ready. */
  #later(command: BatchCommand, reply: Promise<Reply>): Promise<Result> {
    return reply.then((reply) => this.#received(command, reply)).catch(toLarderError)
  }

  /** A write that was applied is never answered as if it were not. @throws LarderError TOO_LARGE or OVERLOADED. */
  #received(command: BatchCommand, reply: Reply): Result {
    if (!isWrite(command) && reply.type === 'value') this.#takeIn(reply.body.length)
    return { command, reply }
  }

  /** @throws LarderError when the answer, or the node, has no room for one more value of this size. */
  #takeIn(bytes: number): void {
    if (this.#bytes > 0 && this.#bytes + bytes > ANSWER_BYTES_MAX)
      throw new LarderError('TOO_LARGE', 'The answer is full: read this key in another call.')
    this.#request.share.answer(this.#bytes + bytes)
    this.#bytes += bytes
  }

  #inOrder(command: BatchCommand): Eventual<Reply> {
    const isFirst = this.#runs.size === 0 || !this.#runs.has(command.key)
    const first = isFirst ? this.#dispatch(this.#request, command) : undefined
    // Nothing that follows can disturb what is told already.
    if (first !== undefined && !isLater(first)) return first
    const run = this.#runOf(command)
    const reply = first ?? run.before.then(() => this.#dispatch(this.#request, command))
    run.replies.push(reply.catch(() => {}))
    return reply
  }

  #runOf(command: BatchCommand): Run {
    const last = this.#runs.get(command.key)
    if (last?.isWrite === isWrite(command)) return last
    const run = { isWrite: isWrite(command), before: Promise.all(last?.replies ?? []), replies: [] }
    this.#runs.set(command.key, run)
    return run
  }
}

/** Any operation but that which brings a value along. @throws LarderError KEY_NULL, BAD_REQUEST or OUT_OF_RANGE. */
function opOf(fields: Fields): BatchCommand | undefined {
  switch (fields.get('op')) {
    case '"get"':
      return { type: 'value.get', key: parseKey(fields.get('key')) }
    case '"set"':
      return undefined
    case '"delete"':
      return { type: 'value.delete', key: parseKey(fields.get('key')) }
    case '"increment"':
      return {
        type: 'counter.add',
        key: parseKey(fields.get('key')),
        by: parseInteger('by', fields.get('by')),
      }
    case '"counter"':
      return { type: 'counter.get', key: parseKey(fields.get('key')) }
    default:
      throw new LarderError('BAD_REQUEST', 'op: one of get, set, delete, increment, counter.')
  }
}

function* settingOp(fields: Fields): Steps<BatchCommand> {
  const { key, data, ttlMs } = yield* parsingSet(fields)
  return { type: 'value.set', key, contentType: 'application/json', body: data, ...ttlMs }
}

function tell(result: Result, told: Pieces): void {
  if (result instanceof LarderError) return void told.add(JSON.stringify(result.toProblem()))
  const { command, reply } = result
  const { key } = command
  switch (command.type) {
    case 'value.get':
      if (reply.type === 'value' && !isJson(reply.contentType)) tell(notJson(reply), told)
      else tellEntry(key, reply.owner, reply.type === 'value' ? reply.body : 'null', told)
      break
    case 'value.set':
      tellEntry(key, reply.owner, command.body, told)
      break
    case 'value.delete':
      tellEntry(key, reply.owner, 'null', told)
      break
    case 'counter.add':
    case 'counter.get':
      if (reply.type === 'total') told.add(JSON.stringify({ status: 200, key, value: reply.value }))
      else tell(new LarderError('NO_SUCH_KEY', 'This counter was never incremented.'), told)
      break
    default:
      assertNever(command)
  }
}

function tellEntry(key: string, owner: string, data: Body, told: Pieces): void {
  const fields = `{"status":200,${entryFields(key, owner)}`
  if (typeof data === 'string') told.add(`${fields}${data}}`)
  else told.add(fields).add(data).add('}')
}
