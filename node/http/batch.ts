/**
 * Many operations in one call. Each becomes a command of its own; what goes to one member travels together
 * all the same, because that is how peers send.
 *
 * Operations on one key keep their order. Writes do so by themselves; a read waits for the writes before it,
 * and a write for the reads.
 */
import { z } from 'zod'
import { bytesOfBody, isWrite, type KeyCommand, type Reply } from '../../shared/command.ts'
import { LarderError, toLarderError } from '../../shared/errors.ts'
import { type Eventual, isLater, mapAll } from '../../shared/eventual.ts'
import { asObject, readJson } from '../../shared/http/input.ts'
import { Pieces } from '../../shared/http/pieces.ts'
import type { HttpRequest } from '../../shared/http/request.ts'
import { jsonText } from '../../shared/http/response.ts'
import type { Route } from '../../shared/http/route.ts'
import { readingList } from '../../shared/json.ts'
import { type Fields, Names } from '../../shared/json-fields.ts'
import { atOnce, LARGE_BYTES, type Steps } from '../../shared/steps.ts'
import { type Dispatch, permitted } from '../dispatch.ts'
import { AnyOp, type Asked, OP_FIELDS, readingOp } from './batch-ops.ts'

const OPS_MAX = 1000
/** More are not begun in one turn: a millisecond or so. */
const OPS_AT_ONCE = 200
/** Bytes of all values read together; what does not fit is 413, each by itself. */
const ANSWER_BYTES_MAX = 64 * 2 ** 20

/** An entry, a counter or a problem, each with its `status`. */
const Result = z
  .looseObject({ status: z.int() })
  .meta({ id: 'Result', examples: [{ status: 200, key: 'orders', value: '6' }] })

export function batchRoutes(dispatch: Dispatch, bodyBytesMax: number): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/batch',
      operationId: 'runBatch',
      summary: `Up to ${OPS_MAX} operations in one call, answered in their order.`,
      access: 'public',
      needs: ['read', 'write'],
      isHot: true,
      countsAgain: true,
      body: { 'application/json': z.object({ ops: z.array(AnyOp).max(OPS_MAX) }) },
      answers: {
        200: {
          description: 'One result an operation; one that failed spoils no other.',
          content: { 'application/json': z.object({ results: z.array(Result) }) },
        },
      },
      errors: ['TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'OVERLOADED'],
      async handle(request) {
        const batch = new Batch(request, dispatch)
        const ops = await readJson(request, bodyBytesMax, (body) => batch.reading(body))
        const begun = await batch.work(batch.beginning(ops))
        const results = await mapAll(begun, (result) => result)
        return jsonText(await batch.work(batch.telling(results)))
      },
    },
  ]
}

const OPS = {
  name: new Names('ops'),
  names: OP_FIELDS,
  most: OPS_MAX,
}

/** @throws LarderError BAD_REQUEST where there is no list of operations, TOO_LARGE where there are too many. */
function* readingOps(body: Uint8Array): Steps<readonly (Fields | undefined)[]> {
  const { elements, count = 0, around } = asObject(yield* readingList(body, OPS))
  around.limitedTo()
  if (elements === undefined) throw new LarderError('BAD_REQUEST', 'ops: a list is needed.')
  if (count > OPS_MAX) throw new LarderError('TOO_LARGE', `ops: ${OPS_MAX} at most, not ${count}.`)
  return elements
}

const NOTHING = Promise.resolve()

/** Neighbouring operations on one key that do not disturb each other: only reads, or only writes. */
interface Run {
  readonly isWrite: boolean
  readonly isAlone: boolean
  /** When the run before is through. */
  readonly before: Promise<unknown>
  readonly replies: Promise<unknown>[]
}

/** What came of an operation. */
type Result = { readonly asked: Asked; readonly reply: Reply } | LarderError

/** @throws LarderError what has come of it, where that is a problem. */
function tellingOf(result: Result, told: Pieces): Steps<void> | void {
  if (result instanceof LarderError) throw result
  return result.asked.telling(result.reply, told)
}

class Batch {
  readonly #request: HttpRequest
  readonly #dispatch: Dispatch
  /** The last run of each key. */
  readonly #runs = new Map<string, Run>()
  /** Of all values that were read. */
  #bytes = 0
  /** Whether it is too large for one turn. */
  #isLarge = false

