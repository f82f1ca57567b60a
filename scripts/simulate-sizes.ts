/**
 * What grows with the members: what a view costs, what moves when one joins, the memory that a member needs for its view
 * and its slots, and what is said when nothing happens. All with as many slots as there are, and two copies.
 *
 * Traffic at rest is counted among real members where they are few. Beyond, it is computed from what it consists of,
 * which the counted sizes check: renewals and watches, and a part of all slots a second that are compared.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { createClusterMetrics } from '../node/cluster/metrics.ts'
import { SLOTS } from '../shared/placement.ts'
import { type Placement, placed, placeSlots, placing } from '../shared/placing.ts'
import type { Member, View } from '../shared/view.ts'
import { Fleet } from '../test/simulation/fleet.ts'
import { Life } from '../test/simulation/life.ts'
import { World } from '../test/simulation/world.ts'
import { median } from './median.ts'

const COPIES = 2
const LEASE_MS = 3000
const WATCH_MS = 25_000
const COUNTED_MAX = 30
/** A whole round of comparing all slots. */
const REST_MS = 60_000
const RUNS = 5
const MEMBERS_MEASURED = 4

interface Size {
  readonly members: number
  /** All slots of a view without one before it. */
  readonly placeMs: number
  /** Of the steps in which that is done. */
  readonly stepMs: number
  /** A view with one member more. */
  readonly joinMs: number
  readonly installMs: number
  readonly owners: number
  readonly copies: number
  readonly bytes: number
  readonly perMember: number
  readonly uplinkCalls: number
  readonly isCounted: boolean
}

export async function tellSizes(sizes: readonly number[]): Promise<void> {
  console.log(
    '| members | place all, ms | the longest step, ms | place one more, ms | take that over, ms | owners moved by a join (ideal) | copies moved (ideal) | bytes a member | messages/s a member | in all | to uplink/s |',
  )
  console.log('|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|')
  for (const size of sizes) console.log(rowOf(await measure(size)))
}

function rowOf(size: Size): string {
  const { members } = size
  const ideal = SLOTS / (members + 1)
  const mark = size.isCounted ? '' : ' (computed)'
  const cells = [
    members,
    size.placeMs.toFixed(1),
    size.stepMs.toFixed(1),
    size.joinMs.toFixed(1),
    size.installMs.toFixed(1),
    `${size.owners} (${Math.round(ideal)})`,
    `${size.copies} (${Math.round(ideal * Math.min(COPIES, members))})`,
    Math.round(size.bytes),
    `${size.perMember.toFixed(2)}${mark}`,
    (size.perMember * members).toFixed(1),
    (size.uplinkCalls * members).toFixed(1),
  ]
  return `| ${cells.join(' | ')} |`
}

async function measure(members: number): Promise<Size> {
  const [ids, more] = [idsOf(members), idsOf(members + 1)]
  const before = placed(ids, COPIES)
  const steps = Array.from({ length: RUNS }, () => stepsOf(placing(ids, COPIES)))
  const placeMs = median(steps.map((each) => each.reduce((sum, ms) => sum + ms, 0)))
  const stepMs = median(steps.map((each) => Math.max(...each)))
  const joinMs = median(Array.from({ length: RUNS }, () => timed(() => placed(more, COPIES, before))))
  const { bytes, installMs } = await footprint(members)
  const isCounted = members <= COUNTED_MAX
  const traffic = isCounted ? await count(members) : computed(members)
  return { members, placeMs, stepMs, joinMs, installMs, ...moved(members), bytes, ...traffic, isCounted }
}

function memberOf(number: number): Member {
  const id = `10.0.${number >> 8}.${number & 255}:4000`
  return { id, url: `http://${id}`, incarnation: `life-${number}`, since: number + 1 }
}

function viewOf(members: number): View {
  const all = Array.from({ length: members }, (_, number) => memberOf(number))
  const sorted = all.sort((one, other) => (one.id < other.id ? -1 : 1))
  return { epoch: members, copies: COPIES, members: sorted }
}

function idsOf(members: number): string[] {
  return viewOf(members).members.map(({ id }) => id)
}

