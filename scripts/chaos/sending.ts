/** How the clients of a chaos run send what they ask for: through the load balancer or the client, and written down. */
import { pause, systemClock } from '../../shared/clock.ts'
import type { ChaosCluster } from './cluster.ts'
import type { History, Op } from './history.ts'
import type { Random } from './random.ts'
import { type Answer, type Request, sendToAny } from './requests.ts'
import type { ThroughClient } from './through-client.ts'

const RETRY_MS = 100

export interface Sender {
  /** The number of the client. */
  readonly index: number
  readonly history: History
  readonly cluster: ChaosCluster
  /** Where there is one, it and not a load balancer finds who answers. */
  readonly through?: ThroughClient | undefined
}

interface Sent extends Op {
  readonly request: Request
  /** What an answer says, where it is one to the question. */
  foundIn(answer: Answer): string | undefined
}

/** To any member that a load balancer would choose, or as the client does. */
export async function sendAs(
  { index, history, cluster, through }: Sender,
  { request, foundIn, ...op }: Sent,
  random: Random,
): Promise<Answer> {
  const end = history.begin(index, op)
  const answer = await (through?.send(request) ?? sendToAny(random.shuffled(cluster.urlsFor(index)), request))
  end({ answer, found: foundIn(answer) })
  return answer
}

/** Before something is tried again. */
export function untilRetry(random: Random): Promise<void> {
  return pause(systemClock, random.between(RETRY_MS / 2, RETRY_MS * 1.5))
}
