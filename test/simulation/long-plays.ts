/** Faults that concern all members at once, or last long: what an operator does, or what a network does to all. */
import type { KeyCommand, Reply } from '../../shared/command.ts'
import { judgeAnswers } from './answers.ts'
import { ask } from './asking.ts'
import type { Events } from './events.ts'
import type { Life } from './life.ts'
import type { Stage } from './stage.ts'

const MINUTE_MS = 60_000
/** Until what was asked for has an answer, or is given up. */
const ANSWERED_MS = 6000

function anyPause({ random }: Stage, mostMs: number): number {
  return random.below(3) === 0 ? random.below(40) : random.below(mostMs)
}

async function startAll(stage: Stage, ids: readonly string[]): Promise<void> {
  const { world, random, fleet } = stage
  for (const id of random.shuffled(ids)) {
    await world.pause(anyPause(stage, 3000))
    if (!fleet.isThere(id)) fleet.start(id)
  }
}

/** All stop, in good order or at once, and come back; what is answered meanwhile is what was acknowledged. */
export async function playRestarts(stage: Stage, events: Events): Promise<void> {
  const { world, random, durationMs, fleet } = stage
  const untilMs = world.nowMs + durationMs
  while (world.nowMs < untilMs) {
    await world.pause(random.below(2500))
    if (random.below(4) === 0) events.join()
    await stage.rest()
    const ids = fleet.lives.map(({ id }) => id)
    const dice = random.below(8)
    if (dice < 3) await stopInTurn(stage)
    else if (dice < 6) for (const life of fleet.lives) fleet.kill(life)
    else if (dice < 7) await rollOver(stage, ids)
    const joined = dice < 7 ? [] : await stopInTheMiddle(stage, events)
    await world.pause(anyPause(stage, 2000))
    await startAll(stage, [...new Set([...ids, ...joined])])
    await stage.rest()
  }
  if (random.below(4) === 0) await loseDisk(stage)
}

async function stopInTurn(stage: Stage): Promise<void> {
  const { world, random, fleet } = stage
  for (const life of random.shuffled(fleet.lives)) {
    await fleet.leave(life)
    await world.pause(anyPause(stage, 500))
  }
}

/**
 * All stop in the middle of anything, and again while they come back; uplink may have forgotten it all when they start.
 * @returns who was there when all stopped.
 */
async function stopInTheMiddle(stage: Stage, events: Events): Promise<string[]> {
  const { world, random, fleet, copies } = stage
  let spare = copies - 1
  for (let count = random.between(1, 3); count > 0; count--) {
    const dice = random.below(4)
    if (dice === 0) events.join()
    else if (dice === 1) events.leave(1)
    else if (spare-- > 0) await comeBack(stage, random.pick(fleet.lives))
    await world.pause(anyPause(stage, 500))
  }
  const ids = fleet.lives.map(({ id }) => id)
  await stopAtOnce(stage)
  for (let count = random.below(3); count > 0; count--) {
    if (random.below(2) === 0) forgetAll(stage)
    await startAll(stage, ids.slice(0, random.between(1, ids.length)))
    await world.pause(anyPause(stage, 500))
    await stopAtOnce(stage)
  }
  if (random.below(2) === 0) forgetAll(stage)
  return ids
}

/** One is killed, and starts again, before anybody noticed or later. */
async function comeBack({ world, random, fleet }: Stage, life: Life): Promise<void> {
  fleet.kill(life)
  await world.pause(random.below(2) === 0 ? random.below(100) : random.below(3000))
  if (!fleet.isThere(life.id)) fleet.start(life.id)
}

async function stopAtOnce({ random, fleet }: Stage): Promise<void> {
  const isInOrder = random.below(3) > 0
  await Promise.all(fleet.lives.map(async (life) => (isInOrder ? fleet.leave(life) : fleet.kill(life))))
}

function forgetAll({ world, fleet }: Stage): void {
  fleet.uplink.stop()
  fleet.uplink.start({ isEmpty: true })
  world.tell('uplink has forgotten everything')
}

