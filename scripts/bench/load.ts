/**
 * The load: many connections to one or several servers, each with one request under way at most, sent at a pace.
 *
 * It is as lean as it can be, since it must not be what is measured: the bytes of the requests are made before,
 * and of the answers only status and length are looked at. A latency counts from when the request was due.
 */
import { Beat } from './beat.ts'
import { Connection } from './connection.ts'
import { Latencies, type LatencySummary } from './latencies.ts'
import type { Pace } from './pace.ts'

const OVERLOADED = 503
/** So many connect at once; a server's backlog is not endless. */
const WAVE = 100
/** What has not been answered so long after all has been sent, will not be. */
const PATIENCE_MS = 10_000

export interface LoadOptions {
  /** On this machine; the connections are spread over them in turn. */
  readonly ports: readonly number[]
  readonly connections: number
  /** Connections besides, over which nothing is sent. */
  readonly idle?: number
  /** The bytes of the next request. */
  next(): Uint8Array
}

export interface LoadReport {
  /** Until the last answer. */
  readonly seconds: number
  /** What was answered with 2xx. */
  readonly accepted: LatencySummary
  /** What was answered with 503. */
  readonly refused: LatencySummary
  /** Any other answer, and requests that got none. */
  readonly failed: number
  /** Connections, also idle ones, that the other side has closed. */
  readonly cut: number
  /** The first failure, in words. */
  readonly problem: string | undefined
  /** How much of one core this process has used. */
  readonly busy: number
  /** How much too late requests were sent for which a connection was free: 99 of 100 less, in milliseconds. */
  readonly lateMs: number
}

export class Load {
  readonly #next: () => Uint8Array
  readonly #active: readonly Connection[]
  readonly #idle: readonly Connection[]
  #free: Connection[] = []
  #run: Run | undefined

  /** @throws when a connection cannot be made. */
  static async open(options: LoadOptions): Promise<Load> {
    const load = new Load(options)
    const all = [...load.#active, ...load.#idle]
    for (let first = 0; first < all.length; first += WAVE)
      await Promise.all(all.slice(first, first + WAVE).map((connection) => connection.open()))
    load.#free = [...load.#active]
    return load
  }

  private constructor({ ports, connections, idle = 0, next }: LoadOptions) {
    this.#next = next
    const connectionTo = (port: number) =>
      new Connection({
        port,
        answered: (connection, status) => this.#answered(connection, status),
        cut: (connection, error) => void this.#reconnect(connection, error),
      })
    const spread = (count: number) =>
      Array.from({ length: count }, (_, index) => connectionTo(ports[index % ports.length] ?? 0))
    this.#active = spread(connections)
    this.#idle = spread(idle)
  }

  /** Resolves once all that was sent at this pace is answered, or given up. */
  async play(pace: Pace): Promise<LoadReport> {
    const run = new Run(pace)
    this.#run = run
    this.#dispatch(run)
    await using _beat = pace.isOpen ? new Beat(() => this.#dispatch(run)) : undefined
    const watch = setInterval(() => run.giveUpAfter(PATIENCE_MS), 100)
    await run.ended
    clearInterval(watch)
    this.#run = undefined
    // Their answers, should they come, are none of the next run's.
    for (const connection of this.#active) if (connection.dueAtMs >= 0) connection.forget()
    return run.report()
  }

  /** Sends what is due. */
  #dispatch(run: Run): void {
    if (run.isEnded) return
    const nowMs = performance.now()
    while (this.#free.length > 0) {
      const dueMs = run.pace.next(nowMs)
      if (dueMs === undefined) break
      if (run.pace.isOpen) run.late.add(nowMs - dueMs)
      this.#send(run, this.#free.pop(), dueMs)
    }
    run.endIfOver(nowMs)
  }

  #send(run: Run, connection: Connection | undefined, dueMs: number): void {
    run.underWay++
    connection?.send(this.#next(), dueMs)
  }

  #answered(connection: Connection, status: number): void {
    const nowMs = performance.now()
    const latencyMs = nowMs - connection.dueAtMs
    connection.dueAtMs = -1
    const run = this.#run
    if (run === undefined) return
    run.take(status, latencyMs)
    const dueMs = run.pace.next(nowMs)
    if (dueMs !== undefined) this.#send(run, connection, dueMs)
    else this.#free.push(connection)
    run.endIfOver(nowMs)
  }

  async #reconnect(connection: Connection, error: Error | undefined): Promise<void> {
    const run = this.#run
    if (run !== undefined) run.cut++
    this.#free = this.#free.filter((other) => other !== connection)
    if (connection.dueAtMs >= 0) {
      connection.dueAtMs = -1
      run?.fail(error?.message ?? 'the connection was closed before the answer')
    }
    try {
      await connection.open()
    } catch (problem) {
      run?.note(`cannot connect again: ${problem}`)
      if (this.#active.every(({ isOpen }) => !isOpen)) this.#run?.abandon()
      return
    }
    if (this.#active.includes(connection)) this.#free.push(connection)
    if (this.#run !== undefined && !this.#run.pace.isOpen) this.#dispatch(this.#run)
  }

  close(): void {
    for (const connection of [...this.#active, ...this.#idle]) connection.close()
  }
}

/** What becomes of the requests of one run. */
class Run {
  readonly pace: Pace
  readonly #startMs = performance.now()
  readonly #cpu = process.cpuUsage()
  readonly #end = Promise.withResolvers<void>()
  readonly ended = this.#end.promise
  readonly #accepted = new Latencies()
  readonly #refused = new Latencies()
  readonly late = new Latencies()
  #failed = 0
  #problem: string | undefined
  #endMs: number | undefined
  #overSinceMs: number | undefined
  underWay = 0
  cut = 0

  constructor(pace: Pace) {
    this.pace = pace
  }

  get isEnded(): boolean {
    return this.#endMs !== undefined
  }

  take(status: number, latencyMs: number): void {
    this.underWay--
    if (status >= 200 && status < 300) this.#accepted.add(latencyMs)
    else if (status === OVERLOADED) this.#refused.add(latencyMs)
    else this.#countFailure(`answered ${status}`)
  }

  /** The answer to a request will not come. */
  fail(problem: string): void {
    this.underWay--
    this.#countFailure(problem)
    this.endIfOver(performance.now())
  }

  note(problem: string): void {
    this.#problem ??= problem
  }

  #countFailure(problem: string): void {
    this.#failed++
    this.note(problem)
  }

  endIfOver(nowMs: number): void {
    if (this.underWay > 0 || !this.pace.isOver(nowMs)) return
    this.#endMs ??= nowMs
    this.#end.resolve()
  }

  /** Nobody is left to send to. */
  abandon(): void {
    this.#endMs ??= performance.now()
    this.#end.resolve()
  }

  giveUpAfter(patienceMs: number): void {
    const nowMs = performance.now()
    if (!this.pace.isOver(nowMs)) return
    this.#overSinceMs ??= nowMs
    if (nowMs - this.#overSinceMs < patienceMs) return
    for (; this.underWay > 0; this.underWay--) this.#countFailure('no answer')
    this.endIfOver(nowMs)
  }

  report(): LoadReport {
    const elapsedMs = (this.#endMs ?? performance.now()) - this.#startMs
    const { user, system } = process.cpuUsage(this.#cpu)
    return {
      seconds: elapsedMs / 1000,
      accepted: this.#accepted.summary(),
      refused: this.#refused.summary(),
      failed: this.#failed,
      cut: this.cut,
      problem: this.#problem,
      busy: (user + system) / 1000 / elapsedMs,
      lateMs: this.late.percentile(0.99),
    }
  }
}
