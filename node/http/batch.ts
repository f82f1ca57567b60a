/**
 * Many operations in one call. Each becomes a command of its own; what goes to one member travels together
 * all the same, because that is how peers send.
 *
 * Operations on one key keep their order. Writes do so by themselves; a read waits for the writes before it,
 * and a write for the reads.
 */
import { z } from 'zod'
import { isWrite, type KeyCommand, type Reply } from '../../shared/command.ts'
import { assertNever, LarderError, toLarderError } from '../../shared/errors.ts'
import { readJsonText } from '../../shared/input.ts'
import { elementsOf } from '../../shared/json.ts'
import type { HttpRequest } from '../../shared/request.ts'
import { jsonText } from '../../shared/response.ts'
import type { Route } from '../../shared/route.ts'
import { asMembers, entryText, jsonOf, parseSet } from './api.ts'
import type { Dispatch } from './dispatch.ts'
import { Key, parseInteger, parseKey, Ttl } from './fields.ts'

const OPS_MAX = 1000
/** Characters of all results together; what does not fit is 413, each by itself. */
const ANSWER_LENGTH_MAX = 64 * 2 ** 20

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
      errors: ['TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
      async handle(request) {
        const fields = asMembers(await readJsonText(request.message, bodyBytesMax))
        const ops = elementsOf(fields.get('ops') ?? '')
        if (ops === undefined) throw new LarderError('BAD_REQUEST', 'ops: a list is needed.')
        if (ops.length > OPS_MAX)
          throw new LarderError('TOO_LARGE', `ops: ${OPS_MAX} at most, not ${ops.length}.`)
        const batch = new Batch(request, dispatch)
        const results = await Promise.all(ops.map((op) => batch.execute(op)))
        return jsonText(`{"results":[${results.join(',')}]}`)
      },
    },
  ]
}

type BatchCommand = Extract<KeyCommand, { type: `value.${string}` | 'counter.add' | 'counter.get' }>

/** Neighbouring operations on one key that do not disturb each other: only reads, or only writes. */
interface Run {
  readonly isWrite: boolean
  /** When the run before is through. */
  readonly before: Promise<unknown>
  readonly replies: Promise<unknown>[]
}

class Batch {
  readonly #request: HttpRequest
  readonly #dispatch: Dispatch
  /** The last run of each key. */
  readonly #runs = new Map<string, Run>()
  #length = 0

  constructor(request: HttpRequest, dispatch: Dispatch) {
    this.#request = request
    this.#dispatch = dispatch
  }

  /** The result as JSON text, whatever happens. */
  async execute(op: string): Promise<string> {
    try {
      const command = parseOp(asMembers(op))
      const result = resultText(command, await this.#inOrder(command))
      // A write that was applied is never answered as if it were not.
      return isWrite(command) ? result : this.#take(result)
    } catch (thrown) {
      return JSON.stringify(toLarderError(thrown).toProblem())
    }
  }

  /** @throws LarderError TOO_LARGE when the answer has no room for one more result of this size. */
  #take(result: string): string {
    this.#length += result.length
    if (this.#length <= ANSWER_LENGTH_MAX || this.#length === result.length) return result
    this.#length -= result.length
    throw new LarderError('TOO_LARGE', 'The answer is full: read this key in another call.')
  }

  #inOrder(command: BatchCommand): Promise<Reply> {
    const run = this.#runOf(command)
    const reply = run.before.then(() => this.#dispatch(this.#request, command))
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

/** @throws LarderError KEY_NULL, BAD_REQUEST or OUT_OF_RANGE. */
function parseOp(fields: ReadonlyMap<string, string>): BatchCommand {
  switch (fields.get('op')) {
    case '"get"':
      return { type: 'value.get', key: parseKey(fields.get('key')) }
    case '"set"': {
      const { key, data, ttlMs } = parseSet(fields)
      return { type: 'value.set', key, contentType: 'application/json', body: data, ...ttlMs }
    }
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

function resultText(command: BatchCommand, reply: Reply): string {
  const { key } = command
  switch (command.type) {
    case 'value.get':
      return withStatus(entryText(key, reply.owner, jsonOf(reply)))
    case 'value.set':
      return withStatus(entryText(key, reply.owner, String(command.body)))
    case 'value.delete':
      return withStatus(entryText(key, reply.owner, 'null'))
    case 'counter.add':
    case 'counter.get':
      if (reply.type !== 'total') throw new LarderError('NO_SUCH_KEY', 'This counter was never incremented.')
      return withStatus(JSON.stringify({ key, value: reply.value }))
    default:
      return assertNever(command)
  }
}

function withStatus(objectText: string): string {
  return `{"status":200,${objectText.slice(1)}`
}
