/** A chaos run from its start to its verdict: clients play all the time, faults come and go, all is checked. */
import { pause, systemClock } from '../../shared/clock.ts'
import { checkAll, repeatAll } from './check.ts'
import { Client } from './client.ts'
import type { ChaosCluster } from './cluster.ts'
import { bring, type Scene } from './faults.ts'
import type { History } from './history.ts'
import type { ChaosOptions } from './options.ts'
import { failMaxMs } from './promises.ts'
import { Random } from './random.ts'
import { Records } from './records.ts'
import { untilRecovered } from './recovery.ts'
import { type Fault, nameOf, schedule } from './schedule.ts'
import { Stage } from './stage.ts'
import { ThroughClient } from './through-client.ts'
import type { Verdict } from './verdict.ts'
import { Watchers } from './watchers.ts'

const CALM_MS = 1500

export interface RunParts {
  readonly cluster: ChaosCluster
  readonly verdict: Verdict
  readonly interrupted: AbortSignal
  readonly history: History
  /** Called with a line of progress. */
  say(line: string): void
}

export class Run {
  readonly #options: ChaosOptions
  readonly #parts: RunParts
  readonly #stage = new Stage()
  readonly #records: Records
  readonly #random: Random
  readonly #clients: readonly Client[]
  readonly #ending = new AbortController()
  readonly #watchers: Watchers
  readonly #startedAtMs = systemClock.now()
  /** Another fault would be a second one at the same time. */
  #isBeyondRepair = false