/** How long each of them takes. */
function stepsOf(steps: Generator<void, Placement>): number[] {
  const all: number[] = []
  for (let isDone = false; !isDone; ) all.push(timed(() => (isDone = steps.next().done === true)))
  return all
}

function timed(run: () => unknown): number {
  const startedAtMs = performance.now()
  run()
  return performance.now() - startedAtMs
}

function moved(members: number): { owners: number; copies: number } {
  const ids = Array.from({ length: members + 1 }, (_, number) => memberOf(number).id)
  const before = placeSlots(ids.slice(0, -1), COPIES)
  const after = placeSlots(ids, COPIES)
  const [wide, wider] = [Math.min(COPIES, members), Math.min(COPIES, members + 1)]
  let [owners, copies] = [0, 0]
  for (let slot = 0; slot < SLOTS; slot++) {
    if (before[slot * wide] !== after[slot * wider]) owners++
    const had = before.subarray(slot * wide, (slot + 1) * wide)
    for (const holder of after.subarray(slot * wider, (slot + 1) * wider)) if (!had.includes(holder)) copies++
  }
  return { owners, copies }
}

function usedBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Of real members that have just taken over a view, each its own copy of it. */
async function footprint(members: number): Promise<{ bytes: number; installMs: number }> {
  const world = new World(1)
  const fleet = newFleet(world)
  const before = usedBytes()
  const installing: number[] = []
  const lives: Life[] = []
  for (let number = 0; number < MEMBERS_MEASURED; number++) {
    const life = newLife(fleet, world, number % members)
    const { member } = life
    lives.push(life)
    member.members.learn(viewOf(members))
    while (member.members.placed === undefined) await world.until(world.pause(1))
    // At once: soon it finds out that nobody answers, and goes by that.
    const next = viewOf(members + 1)
    installing.push(timed(() => member.members.learn(next)))
  }
  const bytes = (usedBytes() - before) / lives.length
  for (const life of lives) life.kill()
  return { bytes, installMs: median(installing) }
}

function newFleet(world: World): Fleet {
  return new Fleet({
    world,
    log: pino({ level: 'silent' }),
    copies: COPIES,
    leaseMs: LEASE_MS,
    skewMaxMs: 0,
    bytesMax: 2 ** 30,
    isUneven: false,
    uplinks: 1,
    syncIntervalMs: undefined,
    mutation: undefined,
    onFault: console.error,
  })
}

function newLife({ network, uplinks }: Fleet, world: World, number: number): Life {
  return new Life({
    world,
    network,
    uplinks,
    metrics: createClusterMetrics(new Registry()),
    log: pino({ level: 'silent' }),
    mutation: undefined,
    random: world.random,
    self: memberOf(number),
    wall: { offsetMs: 0, drift: 0 },
    bytesMax: 2 ** 30,
    disk: undefined,
    onEnd() {},
  })
}

/** Real members with nothing in them. */
async function count(members: number): Promise<{ perMember: number; uplinkCalls: number }> {
  const world = new World(members)
  const fleet = newFleet(world)
  const posts = () => [...fleet.network.posts.values()].reduce((sum, each) => sum + each, 0)
  const calls = () => fleet.lives.reduce((sum, life) => sum + life.calls.calls, 0)
  const run = async () => {
    for (let number = 0; number < members; number++) fleet.start(`member-${number}`)
    while (fleet.unrest !== undefined) await world.pause(500)
    const before = { posts: posts(), calls: calls() }
    await world.pause(REST_MS)
    const seconds = (REST_MS / 1000) * members
    return { perMember: (posts() - before.posts) / seconds, uplinkCalls: (calls() - before.calls) / seconds }
  }
  return await world.until(run())
}

function computed(members: number): { perMember: number; uplinkCalls: number } {
  // Each second a member compares so many of its own slots, with whoever holds the copy.
  const own = SLOTS / (REST_MS / 1000) / members
  const replicas = members - 1
  const perMember = replicas * (1 - (1 - 1 / replicas) ** (own * (COPIES - 1)))
  return { perMember, uplinkCalls: 3 / (LEASE_MS / 1000) + 1000 / WATCH_MS }
}
