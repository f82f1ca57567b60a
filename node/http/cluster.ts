/** What members tell each other, and what they tell of the cluster. */
import { z } from 'zod'
import { LarderError } from '../../shared/errors.ts'
import { readBody } from '../../shared/input.ts'
import { json } from '../../shared/response.ts'
import type { Route } from '../../shared/route.ts'
import { Member } from '../../shared/view.ts'
import { FRAME_TYPE } from '../cluster/frame.ts'
import type { Holdings } from '../cluster/holdings.ts'
import type { Inbox } from '../cluster/inbox.ts'
import type { Membership } from '../cluster/membership.ts'
import type { SlotInbox } from '../cluster/slot-inbox.ts'
import { decodeSlotRequest, encodeSlotResponse, SLOTS_PATH } from '../cluster/slot-wire.ts'
import { decodeRequest, EXECUTE_PATH, encodeResponse } from '../cluster/wire.ts'

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
  readonly slotInbox: SlotInbox
  readonly membership: Membership
  readonly holdings: Holdings
  readonly bodyBytesMax: number
}

export function clusterRoutes(options: ClusterRoutesOptions): Route[] {
  const { self, inbox, slotInbox, membership, holdings, bodyBytesMax } = options
  const bytesMax = bodyBytesMax + FRAME_SLACK_BYTES
  return [
    frameRoute({
      path: EXECUTE_PATH,
      summary: 'Carry out the commands of another member. Not for clients.',
      bytesMax,
      answer: async (bytes) => encodeResponse(await inbox.execute(decoded(decodeRequest, bytes))),
    }),
    frameRoute({
      path: SLOTS_PATH,
      summary: 'Take part in keeping copies of slots, and in moving them. Not for clients.',
      isProbe: true,
      bytesMax,
      answer: async (bytes) => encodeSlotResponse(await slotInbox.receive(decoded(decodeSlotRequest, bytes))),
    }),
    {
      method: 'GET',
      path: '/api/v1/cluster',
      summary: 'The cluster as this member sees it.',
      access: 'public',
      answers: { 200: { description: 'The view.', content: { 'application/json': ClusterView } } },
      handle() {
        const { epoch = 0, view } = membership.placed ?? {}
        return json({ id: self.id, epoch, members: view?.members ?? [], slots: holdings.counts })
      },
    },
  ]
}

interface FrameRoute {
  readonly path: string
  readonly summary: string
  /** Members ask it all the time: it keeps nobody from leaving. */
  readonly isProbe?: true
  readonly bytesMax: number
  answer(frame: Buffer): Promise<Buffer>
}

function frameRoute({ path, summary, isProbe, bytesMax, answer }: FrameRoute): Route {
  return {
    method: 'POST',
    path,
    summary,
    access: 'member',
    isHot: true,
    ...(isProbe && { isProbe }),
    body: { [FRAME_TYPE]: undefined },
    answers: { 200: { description: 'What came of it.', content: { [FRAME_TYPE]: undefined } } },
    errors: ['TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
    async handle(request) {
      if (request.header('content-type') !== FRAME_TYPE) {
        throw new LarderError('UNSUPPORTED_MEDIA_TYPE', `Members speak ${FRAME_TYPE} here.`)
      }
      const body = await answer(await readBody(request.message, bytesMax))
      return { status: 200, headers: { 'content-type': FRAME_TYPE }, body }
    },
  }
}

function decoded<T>(decode: (bytes: Buffer) => T, bytes: Buffer): T {
  try {
    return decode(bytes)
  } catch (cause) {
    throw new LarderError('BAD_REQUEST', 'The body is not a frame that members speak.', { cause })
  }
}
