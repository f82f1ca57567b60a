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
import { type Eventual, isLater, mapAll } from '../../shared/eventual.ts'
import { readJson } from '../../shared/http/input.ts'
import { jsonText } from '../../shared/http/response.ts'
import type { Route } from '../../shared/http/route.ts'
import { elementsOf, type Json, membersOf } from '../../shared/json.ts'
import type { Caller, Dispatch } from '../dispatch.ts'
import { asMembers, entryFields, jsonOf, parseSet } from './api.ts'
import { Key, parseInteger, parseKey, parseKeyText, Ttl } from './fields.ts'

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
        const ops = new SentOps(await readJson(request.message, bodyBytesMax))
        if (ops.values.length > OPS_MAX)
          throw new LarderError('TOO_LARGE', `ops: ${OPS_MAX} at most, not ${ops.values.length}.`)
        const batch = new Batch(request, dispatch, ops)
        const results = await mapAll(ops.values, (_, index) => batch.execute(index))
        return jsonText(`{"results":[${results.join(',')}]}`)
      },
    },
  ]
}

/** The operations as they were read, and as they were written. */
class SentOps {
  readonly values: readonly unknown[]
  readonly #text: string
  #texts: readonly string[] | undefined

  /** @throws LarderError BAD_REQUEST where there is no list. */
  constructor({ value, text }: Json) {
    if (!isObject(value)) throw new LarderError('BAD_REQUEST', 'A JSON object is needed here.')
    if (!Array.isArray(value['ops'])) throw new LarderError('BAD_REQUEST', 'ops: a list is needed.')
    this.values = value['ops']
    this.#text = text
  }

  /** Of all that was sent, in characters. */
  get length(): number {
    return this.#text.length
  }

  textOf(index: number): string {
    this.#texts ??= elementsOf(membersOf(this.#text)?.get('ops') ?? '') ?? []
    return this.#texts[index] ?? ''
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
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
  readonly #caller: Caller
  readonly #dispatch: Dispatch
  readonly #ops: SentOps
  /** The last run of each key. */
  readonly #runs = new Map<string, Run>()
  #length = 0

  constructor(caller: Caller, dispatch: Dispatch, ops: SentOps) {
    this.#caller = caller
    this.#dispatch = dispatch
    this.#ops = ops
  }

  /** The result as JSON text, whatever happens. */
  execute(index: number): Eventual<string> {
    try {
      const command = parseOp(this.#ops, index)
      const reply = this.#inOrder(command)
      return isLater(reply) ? this.#later(command, reply) : this.#tell(command, reply)
    } catch (thrown) {
      return problemText(thrown)
    }
  }

  /** Apart, so that what is answered at once makes no functions ready. */
  #later(command: BatchCommand, reply: Promise<Reply>): Promise<string> {
    return reply.then((reply) => this.#tell(command, reply)).catch(problemText)
  }

  #tell(command: BatchCommand, reply: Reply): string {
    const result = resultText(command, reply)
    // A write that was applied is never answered as if it were not.
    return isWrite(command) ? result : this.#take(result)
  }

  /** @throws LarderError TOO_LARGE when the answer has no room for one more result of this size. */
  #take(result: string): string {
    this.#length += result.length
    if (this.#length <= ANSWER_LENGTH_MAX || this.#length === result.length) return result
    this.#length -= result.length
    throw new LarderError('TOO_LARGE', 'The answer is full: read this key in another call.')
  }

  #inOrder(command: BatchCommand): Eventual<Reply> {
    const isFirst = this.#runs.size === 0 || !this.#runs.has(command.key)
    const first = isFirst ? this.#dispatch(this.#caller, command) : undefined
    // Nothing that follows can disturb what is told already.
    if (first !== undefined && !isLater(first)) return first
    const run = this.#runOf(command)
    const reply = first ?? run.before.then(() => this.#dispatch(this.#caller, command))
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

/** What reads and forgets needs no more than its key, which mostly is text: nothing that objects could not hold. */
const SIMPLE: ReadonlyMap<unknown, 'value.get' | 'value.delete' | 'counter.get'> = new Map([
  ['get', 'value.get'],
  ['delete', 'value.delete'],
  ['counter', 'counter.get'],
])

/** @throws LarderError KEY_NULL, BAD_REQUEST or OUT_OF_RANGE. */
function parseOp(ops: SentOps, index: number): BatchCommand {
  const value = ops.values[index]
  if (isObject(value) && typeof value['key'] === 'string') {
    const type = SIMPLE.get(value['op'])
    if (type !== undefined) return { type, key: parseKeyText(value['key']) }
  }
  return parseFields(asMembers(ops.textOf(index)), ops.length)
}

function parseFields(fields: ReadonlyMap<string, string>, sentLength: number): BatchCommand {
  switch (fields.get('op')) {
    case '"get"':
      return { type: 'value.get', key: parseKey(fields.get('key')) }
    case '"set"': {
      const { key, data, ttlMs } = parseSet(fields, sentLength)
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
      return `{"status":200,${entryFields(key, reply.owner, jsonOf(reply))}}`
    case 'value.set':
      return `{"status":200,${entryFields(key, reply.owner, String(command.body))}}`
    case 'value.delete':
      return `{"status":200,${entryFields(key, reply.owner, 'null')}}`
    case 'counter.add':
    case 'counter.get':
      if (reply.type !== 'total') throw new LarderError('NO_SUCH_KEY', 'This counter was never incremented.')
      return JSON.stringify({ status: 200, key, value: reply.value })
    default:
      return assertNever(command)
  }
}

function problemText(thrown: unknown): string {
  return JSON.stringify(toLarderError(thrown).toProblem())
}
