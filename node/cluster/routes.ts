/** What members tell each other, and what they tell of the cluster. */
import { z } from 'zod'
import { LarderError } from '../../shared/errors.ts'
import { readBody } from '../../shared/http/body.ts'
import { json } from '../../shared/http/response.ts'
import type { Route } from '../../shared/http/route.ts'
import { MEMBER_HEADER, Member, PeerRecord } from '../../shared/view.ts'
import type { FeedAnswer, FeedQuestion } from '../../shared/watching.ts'
import { holdersRoute } from './holders.ts'
import type { Inbox } from './inbox.ts'
import { meetRoute } from './meet.ts'
import { channelRoute, type FrameRow, recordsOf, refuseOthers } from './peers/peers.ts'
import { reachRoutes } from './reach.ts'
import { type StatusOptions, statusOf } from './status.ts'
import { CALLS, FRAME_TYPE, formatOf, ImpossibleError, type Now, nowBy } from './wire/calls.ts'

/**
 * What a frame of the former version may weigh over the largest value that it can hold: a full batch of others, and their
 * heads. Those of this version are smaller (`FRAME_BYTES_MAX`), whatever the largest value is.
 */
const FRAME_SLACK_BYTES = 16 * 2 ** 20

const ClusterView = z
  .object({
    id: z.string(),
    epoch: z.int(),
    members: z.array(Member),
    slots: z.object({ owned: z.int(), replicated: z.int(), arriving: z.int() }),
    peers: z.array(PeerRecord),
  })
  .meta({ id: 'ClusterView' })

export interface ClusterRoutesOptions extends StatusOptions {
  readonly inbox: Inbox
  readonly source: { answer(question: FeedQuestion, from: string): Promise<FeedAnswer> }
  readonly bodyBytesMax: number
  readonly showing: { readonly route: Route }
}

export function clusterRoutes(options: ClusterRoutesOptions): Route[] {
  const { self, members, peers, slots, bodyBytesMax } = options
  const bytesMax = bodyBytesMax + FRAME_SLACK_BYTES
  const rows = peers.transfers.rows(frameRows(options))
  peers.answering = { rows, questionBytesMax: bytesMax }
  return [
    ...rows.map((row) => frameRoute(row, { bytesMax, self })),
    channelRoute({ ...peers.answering, self, clock: options.clock, taken: peers.channels }),
    meetRoute(peers),
    {
      method: 'GET',
      path: '/api/v1/cluster',
      operationId: 'getCluster',
      summary: 'The cluster as this member sees it.',
      access: 'public',
      needs: ['read', 'metrics'],
      answers: { 200: { description: 'The view.', content: { 'application/json': ClusterView } } },
      handle() {
        const { epoch = 0, view } = members.placed ?? {}
        return json({
          id: self.id,
          epoch,
          members: view?.members ?? [],
          slots: slots.holdings.counts,
          peers: recordsOf(peers, options.clock),
        })
      },
    },
    options.showing.route,
    holdersRoute(members),
    ...reachRoutes({
      self,
      agentOf: options.agentOf,
      members: () => members.placed?.view.members ?? [],
      status: () => statusOf(options),
    }),
  ]
}

function frameRows({ clock, inbox, slots, peers, source, members }: ClusterRoutesOptions): FrameRow[] {
  const { execute } = CALLS
  /** @throws LarderError NOT_UNDERSTOOD, IMPOSSIBLE, or BAD_REQUEST for what is of a format spoken here and broken. */
  const understood = <T>(
    decode: (bytes: Buffer, now: Now) => T,
    bytes: Buffer,
    from: string | undefined,
  ): T => {
    const format = formatOf(bytes)
    if (format !== undefined) peers.heard(format, from)
    try {
      return decode(bytes, nowBy(clock))
    } catch (cause) {
      if (cause instanceof ImpossibleError) throw peers.disbelieved(cause, from)
      throw new LarderError('BAD_REQUEST', 'The body is not a frame that members speak.', { cause })
    }
  }
  return [
    {
      path: execute.path,
      summary: 'Carry out the commands of another member. Not for clients.',
      answer: async (bytes, from) =>
        execute.encodeResponse(
          await inbox.execute(understood(execute.decodeRequest, bytes, from)),
          nowBy(clock),
        ),
    },
    {
      path: CALLS.slots.path,
      summary: 'Take part in keeping copies of slots, and in moving them. Not for clients.',
      isProbe: true,
      answer: async (bytes, from) =>
        CALLS.slots.encodeResponse(
          await slots.receive(understood(CALLS.slots.decodeRequest, bytes, from)),
          nowBy(clock),
        ),
    },
    {
      path: CALLS.feed.path,
      summary: 'Tell another member of changes, for those who watch there. Not for clients.',
      isProbe: true,
      async answer(bytes, from) {
        const { question, from: life, ...said } = understood(CALLS.feed.decodeRequest, bytes, from)
        await members.catchUp.to(said)
        const answer = await source.answer(question, life)
        return CALLS.feed.encodeResponse({ ...members.catchUp.preambleFor(said), answer }, nowBy(clock))
      },
    },
  ]
}

function frameRoute(
  { path, summary, isProbe, answer }: FrameRow,
  { bytesMax, self }: { bytesMax: number; self: Member },
): Route {
  return {
    method: 'POST',
    path,
    summary,
    access: 'member',
    isForOthers: true,
    isHot: true,
    ...(isProbe && { isProbe }),
    body: { [FRAME_TYPE]: undefined },
    answers: { 200: { description: 'What came of it.', content: { [FRAME_TYPE]: undefined } } },
    errors: ['ANOTHER_LIFE', 'NOT_UNDERSTOOD', 'IMPOSSIBLE', 'TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
    async handle(request) {
      refuseOthers(self, request.message.headers)
      if (request.header('content-type') !== FRAME_TYPE) {
        throw new LarderError('UNSUPPORTED_MEDIA_TYPE', `Members speak ${FRAME_TYPE} here.`)
      }
      const body = await answer(await readBody(request, bytesMax), request.header(MEMBER_HEADER))
      return { status: 200, headers: { 'content-type': FRAME_TYPE }, body }
    },
  }
}