  constructor(options: ChaosOptions, parts: RunParts) {
    this.#options = options
    this.#parts = parts
    this.#random = new Random(options.seed)
    this.#records = new Records(options.clients)
    const signal = AbortSignal.any([this.#ending.signal, parts.interrupted])
    const { isWatched } = options
    this.#watchers = new Watchers({ urls: this.#urls, verdict: parts.verdict, isWatched, signal })
    const shared = { ...parts, records: this.#records, stage: this.#stage, watchers: this.#watchers }
    const paceMs = Math.max(1, Math.round((1000 * options.clients) / options.rate))
    this.#clients = Array.from({ length: options.clients }, (_, index) => {
      const through = options.isClient ? new ThroughClient(this.#urls) : undefined
      return new Client({ ...shared, index, paceMs, random: this.#random.fork(), through })
    })
  }

  /** Of the members that are there when all is well. */
  get #urls(): string[] {
    const { cluster } = this.#parts
    return cluster.base.map((id) => cluster.member(id).url)
  }

  async play(): Promise<void> {
    const { interrupted } = this.#parts
    const ending = new AbortController()
    await this.#recover()
    await this.#watchers.begin()
    const playing = this.#clients.map((client) => client.run(AbortSignal.any([ending.signal, interrupted])))
    await this.#bringFaults()
    this.#stage.open()
    ending.abort()
    await Promise.all(playing)
    await this.#check()
    this.#ending.abort()
  }

  async #bringFaults(): Promise<void> {
    const { cluster, interrupted } = this.#parts
    const { kinds, seconds } = this.#options
    const random = this.#random.fork()
    const endsAtMs = systemClock.now() + seconds * 1000
    if (kinds.length === 0) return await pause(systemClock, seconds * 1000, interrupted)
    const { base, guest } = cluster
    const faults = schedule(random, { ...this.#options, base, guest })
    while (systemClock.now() < endsAtMs && !interrupted.aborted && !this.#isBeyondRepair) {
      await pause(systemClock, CALM_MS, interrupted)
      await this.#bringOne(faults.next().value)
    }
  }

  async #bringOne(fault: Fault): Promise<void> {
    const { verdict, say, interrupted } = this.#parts
    const begunAtMs = systemClock.now()
    const foundBefore = verdict.breaches
    verdict.enter(nameOf(fault), failMaxMs(fault, this.#options))
    try {
      await bring(fault, this.#scene())
    } catch (error) {
      verdict.breach('not recovered', error instanceof Error ? error.message : String(error))
      this.#mend()
    }
    if (interrupted.aborted) return
    const overMs = systemClock.now() - begunAtMs
    await this.#startMissing()
    await this.#recover()
    if (this.#stage.connection !== 'whole') this.#stage.become('whole')
    const recoveredMs = systemClock.now() - begunAtMs
    await this.#check()
    this.#stage.open()
    verdict.calm()
    const found = verdict.breaches - foundBefore
    const at = ((begunAtMs - this.#startedAtMs) / 1000).toFixed(1).padStart(6)
    const took = `${inSeconds(overMs)} s, recovered after ${inSeconds(recoveredMs)} s`
    say(`${at}  ${nameOf(fault).padEnd(12)} ${fault.victims.join(' ').padEnd(10)} ${took}${tell(found)}`)
  }

  #scene(): Scene {
    return {
      ...this.#parts,
      stage: this.#stage,
      recover: () => this.#recover(),
      acknowledgedBy: (half) =>
        this.#clients.reduce(
          (sum, { acknowledged }, index) => sum + (index % 2 === half ? acknowledged : 0),
          0,
        ),
      goingAway: () => this.#goAway(),
      endedHard: (atMs, areAll = false) => this.#endHard(atMs, areAll),
      allowForgetting: () => {
        for (const place of this.#records.places) if (place.kind === 'value') place.subject.allowForgetting()
        for (const { grant } of this.#records.locks) grant.allowForgetting()
      },
    }
  }

  /** With one copy nobody else has it. */
  #goAway(): void {
    if (this.#options.copies === 1) this.#stage.become('healing')
  }

  /** With one copy, or when all end, only what is on a disk comes back. */
  #endHard(atMs: number, areAll: boolean): void {
    const { copies, syncIntervalMs } = this.#options
    if (syncIntervalMs === 0 || (copies > 1 && !areAll)) return
    // What is under way has to see nothing of what was there when it began.
    if (this.#stage.connection === 'whole') this.#stage.become('whole')
    const sinceMs = atMs - 2 * syncIntervalMs
    for (const { subject } of this.#records.all) subject.doubt(sinceMs)
    for (const { grant } of this.#records.locks) grant.giveBack()
    for (const client of this.#clients) client.lastOnce = undefined
  }

  /** What a fault has left behind that could not be brought to its end. */
  #mend(): void {
    const { cluster } = this.#parts
    cluster.halves = undefined
    cluster.network.healAll()
    if (this.#stage.connection !== 'whole') this.#stage.become('whole')
  }

  /** Whoever has ended without having been told to, which is a finding of its own, must not be missing from now on. */
  async #startMissing(): Promise<void> {
    const { cluster, verdict } = this.#parts
    if (!cluster.uplink.isRunning) await cluster.uplink.start()
    for (const id of cluster.base.filter((id) => !cluster.member(id).isRunning)) {
      await cluster.startMember(id).catch((error: Error) => {
        verdict.breach('not recovered', error.message)
        this.#isBeyondRepair = true
      })
    }
  }

  async #recover(): Promise<void> {
    const { cluster, verdict, interrupted } = this.#parts
    if (this.#isBeyondRepair) return
    const begunAtMs = systemClock.now()
    const obstacle = await untilRecovered(cluster, interrupted)
    if (interrupted.aborted) return
    if (obstacle === undefined) return verdict.recovered(systemClock.now() - begunAtMs)
    verdict.breach('not recovered', obstacle)
    this.#isBeyondRepair = true
  }

  /** Everything, through every member, while all clients wait. */
  async #check(): Promise<void> {
    const { cluster, verdict, interrupted } = this.#parts
    await this.#stage.close()
    if (interrupted.aborted) return
    const urls = new Map(cluster.running.map(({ name, url }) => [name, url]))
    const repeated = this.#clients.flatMap(({ lastOnce }) => lastOnce ?? [])
    for (const client of this.#clients) client.lastOnce = undefined
    const states = await checkAll({ items: this.#records.all, urls, verdict })
    await this.#watchers.check(states)
    await repeatAll(repeated, { urls, verdict, random: this.#random })
  }
}

function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(1).padStart(5)
}

function tell(found: number): string {
  return found > 0 ? `, ${found} found` : ''
}
