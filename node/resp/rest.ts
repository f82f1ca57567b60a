/**
 * The commands of Redis over HTTP, in the dialect of Upstash: one as a JSON list, many of them as a list of lists, or in the
 * path. What is told is `{"result"}` or `{"error"}`, its texts in base64 where that is asked for.
 */
import { z } from 'zod'
import { type ErrorCode, LarderError } from '../../shared/errors.ts'
import { readBody } from '../../shared/http/body.ts'
import { decode, isCrossSite } from '../../shared/http/input.ts'
import { readQuery } from '../../shared/http/query.ts'
import type { HttpRequest } from '../../shared/http/request.ts'
import type { HttpResponse } from '../../shared/http/response.ts'
import type { Route } from '../../shared/http/route.ts'
import { type Steps, workOn } from '../../shared/steps.ts'
import { refuseOthers } from '../../shared/unknown-field.ts'
import { errorReplyOf, isForLater, ReplyError } from './errors.ts'
import { Pipeline } from './pipeline.ts'
import type { Words } from './reader.ts'
import { jsonOf } from './rest-json.ts'
import { COMMANDS_MAX, readingCommand, readingCommands } from './rest-words.ts'
import { type Execution, isWriteRow, type Row } from './row.ts'
import { Session } from './session.ts'
import { Table } from './table.ts'
import { ErrorReply, type Reply } from './writer.ts'

export interface RestOptions {
  readonly execution: Execution
  readonly bodyBytesMax: number
}

/** Of a request, in words: what follows them waits until others are served. */
const WORDS_A_TURN = 1000
/** What Upstash takes there beside words, of which a list has none in its query. */
const TOKEN = '_token'
const IN_QUERY = [TOKEN]
/** What is about a connection means nothing here. */
const CONNECTION_ROWS: ReadonlySet<string> = new Set(['hello', 'auth', 'quit', 'reset', 'client', 'select'])

const Command = z.array(z.union([z.string(), z.number(), z.boolean()])).min(1)
const Result = z.looseObject({ result: z.unknown().optional(), error: z.string().optional() })
const answers = {
  200: { description: 'What came of it.', content: { 'application/json': Result } },
  400: { description: 'Why it was not carried out.', content: { 'application/json': Result } },
}
/** GET may not be used for what writes. */
const refused = {
  405: { description: 'It writes: send it by POST.', content: { 'application/json': Result } },
}
const BODY_ERRORS: readonly ErrorCode[] = ['TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']
const common = { access: 'public', needs: ['read', 'write', 'clear'], judgesQuery: true, retold } as const
/** Of what they do again most would count again. */
const posted = { ...common, method: 'POST', countsAgain: true } as const

export function redisRoutes(options: RestOptions): Route[] {
  const rest = new Rest(options)
  return [
    {
      ...posted,
      path: '/redis/pipeline',
      operationId: 'runRedisPipeline',
      summary: `Up to ${COMMANDS_MAX} commands of Redis, carried out in their order.`,
      body: { 'application/json': z.array(Command).max(COMMANDS_MAX) },
      answers: {
        200: { description: 'What came of each.', content: { 'application/json': z.array(Result) } },
        400: answers[400],
      },
      errors: BODY_ERRORS,
      handle: (request) => rest.pipeline(request),
    },
    {
      ...common,
      method: 'POST',
      path: '/redis/multi-exec',
      operationId: 'runRedisTransaction',
      summary: 'Transactions are not served.',
      answers: { 501: { description: 'They are not.', content: { 'application/json': Result } } },
      handle: () => told(501, { error: 'ERR transactions are not served: send a pipeline' }),
    },
    {
      ...posted,
      path: '/redis',
      operationId: 'runRedisCommand',
      summary: 'A command of Redis, as a list of its words.',
      body: { 'application/json': Command },
      answers,
      errors: BODY_ERRORS,
      handle: (request) => rest.command(request),
    },
    { ...common, ...inPath('GET', rest), needs: ['read'] },
    inPath('POST', rest),
  ]
}

