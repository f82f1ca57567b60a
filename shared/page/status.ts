/** The cluster as the page shows it: what the one process that is asked sees, and what the members tell of themselves. */
import { z } from 'zod'
import { Member, MemberId, MemberStatus } from '../view.ts'

const Seconds = z.number()

const ShownMember = Member.extend({
  /** Since uplink has heard of it; nothing where a node tells. */
  quiet_seconds: Seconds.optional(),
  /** It was found to be gone, and no uplink has said so yet. */
  absent: z.literal(true).optional(),
  /** What it tells of itself; nothing where it does not answer. */
  status: MemberStatus.optional(),
})

export const ClusterStatus = z
  .object({
    /** By the clock of whoever tells this. */
    at: z.iso.datetime(),
    /** Who tells it: the id of a member, or uplink. */
    by: z.string(),
    epoch: z.int(),
    copies: z.int(),
    /** After how long a member is gone that says nothing. */
    lease_seconds: Seconds.optional(),
    members: z.array(ShownMember),
    /** Those that want to be members, and that others do not reach. */
    kept_out: z.array(
      z.object({
        id: MemberId,
        url: z.string(),
        reason: z.string(),
        since_seconds: Seconds,
        again_in_seconds: Seconds,
      }),
    ),
    /** Members that held slots when all were stopped, and are neither back nor given up. */
    waiting_for: z.array(MemberId),
    /** Why the registry cannot change, if so. */
    trouble: z.string().optional(),
    /** The newest first. */
    events: z.array(
      z.object({ at: z.iso.datetime(), epoch: z.int(), id: z.string().optional(), what: z.string() }),
    ),
  })
  .meta({
    id: 'ClusterStatus',
    examples: [
      {
        at: '2026-11-27T12:00:00.000Z',
        by: '127.0.0.1:4000',
        epoch: 4,
        copies: 2,
        members: [{ id: '127.0.0.1:4000', url: 'http://127.0.0.1:4000', incarnation: 'a' }],
        kept_out: [],
        waiting_for: [],
        events: [{ at: '2026-11-27T11:59:00.000Z', epoch: 4, id: '127.0.0.1:4000', what: 'joined' }],
      },
    ],
  })
export type ClusterStatus = z.infer<typeof ClusterStatus>
