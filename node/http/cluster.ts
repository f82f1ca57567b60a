/** What members tell each other, and what they tell of the cluster. */
import { z } from 'zod'
import { LarderError } from '../../shared/errors.ts'
import { readBody } from '../../shared/input.ts'
import type { Route } from '../../shared/route.ts'
import { Member } from '../../shared/view.ts'
import type { Inbox } from '../cluster/inbox.ts'
import type { PlacedView } from '../cluster/placed-view.ts'
import {
  decodeRequest,
  EXECUTE_PATH,
  type ExecuteRequest,
  encodeResponse,
  FRAME_TYPE,
} from '../cluster/wire.ts'

/** What a batch may weigh over the largest value that it can hold: a full batch of others, and their heads. */
const FRAME_SLACK_BYTES = 16 * 2 ** 20

const ClusterView = z.object({
  id: z.string(),
  epoch: z.int(),
  members: z.array(Member),
  slots: z.object({ owned: z.int(), replicated: z.int(), arriving: z.int() }),
})

export interface ClusterRoutesOptions {
  readonly self: Member
  readonly inbox: Inbox
  readonly bodyBytesMax: number
  placed(): PlacedView | undefined
}

export function clusterRoutes({ self, inbox, bodyBytesMax, placed }: ClusterRoutesOptions): Route[] {
  return [
    {
      method: 'POST',
      path: EXECUTE_PATH,
      summary: 'Carry out the commands of another member. Not for clients.',
      access: 'member',
      body: { [FRAME_TYPE]: undefined },
      answers: { 200: { description: 'One result a command.', content: { [FRAME_TYPE]: undefined } } },
      errors: ['TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
      async handle(context) {
        if (context.get('content-type') !== FRAME_TYPE) {
          throw new LarderError('UNSUPPORTED_MEDIA_TYPE', `Members speak ${FRAME_TYPE} here.`)
        }
        const request = asRequest(await readBody(context.req, bodyBytesMax + FRAME_SLACK_BYTES))
        context.set('content-type', FRAME_TYPE)
        context.body = encodeResponse(await inbox.execute(request))
      },
    },
    {
      method: 'GET',
      path: '/api/v1/cluster',
      summary: 'The cluster as this member sees it.',
      access: 'public',
      answers: { 200: { description: 'The view.', content: { 'application/json': ClusterView } } },
      handle(context) {
        const { epoch = 0, view } = placed() ?? {}
        const owned = placed()?.slotsOwnedBy(self) ?? 0
        const slots = { owned, replicated: 0, arriving: 0 }
        context.body = { id: self.id, epoch, members: view?.members ?? [], slots }
      },
    },
  ]
}

function asRequest(bytes: Buffer): ExecuteRequest {
  try {
    return decodeRequest(bytes)
  } catch (cause) {
    throw new LarderError('BAD_REQUEST', 'The body is not a frame of commands.', { cause })
  }
}
