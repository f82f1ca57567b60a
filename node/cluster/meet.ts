/** Where members meet: the first call that one makes to another, in which both say who they are and what they speak. */
import { fit, readJson } from '../../shared/http/input.ts'
import { json } from '../../shared/http/response.ts'
import type { Route } from '../../shared/http/route.ts'
import { parsingJson } from '../../shared/json.ts'
import type { Peers } from './peers/peers.ts'
import { Introduction, MEET_PATH, MEET_TYPE } from './wire/calls.ts'

const BODY_BYTES_MAX = 16 * 1024

export function meetRoute(peers: Pick<Peers, 'metBy'>): Route {
  return {
    method: 'POST',
    path: MEET_PATH,
    summary: 'Agree on a format with another member. Not for clients.',
    access: 'member',
    isProbe: true,
    body: { [MEET_TYPE]: Introduction },
    answers: { 200: { description: 'Who this member is.', content: { [MEET_TYPE]: Introduction } } },
    errors: ['TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
    async handle(request) {
      return json(peers.metBy(fit(Introduction, await readJson(request, BODY_BYTES_MAX, parsingJson))))
    },
  }
}
