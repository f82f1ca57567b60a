/** A member that looks at another one for uplink, which may not reach it itself. */
import fetch from 'node-fetch'
import { addressAt, type Outcome, REACH_PATH, Reached, type ReachRequest } from '../shared/probe.ts'
import { bearer } from '../shared/secrets.ts'
import type { AgentOf } from '../shared/tls.ts'
import { LIFE_HEADER, type Member } from '../shared/view.ts'

export interface AskOptions {
  readonly clusterSecrets: readonly string[]
  readonly agentOf?: AgentOf | undefined
  /** How long it may take. */
  readonly deadlineMs: number
  /** Aborted when nobody wants to know any more. */
  readonly over: AbortSignal
}

const ANSWER_BYTES_MAX = 16 * 1024
/** What of the time is left for the answer to come back. */
const WAY_PART = 1 / 4

/** What a witness finds; `undefined` where it does not say: what may be wrong with it says nothing of the other. */
export async function ask(
  witness: Member,
  { id, url, incarnation, joins }: ReachRequest,
  { clusterSecrets, agentOf, deadlineMs, over }: AskOptions,
): Promise<Outcome | undefined> {
  const asked: ReachRequest = { id, url, incarnation, ...(joins && { joins }) }
  try {
    const response = await fetch(addressAt(witness, REACH_PATH), {
      method: 'POST',
      headers: {
        ...bearer(clusterSecrets),
        [LIFE_HEADER]: witness.incarnation,
        'content-type': 'application/json',
        connection: 'close', // The network may have forgotten a kept one, and there is no time for another try.
      },
      body: JSON.stringify({ ...asked, withinMs: deadlineMs * (1 - WAY_PART) }),
      signal: deadline(deadlineMs, over),
      ...(agentOf && { agent: agentOf }),
      redirect: 'manual',
      size: ANSWER_BYTES_MAX,
    })
    return Reached.parse(await response.json()).outcome
  } catch {
    return undefined
  }
}

export function deadline(deadlineMs: number, over: AbortSignal): AbortSignal {
  // It takes whole milliseconds only, and a part of a lease need not be one.
  return AbortSignal.any([over, AbortSignal.timeout(Math.ceil(deadlineMs))])
}