  constructor(request: HttpRequest, dispatch: Dispatch) {
    this.#request = request
    this.#dispatch = dispatch
  }

  /** @throws LarderError where there are none. */
  *reading(body: Uint8Array): Steps<readonly (Fields | undefined)[]> {
    const ops = yield* readingOps(body)
    this.#isLarge = body.length > LARGE_BYTES || ops.length > OPS_AT_ONCE
    return ops
  }

  /** In turns where it is too large for one. */
  work<T>(steps: Steps<T>): Eventual<T> {
    return this.#isLarge ? this.#request.turns.take('bodies', steps) : atOnce(steps)
  }

  /** Begins all operations in their order. */
  *beginning(ops: readonly (Fields | undefined)[]): Steps<readonly Eventual<Result>[]> {
    const begun: Eventual<Result>[] = []
    for (const op of ops) {
      try {
        const asked = readingOp(asObject(op))
        begun.push(this.#execute('command' in asked ? asked : yield* asked))
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
    let comma = ''
    for (const result of results) {
      told.add(comma)
      comma = ','
      try {
        const telling = tellingOf(result, told)
        if (telling !== undefined) yield* telling
      } catch (thrown) {
        told.add(JSON.stringify(toLarderError(thrown).toProblem()))
      }
      if (this.#isLarge) yield
    }
    told.add(']}')
    // What was applied is told, and so is what there was room for.
    this.#request.share.cover(told.bytes)
    return told
  }

  /** Whatever happens. */
  #execute(asked: Asked): Eventual<Result> {
    const reply = this.#inOrder(asked)
    return isLater(reply) ? this.#later(asked, reply) : this.#received(asked, reply)
  }

  /** Apart, so that what is answered at once makes no functions ready. */
  #later(asked: Asked, reply: Promise<Reply>): Promise<Result> {
    return reply.then((one) => {
      try {
        return this.#received(asked, one)
      } catch (thrown) {
        return toLarderError(thrown)
      }
    }, toLarderError)
  }

  /** A write that was applied is never answered as if it were not. @throws LarderError TOO_LARGE or OVERLOADED. */
  #received(asked: Asked, reply: Reply): Result {
    if (!isWrite(asked.command)) this.#takeIn(reply)
    return { asked, reply }
  }

  /** @throws LarderError when the answer, or the node, has no room for one more value of this size. */
  #takeIn(reply: Reply): void {
    if (reply.type !== 'value') return
    const bytes = bytesOfBody(reply.body)
    if (this.#bytes > 0 && this.#bytes + bytes > ANSWER_BYTES_MAX)
      throw new LarderError('TOO_LARGE', 'The answer is full: read this key in another call.')
    this.#request.share.answer(this.#bytes + bytes)
    this.#bytes += bytes
    this.#isLarge ||= this.#bytes > LARGE_BYTES
  }

  #inOrder(asked: Asked): Eventual<Reply> {
    const { command } = asked
    const last = this.#runs.size === 0 ? undefined : this.#runs.get(command.key)
    const first = last === undefined ? this.#send(asked) : undefined
    // Nothing that follows can disturb what is told already.
    if (first !== undefined && !isLater(first)) return first
    const run = this.#runOf(command, asked.run !== undefined, last)
    const reply = first ?? run.before.then(() => this.#send(asked))
    run.replies.push(reply)
    return reply
  }

  #send({ command, run }: Asked): Eventual<Reply> {
    if (run === undefined) return this.#dispatch(this.#request, command)
    // It may turn out that there is nothing to be done, which is for those to know who may do it.
    permitted(command, this.#request.rights)
    return run({
      send: (one) => this.#dispatch(this.#request, one),
      onFound: (found) => this.#takeIn(found),
    })
  }

  /** What is more than one command is not carried out in the order in which it is sent: it waits, and is waited for. */
  #runOf(command: KeyCommand, isAlone: boolean, last: Run | undefined): Run {
    if (last !== undefined && !isAlone && !last.isAlone && last.isWrite === isWrite(command)) return last
    const run = {
      isWrite: isWrite(command),
      isAlone,
      before: last === undefined ? NOTHING : Promise.allSettled(last.replies),
      replies: [],
    }
    this.#runs.set(command.key, run)
    return run
  }
}
