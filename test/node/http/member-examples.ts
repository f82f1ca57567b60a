/** What members ask of each other, with every status that the page at /openapi.json has for it. */
import { encodeRequest } from '../../../node/cluster/wire/execute.ts'
import { encodeFeedRequest } from '../../../node/cluster/wire/feed.ts'
import { CURRENT } from '../../../node/cluster/wire/format.ts'
import { encodePart } from '../../../node/cluster/wire/parts.ts'
import { encodeSlotRequest } from '../../../node/cluster/wire/slots.ts'
import { LIFE_HEADER } from '../../../shared/view.ts'
import { type CallOptions, JSON_TYPE } from './call.ts'

export type Example = readonly [operation: string, status: number, query: string, options?: CallOptions]

export const json = (value: unknown): CallOptions => ({ headers: JSON_TYPE, body: JSON.stringify(value) })
export const text = (body: string): CallOptions => ({ headers: { 'content-type': 'text/plain' }, body })
/** What nobody sends unasked. */
export const csv = (body: string): CallOptions => ({ headers: { 'content-type': 'text/csv' }, body })
export const large = new Uint8Array(9_000_000)
const huge = new Uint8Array(26_000_000)
const frame = (body: Uint8Array | string): CallOptions => ({
  headers: { 'content-type': 'application/vnd.larder.frame' },
  body: typeof body === 'string' ? body : new Uint8Array(body),
})

/** The same, meant for a life of this member that is over. */
const late = ({ headers, ...rest }: CallOptions): CallOptions => ({
  ...rest,
  headers: { ...headers, [LIFE_HEADER]: 'over' },
})

const now = { nowMs: 0, wallMs: 0 }
const said = { format: CURRENT, epoch: 1, time: 1 }
const OFFER = encodeSlotRequest({ ...said, from: 'a', message: { type: 'offer', slots: [] } }, now)
const WHERE = { type: 'changes', interests: [], holdMs: 0 } as const
const FEED = encodeFeedRequest({ ...said, from: 'a', question: WHERE }, now)
const PART = encodePart(
  {
    type: 'question',
    from: 'a',
    transfer: '1',
    path: '/cluster/slots',
    total: 2,
    offset: 0,
    bytes: Buffer.of(0),
  },
  now,
)

export const MEMBER_EXAMPLES: readonly Example[] = [
  ['POST /cluster/execute', 200, '', frame(encodeRequest({ ...said, commands: [] }, now))],
  ['POST /cluster/execute', 400, '', frame('')],
  ['POST /cluster/execute', 409, '', frame('x')],
  ['POST /cluster/execute', 413, '', frame(huge)],
  ['POST /cluster/execute', 421, '', late(frame('x'))],
  ['POST /cluster/execute', 415, '', csv('x')],
  ['POST /cluster/slots', 200, '', frame(OFFER)],
  ['POST /cluster/slots', 400, '', frame('')],
  ['POST /cluster/slots', 409, '', frame('x')],
  ['POST /cluster/slots', 413, '', frame(huge)],
  ['POST /cluster/slots', 421, '', late(frame('x'))],
  ['POST /cluster/slots', 415, '', csv('x')],
  ['POST /cluster/feed', 200, '', frame(FEED)],
  ['POST /cluster/feed', 400, '', frame('')],
  ['POST /cluster/feed', 409, '', frame('x')],
  ['POST /cluster/feed', 413, '', frame(huge)],
  ['POST /cluster/feed', 421, '', late(frame('x'))],
  ['POST /cluster/feed', 415, '', csv('x')],
  ['POST /cluster/parts', 200, '', frame(PART)],
  ['POST /cluster/parts', 400, '', frame('')],
  ['POST /cluster/parts', 409, '', frame('x')],
  ['POST /cluster/parts', 413, '', frame(huge)],
  ['POST /cluster/parts', 421, '', late(frame('x'))],
  ['POST /cluster/parts', 415, '', csv('x')],
  [
    'POST /cluster/meet',
    200,
    '',
    json({ id: 'b', incarnation: 'b-1', version: '9.0.0', formats: [CURRENT] }),
  ],
  ['POST /cluster/meet', 400, '', json({})],
  ['POST /cluster/meet', 413, '', { headers: JSON_TYPE, body: large }],
  ['POST /cluster/meet', 415, '', csv('x')],
  ['POST /cluster/reach', 400, '', json({})],
  ['POST /cluster/reach', 413, '', { headers: JSON_TYPE, body: large }],
  ['POST /cluster/reach', 415, '', csv('x')],
  ['POST /cluster/reach', 421, '', late(json({}))],
  ['GET /cluster/channel', 400, ''],
  ['GET /cluster/status', 200, ''],
  ['GET /cluster/status', 421, '', late({})],
]
