/**
 * Simulated clusters, schedule after schedule, each from its own seed: the real code of the members over a network, an
 * uplink, disks and a clock that are played, so that a run can be had again event by event. Exits 1 where anything was violated.
 */
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Outcome } from '../test/simulation/schedule.ts'
import { readOptions, type SimulateOptions, USAGE } from './simulate-options.ts'
import { placeOn } from './simulate-slots.ts'
import { Tally, textOf } from './simulate-tally.ts'

const WORKER = join(import.meta.dirname, 'simulate-worker.ts')
const PROGRESS_MS = 5000

/** Seeds are handed out one by one, as one takes much longer than another. */
async function simulateAll(options: SimulateOptions, onOutcome: (outcome: Outcome) => void): Promise<void> {
  const { seed, schedules, jobs } = options
  let next = seed
  const run = async () => {
    const worker = fork(WORKER, [JSON.stringify(options)], { stdio: ['pipe', 'inherit', 'inherit', 'ipc'] })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    worker.on('message', (message: Outcome | 'ready') => {
      if (message !== 'ready') onOutcome(message)
      if (next < seed + schedules) worker.send(next++)
      else worker.disconnect()
    })
    worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))))
    await promise
  }
  await Promise.all(Array.from({ length: Math.min(jobs, schedules) }, run))
}

/** In this process, with all that happens. */
async function simulateHere(options: SimulateOptions, onOutcome: (outcome: Outcome) => void): Promise<void> {
  placeOn(options.slots)
  const { simulate } = await import('../test/simulation/schedule.ts')
  const write = (line: string) => {
    const { level, time, pid, hostname, member, msg, ...rest } = JSON.parse(line)
    console.log(`${' '.repeat(13)}${rest.member ?? member}: ${msg} ${JSON.stringify(rest)}`)
  }
  const log = pino({ level: 'debug' }, { write })
  for (let seed = options.seed; seed < options.seed + options.schedules; seed++)
    onOutcome(await simulate({ ...options, seed, log, tell: (line) => console.log(line) }))
}

async function main(options: SimulateOptions): Promise<void> {
  const tally = new Tally()
  const startedAtMs = performance.now()
  let toldAtMs = startedAtMs
  const onOutcome = (outcome: Outcome) => {
    tally.add(outcome)
    if (outcome.findings.length > 0) console.log(textOf(outcome))
    const nowMs = performance.now()
    if (nowMs - toldAtMs < PROGRESS_MS) return
    toldAtMs = nowMs
    console.log(`${tally.schedules} schedules, ${tally.pace(nowMs - startedAtMs)} a minute`)
  }
  await (options.isVerbose ? simulateHere : simulateAll)(options, onOutcome)
  console.log(tally.text(performance.now() - startedAtMs))
  if (tally.bad.length > 0) process.exitCode = 1
}

try {
  const options = readOptions(process.argv.slice(2), availableParallelism())
  if (options.sizes.length === 0) await main(options)
  else await (await import('./simulate-sizes.ts')).tellSizes(options.sizes)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.error(USAGE)
  process.exitCode = 2
}
