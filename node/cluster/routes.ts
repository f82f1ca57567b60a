/** What members tell each other, and what they tell of the cluster. */
import { z } from 'zod'
import { LarderError } from '../../shared/errors.ts'
import { readBody } from '../../shared/http/input.ts'
import { json } from '../../shared/http/response.ts'
import type { Route } from '../../shared/http/route.ts'
import { Member, type MemberStatus } from '../../shared/view.ts'
import type { Inbox } from './inbox.ts'
import type { Members } from './members/members.ts'
import { CHANNEL_PATH, CHANNEL_PROTOCOL } from './peers/channel.ts'
import { ChannelServer, type FrameRow } from './peers/channel-server.ts'
import { reachRoutes } from './reach.ts'
import type { Slots } from './slots/slots.ts'
import { decodeRequest, EXECUTE_PATH, encodeResponse } from './wire/execute.ts'
import { FRAME_TYPE } from './wire/frame.ts'
import { decodeSlotRequest, encodeSlotResponse, SLOTS_PATH } from './wire/slots.ts'

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
  readonly members: Members
  readonly slots: Slots
  readonly memory: { readonly counts: MemberStatus['entries'] & { readonly bytes: number } }
  readonly bodyBytesMax: number
  /** How many requests it has answered. */
  requests(): number
}

export function clusterRoutes(options: ClusterRoutesOptions): Route[] {
  const { self, inbox, members, slots, bodyBytesMax } = options
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
      answer: async (bytes) => encodeSlotResponse(await slots.receive(decoded(decodeSlotRequest, bytes))),
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
        const { epoch = 0, view } = members.placed ?? {}
        return json({ id: self.id, epoch, members: view?.members ?? [], slots: slots.holdings.counts })
      },
    },
    ...reachRoutes({
      members: () => members.placed?.view.members ?? [],
      status: () => statusOf(options),
    }),
  ]
}

/** What uplink shows of it. */
function statusOf({ self, members, slots, memory, requests }: ClusterRoutesOptions): MemberStatus {
  const { values, responses, counters, contents, records, tombstones, bytes } = memory.counts
  return {
    id: self.id,
    epoch: members.placed?.epoch ?? 0,
    slots: slots.holdings.counts,
    entries: { values, responses, counters, contents, records, tombstones },
    bytes,
    requests: requests(),
  }
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
      take: (socket, told) => new ChannelServer(socket, { rows, bytesMax, told }),
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
