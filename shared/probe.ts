/**
 * A look at a member: does this life of it still answer at its address? Uplink looks, and members look on its
 * behalf.
 */
import fetch, { FetchError } from 'node-fetch'
import { z } from 'zod'
import type { AgentOf } from './tls.ts'
import { MEMBER_HEADER, Member } from './view.ts'

/**
 * `here`: it answers. `replaced`: another member, or another life of this one, answers there. `refused`:
 * nobody listens there. `silent`: no good answer in time, which may as well be the network's doing.
 */
export const Outcome = z.literal(['here', 'replaced', 'refused', 'silent'])
export type Outcome = z.infer<typeof Outcome>

/** Where uplink asks a member to look at another one, and what it holds itself. */
export const REACH_PATH = '/cluster/reach'
export const STATUS_PATH = '/cluster/status'
/** Whom to look at. */
export const ReachRequest = Member.pick({ id: true, url: true, incarnation: true }).extend({
  /** It wants to become a member: no view knows it, and its address is the one that is told. */
  joins: z.literal(true).optional(),
  /** How long it may take. */
  withinMs: z.number().positive().optional(),
})
export type ReachRequest = z.infer<typeof ReachRequest>
/** What the look has shown. */
export const Reached = z.object({ outcome: Outcome })

const Life = Member.pick({ id: true, incarnation: true })
const ANSWER_BYTES_MAX = 64 * 1024

/** A member may have been told its own URL with a slash at the end. */
export function addressAt({ url }: Member, path: string): string {
  return url.replace(/\/$/, '') + path
}

export interface ProbeOptions {
  /** Its deadline. */
  readonly signal: AbortSignal
  readonly agentOf?: AgentOf | undefined
  /** The member that looks, if it is one. */
  readonly by?: string
}

/** Never throws. */
export async function probe(member: Member, { signal, agentOf, by }: ProbeOptions): Promise<Outcome> {
  try {
    const response = await fetch(addressAt(member, '/livez'), {
      // A kept connection would not show whether a new one is refused.
      headers: { connection: 'close', ...(by !== undefined && { [MEMBER_HEADER]: by }) },
      signal,
      ...(agentOf && { agent: agentOf }),
      redirect: 'manual',
      size: ANSWER_BYTES_MAX,
    })
    const life = Life.safeParse(await response.json())
    if (response.status !== 200 || !life.success) return 'silent'
    return life.data.id === member.id && life.data.incarnation === member.incarnation ? 'here' : 'replaced'
  } catch (error) {
    return error instanceof FetchError && error.code === 'ECONNREFUSED' ? 'refused' : 'silent'
  }
}
