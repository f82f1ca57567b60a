/** From a row to its answer, whoever found the row: the caller is let in or not, and whatever goes wrong is an answer too. */
import type { Counter } from 'prom-client'
import { pause, systemClock } from '../clock.ts'
import { LarderError } from '../errors.ts'
import { andThen, type Eventual, isLater } from '../eventual.ts'
import { refuseOthers } from '../unknown-field.ts'
import { coded } from './coding.ts'
import type { Guard } from './guard.ts'
import type { Guesses } from './guesses.ts'
import type { HttpRequest } from './request.ts'
import { type HttpResponse, problem } from './response.ts'
import type { Route } from './route.ts'

/** Carries out the row. Never throws, and its promises never reject. */
export type Answering = (route: Route, request: HttpRequest) => Eventual<HttpResponse>

export interface AnsweringOptions {
  /** Whether what is asked comes on a connection that there is no place for; probes are answered there too. */
  hasNoPlace(request: HttpRequest): boolean
  readonly guesses: Pick<Guesses, 'note'>
  /** Of credentials that were shown and are none. */
  readonly wrong: Counter<'of'>
}

export function createAnswering(guard: Guard, options: AnsweringOptions): Answering {
  const answering = answeringPlainly(guard, options)
  return (route, request) => {
    const answer = answering(route, request)
    if (route.retold === undefined) return answer
    return andThen(answer, (one) => (one.error === undefined ? one : (route.retold?.(one) ?? one)))
  }
}

function answeringPlainly(guard: Guard, options: AnsweringOptions): Answering {
  return (route, request) => {
    const { isProbe = false } = route
    if (!isProbe && options.hasNoPlace(request)) return problem(noPlace())
    try {
      const asked = route.accessOf === undefined ? route : { ...route, access: route.accessOf(request) }
      const rights = guard.admit(asked, request.message)
      if (rights instanceof LarderError) return refused(rights, asked, request, { ...options, guard })
      request.isLetIn = asked.access !== 'open'
      request.rights = rights
      request.share.mayExceed = isProbe || asked.access === 'member'
      if (route.isForOthers !== true && !isProbe) refuseUnheeded(route, request)
      const answer = route.handle(request)
      if (!isLater(answer)) return inCoding(route, request, answer)
      return answer.then((answer) => inCoding(route, request, answer), problem)
    } catch (thrown) {
      return problem(thrown)
    }
  }
}

/** What depends on a key is nothing that a cache on the way may give to somebody else, or keep. */
export function isPrivate(route: Route | undefined): boolean {
  return route?.access === 'public' && route.isProbe !== true && route.isForOthers !== true
}

/** What is passed on is coded as it came, and members read what others write. */
function inCoding(route: Route, request: HttpRequest, answer: HttpResponse): Eventual<HttpResponse> {
  if (route.isForOthers === true || route.access === 'member') return answer
  const inIts = coded(request, answer)
  return isLater(inIts) ? inIts.catch(problem) : inIts
}

/** @throws LarderError for what is asked for and would not be heeded. */
function refuseUnheeded(route: Route, request: HttpRequest): void {
  if (request.query !== '' && route.judgesQuery !== true)
    refuseOthers(request.parameters.keys(), namesOf(route), 'the query')
  if (route.method !== 'GET' && route.access === 'public') refuseConditions(route, request)
  if (route.countsAgain === true && request.header('idempotency-key') !== undefined)
    throw new LarderError('BAD_REQUEST', 'idempotency-key: nothing is remembered here. Nothing was done.')
}

const CONDITIONS = ['if-match', 'if-none-match'] as const

/** What is to be done on a condition alone is not done without it (RFC 9110, section 13.1). */
function refuseConditions({ parameters = [] }: Route, { message: { headers } }: HttpRequest): void {
  for (const name of CONDITIONS)
    if (headers[name] !== undefined && !parameters.some((one) => one.name.toLowerCase() === name))
      throw new LarderError('BAD_REQUEST', `${name}: nothing is asked of entity tags here. Nothing was done.`)
}

const queries = new WeakMap<Route, readonly string[]>()

/** Of the parameters that may be in its query. */
function namesOf(route: Route): readonly string[] {
  let names = queries.get(route)
  if (names === undefined) {
    names = (route.parameters ?? []).flatMap((parameter) =>
      parameter.in === 'query' ? [parameter.name] : [],
    )
    queries.set(route, names)
  }
  return names
}

function refused(
  error: LarderError,
  route: Route,
  request: HttpRequest,
  { guard, ...options }: AnsweringOptions & { readonly guard: Guard },
): Eventual<HttpResponse> {
  if (error.code !== 'UNAUTHORIZED') return problem(error)
  const refusal = problem(error, { 'www-authenticate': guard.needed(route).scheme })
  return showsSomething(route, request) ? inTurn(request, route, refusal, options) : refusal
}

/** Who shows nothing guesses nothing. */
function showsSomething({ access, passesAuthorization = false }: Route, { message }: HttpRequest): boolean {
  const { authorization, 'api-key': key } = message.headers
  if (access === 'member') return Boolean(authorization)
  return Boolean(key || (!passesAuthorization && authorization))
}

/** What is wrong is refused when its turn comes: see `Guesses`. */
function inTurn(
  request: HttpRequest,
  { access }: Route,
  refusal: HttpResponse,
  { guesses, wrong }: AnsweringOptions,
): Eventual<HttpResponse> {
  const of = access === 'member' ? 'secret' : 'key'
  wrong.inc({ of })
  const waitMs = guesses.note(request.message.socket.remoteAddress, of)
  if (waitMs === undefined) return problem(tooManyGuesses(), { connection: 'close' })
  if (waitMs === 0) return refusal
  const gone = new AbortController()
  request.onceOver(() => gone.abort())
  return pause(systemClock, waitMs, gone.signal).then(() => refusal)
}

function tooManyGuesses(): LarderError {
  return new LarderError(
    'TOO_MANY_GUESSES',
    'Too many wrong keys or secrets come from your address; a right one is let in at once.',
  )
}

/** What is refused as it comes too late to be worth the work. */
export function tooMuch(): LarderError {
  return new LarderError('OVERLOADED', 'More arrives here than can be answered in time; nothing was applied.')
}

function noPlace(): LarderError {
  return new LarderError('OVERLOADED', 'More are connected than there are places for; nothing was applied.')
}
