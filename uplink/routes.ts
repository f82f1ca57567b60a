/** What members, and whoever wants to know the view, ask of an uplink. */
import { z } from 'zod'
import { isLoopback, isWildcard } from '../shared/config.ts'
import { LarderError } from '../shared/errors.ts'
import { decode, fit, readJson } from '../shared/http/input.ts'
import type { HttpRequest } from '../shared/http/request.ts'
import { empty, json } from '../shared/http/response.ts'
import type { Route } from '../shared/http/route.ts'
import { parsingJson } from '../shared/json.ts'
import type { Log } from '../shared/log.ts'
import { Trouble } from '../shared/trouble.ts'
import { Lease, Loss, Member, MemberId, Renewal, Report, View } from '../shared/view.ts'
import type { Reachability } from './reachability.ts'
import type { Registrar } from './registrar.ts'
import type { Watchers } from './watchers.ts'

export interface RegistryRoutesOptions {
  readonly registrar: Registrar
  readonly reachability: Pick<Reachability, 'suspects'>
  readonly watchers: Watchers
  readonly leaseMs: number
  /** Whether members have to show a secret. */
  readonly isGuarded: boolean
  readonly log: Log
}

/** It ends with the process: settings are read once. */
const UNGUARDED = {
  begins:
    'members show a secret and this uplink asks for none, so that anybody may say who is one: set CLUSTER_SECRET',
  ends: '',
}
/** Room for the views of some thousand members. */
const BODY_BYTES_MAX = 2 ** 20
const TAKING_A_BODY = ['TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'OVERLOADED', 'NOT_READY'] as const
const idParameter = {
  in: 'path',
  name: 'id',
  description: 'The id of the member.',
  schema: MemberId,
} as const

export function registryRoutes(options: RegistryRoutesOptions): Route[] {
  return [renewal(options), departure(options), report(options), loss(options), view(options)]
}

function renewal({ registrar, reachability, leaseMs, isGuarded, log }: RegistryRoutesOptions): Route {
  const unguarded = new Trouble(log, UNGUARDED)
  return {
    method: 'PUT',
    path: '/api/v1/members/{id}',
    summary: 'Registers a member, renews its lease, or marks it as leaving.',
    access: 'member',
    isForOthers: true,
    parameters: [idParameter],
    body: { 'application/json': Renewal },
    answers: { 200: { description: 'It is a member.', content: { 'application/json': Lease } } },
    errors: ['ID_TAKEN', 'VIEW_WANTED', 'NOT_UNDERSTOOD', 'NOT_REACHED', ...TAKING_A_BODY],
    async handle(request) {
      const id = memberId(request)
      if (!isGuarded && request.message.headers.authorization !== undefined) unguarded.begin({ member: id })
      const asked = fit(Renewal, await readJson(request, BODY_BYTES_MAX, parsingJson))
      for (const { url } of [asked, ...(asked.members ?? [])]) checkAddress(url, isGuarded)
      const known = await registrar.renew(id, asked)
      const { suspects } = reachability
      return json({ ...known, leaseMs, ...(suspects.length > 0 && { suspects }) })
    },
  }
}

/** Where nobody has to show who he is, members are on this machine alone. @throws LarderError BAD_REQUEST. */
function checkAddress(url: string, isGuarded: boolean): void {
  const { hostname, port } = new URL(url)
  if (isWildcard(hostname) || port === '0')
    throw new LarderError(
      'BAD_REQUEST',
      `url: ${url} is no address that others could call: set ADVERTISE_URL.`,
    )
  if (!isGuarded && !isLoopback(hostname))
    throw new LarderError(
      'BAD_REQUEST',
      `url: ${url} is on another machine: set CLUSTER_SECRET, there and here.`,
    )
}

function departure({ registrar }: RegistryRoutesOptions): Route {
  const { incarnation } = Member.shape
  return {
    method: 'DELETE',
    path: '/api/v1/members/{id}',
    summary: 'Takes this life of a member out of the view.',
    access: 'member',
    isForOthers: true,
    parameters: [
      idParameter,
      { in: 'query', name: 'incarnation', description: 'Which life.', schema: incarnation, required: true },
    ],
    answers: { 204: { description: 'It is no member, or was none.' } },
    errors: ['OVERLOADED', 'NOT_READY'],
    async handle(request) {
      const id = memberId(request)
      const query = fit(Report, Object.fromEntries(request.parameters))
      await registrar.leave(id, query.incarnation)
      return empty(204)
    },
  }
}

function report({ registrar }: RegistryRoutesOptions): Route {
  return {
    method: 'POST',
    path: '/api/v1/members/{id}/report',
    summary: 'Says that a member refuses connections; answered after uplink has looked itself.',
    access: 'member',
    isForOthers: true,
    parameters: [idParameter],
    body: { 'application/json': Report },
    answers: { 202: { description: 'Uplink has looked, and dropped the member if it is gone.' } },
    errors: TAKING_A_BODY,
    async handle(request) {
      const id = memberId(request)
      const { incarnation } = fit(Report, await readJson(request, BODY_BYTES_MAX, parsingJson))
      await registrar.report(id, incarnation)
      return empty(202)
    },
  }
}

function loss({ registrar }: RegistryRoutesOptions): Route {
  return {
    method: 'POST',
    path: '/api/v1/gone',
    summary: 'Says that the disk of a member will not come back, so that nobody waits for it.',
    access: 'member',
    body: { 'application/json': Loss },
    answers: { 202: { description: 'It is not waited for any more, until it comes back all the same.' } },
    errors: ['ID_TAKEN', ...TAKING_A_BODY],
    async handle(request) {
      const { member } = fit(Loss, await readJson(request, BODY_BYTES_MAX, parsingJson))
      await registrar.giveUp(member)
      return empty(202)
    },
  }
}

function view({ registrar, watchers }: RegistryRoutesOptions): Route {
  return {
    method: 'GET',
    path: '/api/v1/view',
    summary: 'Who is a member, as of which epoch.',
    access: 'public',
    needs: ['metrics'],
    parameters: [
      {
        in: 'query',
        name: 'after',
        description:
          'Waits for an epoch beyond this one, and answers with the view as it is after 25 seconds.',
        schema: z.int().min(0),
      },
    ],
    answers: { 200: { description: 'The newest view.', content: { 'application/json': View } } },
    errors: ['OVERLOADED', 'NOT_READY'],
    async handle(request) {
      const after = knownEpoch(request)
      if (after !== undefined && registrar.view.epoch <= after) {
        const end = new AbortController()
        request.onceOver(() => end.abort())
        await watchers.park(after, end)
      }
      return json(registrar.view)
    },
  }
}

function memberId({ captures }: HttpRequest): string {
  return fit(MemberId, decode(captures[0] ?? ''))
}

function knownEpoch({ parameters }: HttpRequest): number | undefined {
  const text = parameters.get('after')
  if (text === undefined) return undefined
  const epoch = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(epoch)) throw new LarderError('BAD_REQUEST', 'after: an epoch, like 7.')
  return epoch
}
