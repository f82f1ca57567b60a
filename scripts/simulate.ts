/**
 * Simulated clusters, schedule after schedule, each from its own seed: the real code of the members over a network, an
 * uplink, disks and a clock that are played, so that a run can be had again event by event. Exits 1 where anything was violated.
 */
import { availableParallelism } from 'node:os'
import { pino } from 'pino'
import type { Outcome } from '../test/simulation/schedule.ts'
import { showHelp } from './help.ts'
import { simulateAll } from './simulate-all.ts'
import { readOptions, type SimulateOptions, USAGE } from './simulate-options.ts'
import { placeOn } from './simulate-slots.ts'
import { Tally, textOf } from './simulate-tally.ts'

const PROGRESS_MS = 5000

/** On this thread, with all that happens. */
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

showHelp(process.argv.slice(2), USAGE)
try {
  const options = readOptions(process.argv.slice(2), availableParallelism())
  if (options.sizes.length === 0) await main(options)
  else await (await import('./simulate-sizes.ts')).tellSizes(options.sizes)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.error(USAGE)
  process.exitCode = 2
}
