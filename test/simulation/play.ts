/** Plays schedules as the command line does, and tells what was found. */
import { availableParallelism } from 'node:os'
import { simulateAll } from '../../scripts/simulate-all.ts'
import { readOptions } from '../../scripts/simulate-options.ts'
import { Tally, textOf } from '../../scripts/simulate-tally.ts'

export const RUN_MAX_MS = 180_000

export async function simulate(...args: string[]): Promise<{ tally: Tally; findings: string }> {
  const tally = new Tally()
  const options = readOptions(args, availableParallelism())
  await simulateAll(options, (outcome) => tally.add(outcome), AbortSignal.timeout(RUN_MAX_MS))
  return { tally, findings: tally.bad.map(textOf).join('\n') }
}
