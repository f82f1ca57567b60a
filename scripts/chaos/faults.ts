/** Brings a fault to the cluster of a chaos run, and takes it back. */
import { pause, systemClock } from '../../shared/clock.ts'
import { fillMemory } from './ballast.ts'
import { ChaosCluster } from './cluster.ts'
import { countMoved, ownersAmong, ownersAt } from './moves.ts'
import { UPLINK } from './network.ts'
import type { ServiceProcess } from './process.ts'
import type { Fault, Kind } from './schedule.ts'
import type { Stage } from './stage.ts'
import type { Verdict } from './verdict.ts'

const LOOK_EVERY_MS = 10
/** By then clients have heard what a member that was killed has answered last. */
const LAST_ANSWERS_MS = 100

export interface Scene {
  readonly cluster: ChaosCluster
  readonly stage: Stage
  readonly verdict: Verdict
  readonly interrupted: AbortSignal
  /** Waits until the cluster has got over it; what it does not get over is a finding. */
  recover(): Promise<void>
  /** Writes that the clients of a half have had acknowledged so far. */
  acknowledgedBy(half: number): number
  /** A member will not answer: what only it has is away until it does. */
  goingAway(): void
  /** One member, or all, ended at that time without a warning: what only they had in memory is gone. Once nothing is under way. */
  endedHard(atMs: number, areAll?: boolean): void
  /** From now on values may go at any time. */
  allowForgetting(): void
}

type Act = (fault: Fault, scene: Scene) => Promise<void>

/** Resolves when the fault is over; the cluster need not have recovered yet. */
export async function bring(fault: Fault, scene: Scene): Promise<void> {
  const { beside } = fault
  await Promise.all([acts[fault.kind](fault, scene), beside && bring(beside, scene)])
}

