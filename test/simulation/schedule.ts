/** What happens in one run, drawn from its seed. */
import { Events } from './events.ts'
import type { Fleet } from './fleet.ts'
import type { Kind } from './kinds.ts'
import type { Ledger } from './ledger.ts'
import { playAbsence, playAway, playRestarts } from './long-plays.ts'
import { Script } from './recorded/script.ts'
import { SCRIPTS, type ScriptName } from './recorded/scripts.ts'
import { Stage, type StageOptions } from './stage.ts'
import { judgeAll } from './verdict.ts'
import type { World } from './world.ts'

export interface Outcome {
  readonly seed: number
  readonly kind: string
  readonly findings: readonly string[]
  readonly acknowledged: number
  readonly unknown: number
  readonly failed: number
  readonly reads: number
  readonly latestMs: number
  readonly owed: number
  readonly steps: number
  readonly posts: number
  readonly virtualMs: number
}

export interface SimulationOptions extends StageOptions {
  /** Instead of what the seed draws. */
  readonly script?: ScriptName | undefined
}

interface Setting {
  readonly world: World
  readonly ledger: Ledger
  readonly fleet: Fleet
}

export function simulate(options: SimulationOptions): Promise<Outcome> {
  const { seed, script: name } = options
  if (name !== undefined) {
    const { scene, play: follow } = SCRIPTS[name]
    const script = new Script(scene, options)
    return run(script, { seed, kind: name }, () => follow(script))
  }
  const stage = new Stage(options)
  return run(stage, { seed, kind: stage.kind }, () => play(stage))
}

async function run(
  { world, ledger, fleet }: Setting,
  { seed, kind }: { seed: number; kind: string },
  happen: () => Promise<void>,
): Promise<Outcome> {
  const surprise = (error: unknown) =>
    ledger.find(`nobody handled ${error instanceof Error ? error.stack : error}`)
  process.on('unhandledRejection', surprise)
  try {
    await world.until(happen())
  } catch (error) {
    surprise(error)
  } finally {
    process.off('unhandledRejection', surprise)
  }
  const { findings, acknowledged, unknown, failed, reads, latestMs } = ledger
  const posts = [...fleet.network.posts.values()].reduce((sum, count) => sum + count, 0)
  const told = { findings, acknowledged, unknown, failed, reads, latestMs }
  const { steps, nowMs: virtualMs } = world
  return { seed, kind, ...told, owed: fleet.owed, steps, posts, virtualMs }
}

async function play(stage: Stage): Promise<void> {
  const { world, clients, fleet, kind } = stage
  const events = new Events(stage)
  events.begin()
  await stage.rest()
  const running = clients.map((client) => client.run())
  await PLAYS[kind](stage, events)
  fleet.heal()
  await stage.rest()
  for (const client of clients) client.isOver = true
  await Promise.all(running)
  if (fleet.lives.length === 0) events.begin()
  await world.pause(100)
  await stage.rest()
  if (stage.ledger.findings.length === 0) await judgeAll(stage)
}

const PLAYS: Readonly<Record<Kind, (stage: Stage, events: Events) => Promise<void>>> = {
  graceful: playGracefully,
  failures: playFailures,
  blackout: playBlackouts,
  wild: playWildly,
  restarts: playRestarts,
  absence: playAbsence,
  away: playAway,
  // What members do there is the same; there is more trouble with uplinks.
  uplinks: playGracefully,
}

/** Often at once, often in the middle of what came before. */
function nextPauseMs({ random }: Stage): number {
  return random.below(3) === 0 ? random.below(40) : random.below(2500)
}

async function playGracefully(stage: Stage, events: Events): Promise<void> {
  const { world, random, durationMs, fleet } = stage
  const untilMs = world.nowMs + durationMs
  while (world.nowMs < untilMs) {
    await world.pause(nextPauseMs(stage))
    const dice = random.below(10)
    if (dice < 3) events.join()
    else if (dice < 5) events.leave(1)
    else if (dice < 6) events.leave(2)
    else if (dice < 8) events.restart()
    else {
      // Whoever leaves while uplink does not answer has nobody to leave to: with one copy that is a loss.
      await stage.rest()
      const mayJoin = events.uplinkTrouble()
      await world.pause(random.below(2000))
      if (mayJoin && random.below(2) === 0) events.join()
      await stage.rest()
    }
    if (fleet.lives.length === 0) events.begin()
  }
}

/** What takes a copy away counts, until all is whole again; there is always one more than what counts. */
async function playFailures(stage: Stage, events: Events): Promise<void> {
  const { world, random, durationMs } = stage
  const untilMs = world.nowMs + durationMs
  let spare = spareOf(stage)
  while (world.nowMs < untilMs) {
    await world.pause(nextPauseMs(stage))
    const dice = random.below(12)
    if (dice < 2) events.join()
    else if (dice < 3) events.leave(random.between(1, 2))
    else if (dice < 4) events.restart()
    else if (dice < 10) {
      if (spare === 0) await stage.rest()
      spare = spare === 0 ? spareOf(stage) : spare
      if (spare === 0) events.join()
      else if (random.below(3) > 0) events.kill()
      else events.stop()
      spare = Math.max(0, spare - 1)
    } else {
      await playTrouble(stage, events)
      spare = spareOf(stage)
    }
  }
}

/** Of those that are there and whole. */
function spareOf({ copies, fleet }: Stage): number {
  return Math.min(copies, fleet.lives.length) - 1
}

/** The network fails, or uplink does; meanwhile nobody dies or leaves. */
async function playTrouble(stage: Stage, events: Events): Promise<void> {
  const { world, random } = stage
  await stage.rest()
  const dice = random.below(4)
  let mayJoin = true
  if (dice < 2) events.partition()
  else if (dice < 3) events.weather()
  else mayJoin = events.uplinkTrouble()
  await world.pause(random.below(2000))
  if (mayJoin && random.below(2) === 0) events.join()
  await stage.rest()
}

async function playBlackouts(stage: Stage, events: Events): Promise<void> {
  const { world, random, durationMs } = stage
  const untilMs = world.nowMs + durationMs
  while (world.nowMs < untilMs) {
    for (let count = random.between(1, 4); count > 0; count--) {
      await world.pause(nextPauseMs(stage))
      const dice = random.below(3)
      if (dice === 0) events.join()
      else if (dice === 1) events.leave(1)
    }
    await events.blackout()
  }
}

async function playWildly(stage: Stage, events: Events): Promise<void> {
  const { world, random, durationMs, fleet } = stage
  const untilMs = world.nowMs + durationMs
  stage.unsettle()
  while (world.nowMs < untilMs) {
    await world.pause(nextPauseMs(stage))
    const dice = random.below(10)
    if (dice < 2) events.join()
    else if (dice < 3) events.leave(2)
    else if (dice < 4) events.restart()
    else if (dice < 6) events.kill()
    else if (dice < 7) events.stop()
    else if (dice < 8) events.partition()
    else if (dice < 9) events.weather()
    else events.uplinkTrouble()
    if (random.below(10) === 0) fleet.backUp()
  }
}
