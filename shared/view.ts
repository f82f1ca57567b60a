/**
 * What uplink and the members tell each other: who is a member, as of which epoch.
 *
 * A view is replaced, never changed. Its members are sorted by id, so that equal views have equal text.
 */
import { z } from 'zod'
import { Measures } from './measures.ts'

/** Stable name of a member: it becomes part of URLs, logs, metrics and file names. */
export const MemberId = z.string().regex(/^[\w[][\w.:[\]-]{0,127}$/, 'letters, digits and . : _ - [ ] only')

const Epoch = z.int().min(0)
/** What a member may claim to have seen: the epochs after it must still be exact in every reader of JSON. */
export const EPOCH_MAX = 2 ** 51
const ClaimedEpoch = Epoch.max(EPOCH_MAX)

export const Member = z.object({
  id: MemberId,
  url: z.url({ protocol: /^https?$/ }),
  /** Names one life of the process; a restart makes another, whatever the id. */
  incarnation: z.string().min(1).max(64),
  /** The epoch in which it joined; uplink's note, for a member to see that it was away. */
  since: Epoch.optional(),
  /** It hands over what it holds, and holds no slot in this view. */
  leaving: z.literal(true).optional(),
  /** In which formats it can speak with other members; who tells none speaks the first that had a number. */
  formats: z.array(z.int()).max(16).optional(),
  /** Of its release, for people. */
  version: z.string().max(64).optional(),
})
export type Member = z.infer<typeof Member>

const Copies = z.int().min(1)

/** How many members what is told of a cluster may name. */
const MEMBERS_MAX = 10_000

/** In what a member asks of others: its id, for their logs. */
export const MEMBER_HEADER = 'larder-member'
/** In the same: which life of it asks. */
export const SENDER_LIFE_HEADER = 'larder-member-life'
/** In what is asked of a member: which life of it is meant. An address is none: another one may answer there by now. */
export const LIFE_HEADER = 'larder-life'

/** A view by which slots were held, as it is remembered when all of its members have been stopped. */
export const LastView = z.object({
  epoch: ClaimedEpoch.min(1),
  copies: Copies,
  /** Their ids; those that were leaving too, as they may not have handed over everything. */
  members: z.array(MemberId).min(1).max(MEMBERS_MAX),
})
export type LastView = z.infer<typeof LastView>

/** Of whom it was said that they will not come back with what they held. */
export const Gone = z.array(MemberId).max(MEMBERS_MAX)

export const View = z.object({
  epoch: Epoch,
  /** How many members hold each slot, while there are that many. */
  copies: Copies,
  members: z.array(Member),
  /** Who held the slots before all were stopped, while some of them are neither back nor gone. */
  last: LastView.optional(),
  gone: Gone.optional(),
  /**
   * In this epoch disks told of a run of which the members of then knew nothing: they had founded a cluster of their own. What
   * those disks have is not measured by theirs.
   */
  forked: Epoch.optional(),
})
export type View = z.infer<typeof View>

/** Whom a member does not reach, and what comes instead of answers. */
export const Unreached = z.object({ incarnation: Member.shape.incarnation, reason: z.string().max(300) })
export type Unreached = z.infer<typeof Unreached>

/** What of all those a member tells of; beyond it the reason is its own. */
export const UNREACHED_MAX = 50

/** A member asks uplink to register it, or to renew its lease: the same call. */
export const Renewal = z.object({
  url: Member.shape.url,
  incarnation: Member.shape.incarnation,
  leaving: Member.shape.leaving,
  formats: Member.shape.formats,
  version: Member.shape.version,
  /** The newest epoch that the member has seen. */
  epoch: ClaimedEpoch,
  /** The members of that epoch: sent when uplink answered VIEW_WANTED because it has forgotten them. */
  members: z.array(Member).optional(),
  /** The latest view by which the member had all that it was to hold, as its disk knows it. */
  last: LastView.optional(),
  /** Whom it has not reached for a while. */
  unreached: z.array(Unreached).max(UNREACHED_MAX).optional(),
  /** It has not all of the slots that it is to hold. */
  lacking: z.literal(true).optional(),
})
export type Renewal = z.infer<typeof Renewal>

export const Lease = z.object({
  epoch: Epoch,
  leaseMs: z.number().positive(),
  /** Lives of members that somebody does not reach: all others are to look at them too. */
  suspects: z.array(Member.shape.incarnation).optional(),
  /** Who held the slots last, for a member that has not all yet: its disk is to know it, should all be stopped by now. */
  last: LastView.optional(),
})
export type Lease = z.infer<typeof Lease>

/** A peer tells uplink that this life of a member refused its connection. */
export const Report = z.object({ incarnation: Member.shape.incarnation })

/** Somebody tells uplink that the disk of a member will not come back. */
export const Loss = z.strictObject({ member: MemberId })

const Count = z.int().min(0)

/** What a member knows of another one; times are by its own wall clock. */
export const PeerRecord = z.object({
  id: MemberId,
  incarnation: Member.shape.incarnation,
  /** Whether it answers, and since when that is so. */
  reachable: z.boolean(),
  since: z.iso.datetime().optional(),
  /** When it last answered, whatever it was asked. */
  last_seen: z.iso.datetime().optional(),
  /** Whether the two understand each other. */
  understood: z.boolean(),
  version: z.string().optional(),
  formats: z.array(z.int()).optional(),
  /** How far its clock is ahead, negative where it is behind. */
  clock_ahead_seconds: z.number().optional(),
  /** How it stands, in words. */
  reason: z.string(),
})
export type PeerRecord = z.infer<typeof PeerRecord>

/** What a member tells uplink and the others of itself, for those who look at their pages. */
export const MemberStatus = z.object({
  id: MemberId,
  /** Version 0.1 does not tell it. */
  incarnation: Member.shape.incarnation.optional(),
  /** Of the view that it works by. */
  epoch: Epoch,
  slots: z.object({ owned: Count, replicated: Count, arriving: Count }),
  entries: z.object({
    values: Count,
    responses: Count,
    counters: Count,
    /** Version 0.1 knows of none. */
    limits: Count.default(0),
    contents: Count,
    records: Count,
    tombstones: Count,
  }),
  /** What it holds in memory. */
  bytes: Count,
  /** Answered since it started. */
  requests: Count,
  /** What it knows of the others, of those first that it does not reach or understand. */
  peers: z.array(PeerRecord).optional(),
  /** Members that held some of its slots last, and are waited for. */
  waiting_for: z.array(MemberId).optional(),
  /** Slots that have been arriving for long, and what keeps them. */
  overdue: z.array(z.object({ slots: Count, seconds: Count, reason: z.string() })).optional(),
  /** What it measures of itself. */
  measures: Measures.optional(),
})
export type MemberStatus = z.infer<typeof MemberStatus>
