/**
 * A cluster of real processes in bad weather: members join, leave, are killed and frozen, uplink is gone, the network
 * is cut. Clients write all the time, and in the end everything acknowledged has to be there, once.
 *
 * All chance follows from the seed: which faults come when and to whom, and what each client asks for. How requests
 * and processes meet is up to the machine, so play a seed more than once. It exits with 1 when anything was found.
 */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../shared/clock.ts'
import { ChaosCluster } from './chaos/cluster.ts'
import { asText as engineText, playEngine } from './chaos/engine.ts'
import { History } from './chaos/history.ts'
import { type ChaosOptions, readOptions, USAGE } from './chaos/options.ts'
import { Run } from './chaos/run.ts'
import { asJson, asMarkdown, asText } from './chaos/tables.ts'
import { type Report, Verdict } from './chaos/verdict.ts'
import { showHelp } from './help.ts'

showHelp(process.argv.slice(2), USAGE)
const options = understand(process.argv.slice(2))
const say = (line: string) => console.error(`chaos: ${line}`)
const interrupted = new AbortController()
const folder = await mkdtemp(join(tmpdir(), 'larder-chaos-'))
const interruption = once(interrupted.signal, 'abort')
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort())

let code = 1
try {
  const report = options.isOverRedis ? undefined : await play()
  if (options.isOverRedis && (await playOverRedis())) code = 0
  const formats = { text: asText, json: asJson, markdown: asMarkdown }
  if (report !== undefined) console.log(formats[options.format](report))
  if (options.format !== 'text') for (const problem of report?.problems ?? []) say(problem)
  if (report?.problems.length === 0) code = 0
} catch (error) {
  say(`${error instanceof Error ? (error.stack ?? error.message) : error}`)
}
if (interrupted.signal.aborted) say(`interrupted, seed ${options.seed}`)
if (options.keep || (code !== 0 && !interrupted.signal.aborted))
  say(`the logs and disks are in ${folder}; play it again with --seed ${options.seed}`)
else await rm(folder, { recursive: true })
// After an interruption the clients may still be at it.
process.exit(code)

/** @returns nothing when it was interrupted. */
async function play(): Promise<Report | undefined> {
  await using history = new History(options.historyPath)
  const startedAtMs = systemClock.now()
  const verdict = new Verdict()
  say(`seed ${options.seed}, ${options.members} members, ${options.copies} copies, ${options.seconds} s`)
  await using cluster = await ChaosCluster.start({
    ...options,
    folder,
    onUnexpectedExit(what) {
      if (!interrupted.signal.aborted) verdict.breach('unexpected exit', what)
    },
  })
  const run = new Run(options, { cluster, verdict, history, interrupted: interrupted.signal, say })
  await Promise.race([run.play(), interruption])
  if (interrupted.signal.aborted) return undefined
  const seconds = Math.round((systemClock.now() - startedAtMs) / 1000)
  return verdict.report({ seed: options.seed, seconds })
}

/** @returns whether nothing was counted twice, and everything was told that was to be. */
async function playOverRedis(): Promise<boolean> {
  say(`seed ${options.seed}, nodes over Redis, ${options.seconds} s`)
  const report = await playEngine({ ...options, folder, interrupted: interrupted.signal, say })
  console.log(options.format === 'json' ? JSON.stringify(report) : engineText(report))
  return report.extraIncrements === 0 && (report.watched?.untold.length ?? 0) === 0
}

function understand(args: readonly string[]): ChaosOptions {
  try {
    return readOptions(args)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`)
    process.exit(2)
  }
}
