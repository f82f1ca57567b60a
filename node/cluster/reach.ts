/**
 * What uplink asks of a member besides its lease: to look at another member that uplink itself does not reach, and to
 * tell what it holds and does.
 */
import { LarderError } from '../../shared/errors.ts'
import { fit, readJson } from '../../shared/http/input.ts'
import { json } from '../../shared/http/response.ts'
import type { Route } from '../../shared/http/route.ts'
import { parsingJson } from '../../shared/json.ts'
import { probe, REACH_PATH, Reached, ReachRequest, STATUS_PATH } from '../../shared/probe.ts'
import type { AgentOf } from '../../shared/tls.ts'
import { type Member, MemberStatus } from '../../shared/view.ts'
import { type Addressee, refuseOthers } from './peers/peers.ts'

export interface ReachRoutesOptions {
  readonly self: Addressee
  readonly agentOf?: AgentOf | undefined
  /** Those of the view in force. */
  members(): readonly Member[]
  status(): Promise<MemberStatus>
}

/** Uplink does not wait longer for the answer. */
const PROBE_MAX_MS = 500
const BODY_BYTES_MAX = 16 * 1024

export function reachRoutes({ self, agentOf, members, status }: ReachRoutesOptions): Route[] {
  return [
    {
      method: 'POST',
      path: REACH_PATH,
      summary: 'Look at another member. Not for clients.',
      access: 'member',
      isProbe: true,
      body: { 'application/json': ReachRequest },
      answers: { 200: { description: 'What was found.', content: { 'application/json': Reached } } },
      errors: ['ANOTHER_LIFE', 'TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
      async handle(request) {
        refuseOthers(self, request.message.headers)
        const asked = fit(ReachRequest, await readJson(request, BODY_BYTES_MAX, parsingJson))
        const { withinMs = PROBE_MAX_MS } = asked
        const other = asked.joins ? asked : known(asked, members())
        const signal = AbortSignal.timeout(Math.ceil(Math.min(withinMs, PROBE_MAX_MS)))
        const outcome = await probe(other, { signal, agentOf, by: self.id })
        return json({ outcome })
      },
    },
    {
      method: 'GET',
      path: STATUS_PATH,
      summary: 'What this member holds and does. Not for clients.',
      access: 'member',
      isProbe: true,
      answers: {
        200: { description: 'Its counts, as they are now.', content: { 'application/json': MemberStatus } },
      },
      errors: ['ANOTHER_LIFE'],
      async handle({ message }) {
        refuseOthers(self, message.headers)
        return json(await status())
      },
    },
  ]
}

/**
 * The address is the view's, whatever was sent: nobody is to make a member call places of their choice. Of one that is no
 * member yet no view has it; whoever has the secret gets to know of four words which one fits.
 */
function known({ id, incarnation }: ReachRequest, members: readonly Member[]): Member {
  const member = members.find((other) => other.id === id && other.incarnation === incarnation)
  if (member === undefined) throw new LarderError('BAD_REQUEST', `${id} is no member of the view in force.`)
  return member
}
