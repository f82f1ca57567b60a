/** What members, and whoever wants to know the view, ask of an uplink. */
import { z } from 'zod'
import { LarderError } from '../shared/errors.ts'
import { fit, readJson, readQuery } from '../shared/input.ts'
import type { Context, Route } from '../shared/route.ts'
import { Lease, Member, MemberId, Renewal, Report, View } from '../shared/view.ts'
import type { Registrar } from './registrar.ts'
import type { Watchers } from './watchers.ts'

export interface RegistryRoutesOptions {
  readonly registrar: Registrar
  readonly watchers: Watchers
  readonly leaseMs: number
}

/** Room for the views of some thousand members. */
const BODY_BYTES_MAX = 2 ** 20
const idParameter = {
  in: 'path',
  name: 'id',
  description: 'The id of the member.',
  schema: MemberId,
} as const

export function registryRoutes(options: RegistryRoutesOptions): Route[] {
  return [renewal(options), departure(options), report(options), view(options)]
}

function renewal({ registrar, leaseMs }: RegistryRoutesOptions): Route {
  return {
    method: 'PUT',
    path: '/api/v1/members/{id}',
    summary: 'Registers a member, renews its lease, or marks it as leaving.',
    access: 'member',
    parameters: [idParameter],
    body: { 'application/json': Renewal },
    answers: { 200: { description: 'It is a member.', content: { 'application/json': Lease } } },
    errors: ['ID_TAKEN', 'VIEW_WANTED', 'TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'OVERLOADED', 'NOT_READY'],
    async handle(context) {
      const id = memberId(context)
      const asked = fit(Renewal, await readJson(context.req, BODY_BYTES_MAX))
      context.body = { epoch: await registrar.renew(id, asked), leaseMs }
    },
  }
}

function departure({ registrar }: RegistryRoutesOptions): Route {
  const { incarnation } = Member.shape
  return {
    method: 'DELETE',
    path: '/api/v1/members/{id}',
    summary: 'Takes this life of a member out of the view.',
    access: 'member',
    parameters: [
      idParameter,
      { in: 'query', name: 'incarnation', description: 'Which life.', schema: incarnation, required: true },
    ],
    answers: { 204: { description: 'It is no member, or was none.' } },
    errors: ['OVERLOADED', 'NOT_READY'],
    async handle(context) {
      const id = memberId(context)
      const query = fit(Report, Object.fromEntries(readQuery(context.querystring)))
      await registrar.leave(id, query.incarnation)
      context.status = 204
    },
  }
}

function report({ registrar }: RegistryRoutesOptions): Route {
  return {
    method: 'POST',
    path: '/api/v1/members/{id}/report',
    summary: 'Says that a member refuses connections; answered after uplink has looked itself.',
    access: 'member',
    parameters: [idParameter],
    body: { 'application/json': Report },
    answers: { 202: { description: 'Uplink has looked, and dropped the member if it is gone.' } },
    errors: ['TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'OVERLOADED', 'NOT_READY'],
    async handle(context) {
      const id = memberId(context)
      const { incarnation } = fit(Report, await readJson(context.req, BODY_BYTES_MAX))
      await registrar.report(id, incarnation)
      context.body = null
      context.status = 202
    },
  }
}

function view({ registrar, watchers }: RegistryRoutesOptions): Route {
  return {
    method: 'GET',
    path: '/api/v1/view',
    summary: 'Who is a member, as of which epoch.',
    access: 'open',
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
    async handle(context) {
      const after = knownEpoch(context)
      if (after !== undefined && registrar.view.epoch <= after) {
        const end = new AbortController()
        context.res.once('close', () => end.abort())
        await watchers.park(after, end)
      }
      context.body = registrar.view
    },
  }
}

/** The router has decoded it; what is still percent-encoded then is no id. */
function memberId(context: Context): string {
  return fit(MemberId, context.params['id'])
}

function knownEpoch(context: Context): number | undefined {
  const text = readQuery(context.querystring).get('after')
  if (text === undefined) return undefined
  const epoch = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(epoch)) throw new LarderError('BAD_REQUEST', 'after: an epoch, like 7.')
  return epoch
}
