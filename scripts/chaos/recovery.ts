/** Whether a cluster has got over a fault: all see the same members, and every slot is where it should be. */
import { z } from 'zod'
import { pause, systemClock } from '../../shared/clock.ts'
import type { ChaosCluster } from './cluster.ts'
import { ask, send } from './requests.ts'

const PATIENCE_MS = 30_000
const LOOK_EVERY_MS = 100

const Ids = z.array(z.object({ id: z.string() }))
const UplinkView = z.object({ epoch: z.int(), members: Ids })
const MemberView = UplinkView.extend({ slots: z.object({ arriving: z.int() }) })

/** Resolves with what is still in the way when patience has an end; with nothing once all is well. */
export async function untilRecovered(
  cluster: ChaosCluster,
  interrupted: AbortSignal,
): Promise<string | undefined> {
  const givesUpAtMs = systemClock.now() + PATIENCE_MS
  for (;;) {
    const obstacle = await obstacleOf(cluster).catch((error: Error) => error.message)
    if (obstacle === undefined || interrupted.aborted || systemClock.now() > givesUpAtMs) return obstacle
    await pause(systemClock, LOOK_EVERY_MS, interrupted)
  }
}

async function obstacleOf(cluster: ChaosCluster): Promise<string | undefined> {
  const { running, uplink } = cluster
  const ids = running.map(({ name }) => name).sort()
  const view = await ask(uplink.url, '/api/v1/view', UplinkView.parse)
  const here = JSON.stringify([view.epoch, ids])
  if (JSON.stringify(seenIn(view)) !== here) return `uplink sees ${JSON.stringify(seenIn(view))}, not ${ids}`
  const obstacles = await Promise.all(running.map(({ name, url }) => obstacleAt(name, url, here)))
  return obstacles.find((obstacle) => obstacle !== undefined)
}

async function obstacleAt(name: string, url: string, expected: string): Promise<string | undefined> {
  const view = await ask(url, '/api/v1/cluster', MemberView.parse)
  const seen = JSON.stringify(seenIn(view))
  if (seen !== expected) return `${name} sees ${seen}, not ${expected}`
  if (view.slots.arriving > 0) return `${view.slots.arriving} slots still arrive at ${name}`
  const short = await slotsShort(url)
  return short > 0 ? `${short} slots of ${name} have too few copies` : undefined
}

function seenIn({ epoch, members }: z.infer<typeof UplinkView>): [number, string[]] {
  return [epoch, members.map(({ id }) => id).sort()]
}

/** 0 as well where the member does not count them. */
async function slotsShort(url: string): Promise<number> {
  const { text } = await send(url, { method: 'GET', path: '/metrics' })
  return Number(/^larder_slots_short(?:\{[^}]*\})? (\S+)/m.exec(text)?.[1] ?? 0)
}
