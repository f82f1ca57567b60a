/** What is going on in the whole cluster, as Arina tells it. */
import { z } from 'zod'
import { json } from '../../shared/http/response.ts'
import type { Route } from '../../shared/http/route.ts'
import type { Dispatch } from '../dispatch.ts'
import { limitParameter, parseLimit } from './pages.ts'

const CONTENTS_LISTED = { fallback: 20, max: 1000 } as const

/** Users by reaction. */
export const Counts = z.record(z.string(), z.int())
const Activity = z
  .object({
    activity: z.array(z.object({ content_id: z.string(), users: z.int(), reaction_count: Counts })),
  })
  .meta({
    id: 'Activity',
    examples: [{ activity: [{ content_id: 'Stew', users: 3, reaction_count: { fire: 3 } }] }],
  })

export function activityRoute(dispatch: Dispatch): Route {
  return {
    method: 'GET',
    path: '/api/v1/activity',
    operationId: 'getActivity',
    summary: 'What is going on in the whole cluster: the contents with the most engaged users first.',
    access: 'public',
    parameters: [limitParameter(CONTENTS_LISTED)],
    answers: {
      200: {
        description: 'Contents with anybody engaged.',
        content: { 'application/json': Activity },
      },
    },
    errors: ['UNREACHABLE'],
    async handle(request) {
      const limit = parseLimit(request.parameters.get('limit'), CONTENTS_LISTED)
      const reply = await dispatch(request, { type: 'activity', limit })
      const contents = reply.type === 'activity' ? reply.contents : []
      return json({
        activity: contents.map(({ content, users, counts }) => ({
          content_id: content,
          users,
          reaction_count: counts,
        })),
      })
    },
  }
}