const acts: { readonly [kind in Kind]: Act } = {
  async join({ victims: [guest = ''], holdMs }, scene) {
    const { cluster } = scene
    await watchingMoves(scene, () => cluster.startMember(guest))
    await hold(holdMs, scene)
    await watchingMoves(scene, () => cluster.member(guest).stop())
  },

  async leave({ victims: [id = ''], holdMs }, scene) {
    await watchingMoves(scene, () => scene.cluster.member(id).stop())
    await hold(holdMs, scene)
    await scene.cluster.startMember(id)
  },

  /** As a deployment does: the next one's turn is when the one before says that it is ready. */
  async restart({ victims, holdMs }, scene) {
    for (const id of victims) {
      await scene.cluster.member(id).stop()
      await scene.cluster.startMember(id)
      await hold(holdMs, scene)
    }
  },

  async kill({ victims: [id = ''], holdMs }, scene) {
    scene.goingAway()
    await killAndHold(scene.cluster.member(id), holdMs, scene)
    await scene.cluster.startMember(id)
  },

  async 'kill-join'({ victims: [guest = ''], holdMs, halfWayMs }, scene) {
    const member = scene.cluster.member(guest)
    // It is not to become ready.
    const started = scene.cluster.startMember(guest).catch(() => {})
    // Half way is counted from when it can be spoken to.
    while (member.isRunning && !(await member.isListening())) await pause(systemClock, LOOK_EVERY_MS)
    await hold(halfWayMs, scene)
    scene.goingAway()
    await killAndHold(member, holdMs, scene)
    await started
    if (scene.cluster.copies > 1) return
    // What it had taken over nobody else has.
    await scene.cluster.startMember(guest)
    await scene.recover()
    await member.stop()
  },

  async 'kill-leave'({ victims: [id = ''], holdMs, halfWayMs }, scene) {
    const member = scene.cluster.member(id)
    member.beginToStop()
    await hold(halfWayMs, scene)
    scene.goingAway()
    await killAndHold(member, holdMs, scene)
    await scene.cluster.startMember(id)
  },

  async 'disk-loss'({ victims: [id = ''], holdMs }, scene) {
    const { cluster } = scene
    await cluster.member(id).kill()
    await cluster.loseDisk(id)
    await hold(holdMs, scene)
    await cluster.startMember(id)
  },

  /** All are down at once, each stopped in good order. */
  async 'restart-all'({ victims, holdMs }, { cluster, ...scene }) {
    for (const id of victims) await cluster.member(id).stop()
    await hold(holdMs, scene)
    await Promise.all(victims.map((id) => cluster.startMember(id)))
  },

  async 'kill-all'({ victims, holdMs }, { cluster, ...scene }) {
    const killedAtMs = systemClock.now()
    await Promise.all(victims.map((id) => cluster.member(id).kill()))
    await hold(holdMs + LAST_ANSWERS_MS, scene)
    scene.endedHard(killedAtMs, true)
    await Promise.all(victims.map((id) => cluster.startMember(id)))
  },

  async clock({ victims: [id = ''], holdMs, aheadMs }, scene) {
    const { cluster } = scene
    await cluster.member(id).stop()
    await cluster.startMember(id, { aheadMs })
    await hold(holdMs, scene)
    await cluster.member(id).stop()
    await cluster.startMember(id)
  },

  async full({ holdMs }, scene) {
    scene.allowForgetting()
    await using _ballast = await fillMemory(scene.cluster)
    await hold(holdMs, scene)
  },

  /** As when the machine below them stands still. */
  async pause({ victims, holdMs }, scene) {
    const members = victims.map((id) => scene.cluster.member(id))
    for (const member of members) member.freeze()
    await hold(holdMs, scene)
    for (const member of members) member.thaw()
  },

  async stop({ victims: [id = ''], holdMs }, scene) {
    const member = scene.cluster.member(id)
    scene.goingAway()
    member.freeze()
    await hold(holdMs, scene)
    member.thaw()
  },

  async 'uplink-down'({ holdMs }, scene) {
    const { uplink } = scene.cluster
    await uplink.kill()
    await hold(holdMs, scene)
    await uplink.start()
  },

  async 'uplink-slow'({ holdMs, latencyMs }, scene) {
    const { network } = scene.cluster
    network.delay(UPLINK, latencyMs)
    await hold(holdMs, scene)
    network.delay(UPLINK, 0)
  },

  async 'uplink-cut'({ victims, holdMs }, scene) {
    const { network } = scene.cluster
    const pairs = ChaosCluster.between([UPLINK], victims)
    network.cut(pairs)
    await hold(holdMs, scene)
    network.heal(pairs)
  },

  async partition({ victims, holdMs }, scene) {
    const { cluster, stage } = scene
    const others = cluster.base.filter((id) => !victims.includes(id))
    const pairs = ChaosCluster.between([UPLINK, ...victims], others)
    stage.become('cut')
    cluster.halves = [victims, others]
    cluster.network.cut(pairs)
    await hold(holdMs / 2, scene)
    await watchingBoth(scene, () => hold(holdMs / 2, scene))
    stage.become('healing')
    cluster.halves = undefined
    cluster.network.heal(pairs)
    await scene.recover()
    stage.become('whole')
  },
}

async function killAndHold(member: ServiceProcess, holdMs: number, scene: Scene): Promise<void> {
  const killedAtMs = systemClock.now()
  await member.kill()
  await hold(holdMs + LAST_ANSWERS_MS, scene)
  scene.endedHard(killedAtMs)
}

function hold(holdMs: number, { interrupted }: Pick<Scene, 'interrupted'>): Promise<void> {
  return pause(systemClock, holdMs, interrupted)
}

/** Counts what moves while the members change, until the cluster has settled. */
async function watchingMoves({ cluster, verdict, recover }: Scene, change: () => Promise<void>) {
  const look = async () => {
    const ids = cluster.running.map(({ name }) => name)
    return { ids, owners: await ownersAt(cluster.member(ids[0] ?? '').url) }
  }
  const before = await look()
  await change()
  await recover()
  const after = await look()
  const ideally = countMoved(ownersAmong(before.ids), ownersAmong(after.ids))
  verdict.moved({ moved: countMoved(before.owners, after.owners), ideally })
}

/** Each half of a cut cluster has to go on serving. */
async function watchingBoth({ cluster, verdict, acknowledgedBy }: Scene, wait: () => Promise<void>) {
  const halves = [...(cluster.halves ?? [])]
  const before = halves.map((_, half) => acknowledgedBy(half))
  await wait()
  for (const [half, ids] of halves.entries()) {
    if (acknowledgedBy(half) > (before[half] ?? 0)) continue
    verdict.breach('not recovered', `the half of ${ids} has acknowledged nothing, cut off from the others`)
  }
}
