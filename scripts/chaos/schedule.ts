/** Which faults a chaos run brings, in which order and to whom: all of it follows from the seed. Pure. */
import { UPLINK } from './network.ts'
import type { Random } from './random.ts'

export const KINDS = [
  'join',
  'leave',
  'restart',
  'kill',
  'kill-join',
  'kill-leave',
  'stop',
  'pause',
  'restart-all',
  'kill-all',
  'disk-loss',
  'clock',
  'full',
  'uplink-down',
  'uplink-slow',
  'uplink-cut',
  'partition',
] as const
export type Kind = (typeof KINDS)[number]

export interface Fault {
  readonly kind: Kind
  /** Whom it happens to; of a partition, the half that keeps uplink. */
  readonly victims: readonly string[]
  /** How long it lasts. */
  readonly holdMs: number
  /** What is killed half way is killed after this. */
  readonly halfWayMs: number
  /** How much later everything arrives that goes to uplink or comes from it. */
  readonly latencyMs: number
  /** How far the wall clock of the victim is ahead. */
  readonly aheadMs: number
  /** One of uplink that happens at the same time. */
  readonly beside: Fault | undefined
}

export interface ScheduleOptions {
  readonly kinds: readonly Kind[]
  /** The members that are there when all is well. */
  readonly base: readonly string[]
  /** The one that joins and leaves. */
  readonly guest: string
  /** Members are frozen for up to a minute. */
  readonly isLong: boolean
  /** Faults of uplink happen together with others. Never two that touch members: two copies stand one loss. */
  readonly isOverlapping: boolean
}

type Range = readonly [leastMs: number, mostMs: number]

const HOLDS: { readonly [kind in Kind]: Range } = {
  join: [500, 2500],
  leave: [500, 2500],
  restart: [0, 500],
  kill: [500, 6000],
  'kill-join': [200, 3000],
  'kill-leave': [200, 4000],
  stop: [2000, 10_000],
  pause: [600, 4000],
  'restart-all': [0, 1500],
  'kill-all': [0, 1500],
  'disk-loss': [500, 3000],
  clock: [2000, 5000],
  full: [500, 2000],
  'uplink-down': [1000, 8000],
  'uplink-slow': [2000, 6000],
  'uplink-cut': [3000, 8000],
  // Longer than the lease, so that there are two views.
  partition: [6000, 10_000],
}
const LONG_STOP: Range = [10_000, 60_000]
const HALF_WAY: Range = [20, 1200]
const LATENCY: Range = [100, 700]
const AHEAD: readonly number[] = [-3_600_000, -600_000, -2000, 2000, 600_000, 3_600_000]
const BESIDE: readonly Kind[] = ['uplink-down', 'uplink-slow']

/** Every kind comes once before any comes again. It has no end. */
export function* schedule(random: Random, options: ScheduleOptions): Generator<Fault, never> {
  const { kinds, isOverlapping } = options
  if (kinds.length === 0) throw new RangeError('there are no faults to choose from')
  for (;;) {
    for (const kind of random.shuffled(kinds)) {
      const fault = draw(kind, random, options)
      const beside = draw(random.pick(BESIDE), random, options)
      const isAccompanied = random.below(2) === 0 && !kind.startsWith(UPLINK)
      yield isOverlapping && isAccompanied ? { ...fault, beside } : fault
    }
  }
}

function draw(kind: Kind, random: Random, { base, guest, isLong }: ScheduleOptions): Fault {
  const among = random.shuffled(base)
  const some = random.between(1, Math.max(1, Math.floor(base.length / 2)))
  const victims: { readonly [kind in Kind]?: readonly string[] } = {
    join: [guest],
    'kill-join': [guest],
    restart: among,
    pause: among,
    'restart-all': among,
    'kill-all': among,
    'uplink-down': [UPLINK],
    'uplink-slow': [UPLINK],
    'uplink-cut': among.slice(0, some),
    partition: among.slice(0, Math.ceil(base.length / 2)),
  }
  const between = (range: Range) => random.between(...range)
  return {
    kind,
    victims: victims[kind] ?? among.slice(0, 1),
    holdMs: between(kind === 'stop' && isLong ? LONG_STOP : HOLDS[kind]),
    halfWayMs: between(HALF_WAY),
    latencyMs: between(LATENCY),
    aheadMs: random.pick(AHEAD),
    beside: undefined,
  }
}

export function nameOf({ kind, beside }: Fault): string {
  return beside === undefined ? kind : `${kind}+${beside.kind}`
}
