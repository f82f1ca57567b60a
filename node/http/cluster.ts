/** What members tell each other, and what they tell of the cluster. */
import { z } from 'zod'
import { LarderError } from '../../shared/errors.ts'
import { readBody } from '../../shared/input.ts'
import { json } from '../../shared/response.ts'
import type { Route } from '../../shared/route.ts'
import { Member } from '../../shared/view.ts'
import { CHANNEL_PATH, CHANNEL_PROTOCOL } from '../cluster/channel.ts'
import { FRAME_TYPE } from '../cluster/frame.ts'
import type { Holdings } from '../cluster/holdings.ts'
import type { Inbox } from '../cluster/inbox.ts'
import { type FrameRow, Listening } from '../cluster/listening.ts'
import type { Membership } from '../cluster/membership.ts'
import type { SlotInbox } from '../cluster/slot-inbox.ts'
import { decodeSlotRequest, encodeSlotResponse, SLOTS_PATH } from '../cluster/slot-wire.ts'
import { decodeRequest, EXECUTE_PATH, encodeResponse } from '../cluster/wire.ts'

/** What a batch may weigh over the largest value that it can hold: a full batch of others, and their heads. */
const FRAME_SLACK_BYTES = 16 * 2 ** 20

const ClusterView = z.object({
  id: z.string(),
  pid: z.int().meta({ description: 'Which process of its machine this member is.' }),
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
  const rows: FrameRow[] = [
    {
      path: EXECUTE_PATH,
      summary: 'Carry out the commands of another member. Not for clients.',
      answer: async (bytes) => encodeResponse(await inbox.execute(decoded(decodeRequest, bytes))),
    },
    {
      path: SLOTS_PATH,
      summary: 'Take part in keeping copies of slots, and in moving them. Not for clients.',
      isProbe: true,
      answer: async (bytes) => encodeSlotResponse(await slotInbox.receive(decoded(decodeSlotRequest, bytes))),
    },
  ]
  return [
    ...rows.map((row) => frameRoute(row, bytesMax)),
    channelRoute(rows, bytesMax),
    {
      method: 'GET',
      path: '/api/v1/cluster',
      summary: 'The cluster as this member sees it.',
      access: 'public',
      answers: { 200: { description: 'The view.', content: { 'application/json': ClusterView } } },
      handle() {
        const { epoch = 0, view } = membership.placed ?? {}
        const members = view?.members ?? []
        return json({ id: self.id, pid: process.pid, epoch, members, slots: holdings.counts })
      },
    },
  ]
}

function frameRoute({ path, summary, isProbe, answer }: FrameRow, bytesMax: number): Route {
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

function channelRoute(rows: readonly FrameRow[], bytesMax: number): Route {
  return {
    method: 'GET',
    path: CHANNEL_PATH,
    summary: 'A connection for frames without HTTP around each. Not for clients.',
    access: 'member',
    isHot: true,
    isProbe: true,
    upgrade: {
      protocol: CHANNEL_PROTOCOL,
      take: (socket, told) => new Listening(socket, { rows, bytesMax, told }),
    },
    answers: { 101: { description: 'Messages from now on.' } },
    handle() {
      throw new LarderError('BAD_REQUEST', `Ask for it with upgrade: ${CHANNEL_PROTOCOL}.`)
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