/** The words may hold anything, but these two are calls of their own. */
const PLACE = { path: '/redis/{command}', pattern: /^\/redis\/((?!(?:pipeline|multi-exec)$)[^?#]+)$/ }

function inPath(method: 'GET' | 'POST', rest: Rest): Route {
  return {
    ...(method === 'POST' ? posted : { ...common, method }),
    ...PLACE,
    operationId: method === 'GET' ? 'readWithRedis' : 'runRedisPath',
    summary: 'A command of Redis, its words between slashes; GET takes those that read.',
    parameters: [
      { in: 'path', name: 'command', description: 'The words, percent-encoded.', schema: z.string() },
    ],
    ...(method === 'POST' && { body: { '*/*': undefined }, isBodyOptional: true as const }),
    answers: method === 'GET' ? { ...answers, ...refused } : answers,
    ...(method === 'POST' && { errors: BODY_ERRORS }),
    handle: (request) => rest.path(request),
  }
}

class Rest {
  readonly #options: RestOptions
  readonly #table: Table

  constructor(options: RestOptions) {
    this.#options = options
    this.#table = new Table(options.bodyBytesMax)
  }

  command(request: HttpRequest): Promise<HttpResponse> {
    return this.#read(request, readingCommand, (words) => this.#one(request, words))
  }

  pipeline(request: HttpRequest): Promise<HttpResponse> {
    return this.#read(request, readingCommands, async (commands) => {
      const replies = await this.#run(request, commands)
      const results = replies.map((reply) => resultOf(reply, request))
      return told(200, results, request)
    })
  }

  /** The body, if there is one, and what stands behind the question mark, are further words. */
  async path(request: HttpRequest): Promise<HttpResponse> {
    const texts = (request.captures[0] ?? '').split('/').map(decode)
    const words: Buffer[] = texts.map((text) => Buffer.from(text))
    const isRead = request.method !== 'POST'
    if (!isRead) {
      refuseCrossSite(request)
      const body = await readBody(request, this.#options.bodyBytesMax)
      if (body.length > 0) words.push(body)
    }
    for (const [name, value] of readQuery(request.query)) {
      if (name === TOKEN) continue
      words.push(...[name, value].filter((text) => text !== '').map((text) => Buffer.from(text)))
    }
    const row = this.#table.find(words)
    if (isRead && row !== undefined && isWriteRow(row))
      return {
        ...told(405, { error: `ERR ${row.name} writes: send it by POST` }, request),
        headers: { ...JSON_HEADERS, allow: 'POST' },
      }
    return await this.#one(request, words)
  }

  async #one(request: HttpRequest, words: Words): Promise<HttpResponse> {
    const [reply = null] = await this.#run(request, [words])
    const answer = told(200, resultOf(reply, request), request)
    if (!(reply instanceof ErrorReply)) return answer
    if (!isForLater(reply)) return { ...answer, status: 400 }
    return { ...answer, status: 503, headers: { ...answer.headers, 'retry-after': '1' } }
  }

  /** As on a connection of their own. */
  async #run(request: HttpRequest, commands: readonly Words[]): Promise<readonly Reply[]> {
    const { execution } = this.#options
    const replies: Reply[] = []
    let ready = Promise.withResolvers<void>()
    const pipeline = new Pipeline({
      table: this.#table,
      session: Session.of(request, request.message.socket.remoteAddress ?? ''),
      execution,
      tell: (reply) => replies.push(reply),
      note() {},
      onReady() {
        ready.resolve()
        ready = Promise.withResolvers()
      },
    })
    let begun = 0
    for (const words of commands) {
      if (begun > WORDS_A_TURN) {
        await request.turns.pass()
        begun = 0
      }
      begun += words.length
      while (pipeline.isFull) await ready.promise
      const row = this.#table.find(words)
      if (row !== undefined && CONNECTION_ROWS.has(row.name)) pipeline.refuse(notHere(row), 0)
      else pipeline.take(words, 0)
    }
    for (pipeline.tellAll(); !pipeline.isEmpty; pipeline.tellAll()) await ready.promise
    return replies
  }

  async #read<T>(
    request: HttpRequest,
    reading: (body: Buffer) => Steps<T>,
    run: (read: T) => Promise<HttpResponse>,
  ): Promise<HttpResponse> {
    refuseCrossSite(request)
    refuseOthers(request.parameters.keys(), IN_QUERY, 'the query')
    const body = await readBody(request, this.#options.bodyBytesMax)
    try {
      return await run(await workOn(request.turns, body, () => reading(body)))
    } catch (thrown) {
      if (thrown instanceof ReplyError) return told(400, { error: thrown.message }, request)
      throw thrown
    }
  }
}

/** No form of another page is a command. @throws LarderError FORBIDDEN. */
function refuseCrossSite(request: HttpRequest): void {
  if (isCrossSite(request))
    throw new LarderError('FORBIDDEN', 'A page of another site sends commands. Nothing was done.')
}

/** With what clients of Redis look for. */
function retold(problem: HttpResponse): HttpResponse {
  const { error } = problem
  if (error === undefined) return problem
  return { ...problem, body: JSON.stringify({ ...error.toProblem(), error: errorReplyOf(error, true).text }) }
}

function notHere({ name }: Row): LarderError {
  return new LarderError('BAD_REQUEST', `${name} is about a connection, and there is none here`)
}

function resultOf(reply: Reply, request: HttpRequest): object {
  if (reply instanceof ErrorReply) return { error: reply.text }
  return { result: jsonOf(reply, request.header('upstash-encoding') === 'base64') }
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' }

/** The token of what was written last is handed back as it came: every node knows of all that is acknowledged. */
function told(status: number, value: unknown, request?: HttpRequest): HttpResponse {
  const token = request?.header('upstash-sync-token')
  const headers = token === undefined ? JSON_HEADERS : { ...JSON_HEADERS, 'upstash-sync-token': token }
  return { status, headers, body: JSON.stringify(value) }
}