/** One after the other, each with its disk or with a new one: whoever leaves in good order has given all away. */
async function rollOver(stage: Stage, ids: readonly string[]): Promise<void> {
  const { random, fleet } = stage
  if (ids.length < 2) return
  for (const life of random.shuffled(fleet.lives)) {
    await fleet.leave(life)
    fleet.start(life.id, random.below(3) === 0 ? 'nothing' : 'what it wrote')
    await stage.rest()
  }
}

/** All are killed, and one disk is lost: then something may be, but nothing may wait for ever. */
async function loseDisk(stage: Stage): Promise<void> {
  const { random, fleet } = stage
  stage.lose()
  const ids = fleet.lives.map(({ id }) => id)
  const lost = random.pick(ids)
  for (const life of fleet.lives) fleet.kill(life)
  for (const id of random.shuffled(ids)) fleet.start(id, id === lost ? 'nothing' : 'what it wrote')
  await stage.rest()
}

/** Somebody is away for longer than deletes and increments are remembered, and others go on. */
export async function playAbsence(stage: Stage, events: Events): Promise<void> {
  const { world, random, fleet, clients } = stage
  await world.pause(random.below(4000))
  await stage.rest()
  if (fleet.lives.length < 3) events.join()
  const life = random.pick(fleet.lives)
  const comeBack = await goAway(stage, life)
  await world.pause(3000 + random.below(4000))
  for (const client of clients) client.isPaused = true
  await world.pause((10 + random.between(1, 5)) * MINUTE_MS)
  for (const client of clients) client.isPaused = false
  await world.pause(random.below(2000))
  comeBack()
  await stage.rest()
  await world.pause(2000)
}

async function goAway(stage: Stage, life: Life): Promise<() => void> {
  const { random, fleet } = stage
  const { id } = life
  const dice = random.below(3)
  if (dice === 0) await fleet.leave(life)
  else if (dice === 1) fleet.kill(life)
  else {
    const others = fleet.lives.map((other) => other.id).filter((other) => other !== id)
    stage.split([others, [id]])
    fleet.cutOff([id], [...others, ...fleet.uplinks.map(({ name }) => name)], 'both')
    return () => fleet.network.mend()
  }
  return () => fleet.start(id)
}

/** Nobody writes, uplink is away and connections fail: whoever has an answer has the right one. */
export async function playAway(stage: Stage, events: Events): Promise<void> {
  const { world, random, durationMs, fleet, clients } = stage
  const untilMs = world.nowMs + durationMs
  while (world.nowMs < untilMs) {
    await world.pause(1000 + random.below(2000))
    if (random.below(3) === 0) events.join()
    await stage.rest()
    for (const client of clients) client.isPaused = true
    await world.pause(ANSWERED_MS)
    fleet.uplink.stop()
    world.tell('uplink is down')
    for (let count = random.between(2, 5); count > 0; count--) {
      failConnections(stage)
      await world.pause(anyPause(stage, 3 * stage.leaseMs))
      await readAll(stage)
      fleet.network.mend()
      await world.pause(anyPause(stage, 1000))
      await readAll(stage)
    }
    fleet.uplink.start({ isEmpty: random.below(3) === 0 })
    world.tell('uplink is well again')
    await readAll(stage)
    await stage.rest()
    for (const client of clients) client.isPaused = false
  }
}

/** Of some, or of all, to anybody: names that cannot be looked up. */
function failConnections({ random, fleet, world }: Stage): void {
  const ids = fleet.lives.map(({ id }) => id)
  const isAll = random.below(2) === 0
  const ways = ids.flatMap((from) => ids.filter((to) => to !== from).map((to) => [from, to] as const))
  const failing = ways.filter(() => isAll || random.below(2) === 0)
  world.tell(`connections fail: ${failing.map((way) => way.join('>')).join(' ')}`)
  for (const [from, to] of failing) fleet.network.lose(from, to)
}

async function readAll(stage: Stage): Promise<void> {
  const { fleet } = stage
  const once = async (life: Life, command: KeyCommand): Promise<Reply | undefined> => {
    const result = await ask(stage, life, command)
    return 'reply' in result ? result.reply : undefined
  }
  await Promise.all(fleet.lives.map((life) => judgeAnswers(stage, life, once)))
}
