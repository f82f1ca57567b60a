/** The default run: what requests cost and how long a start takes, in one table each. */
import type { Cores } from './cores.ts'
import { Generator } from './generator.ts'
import { groups } from './groups.ts'
import { type Measured, measureRows, type Rounds } from './rows.ts'
import { Stand, type StandOptions } from './stand.ts'
import { measureStarts } from './start.ts'
import { notesOn, tableOf } from './table.ts'

const STARTS = 5

/** One group after the other, so that few processes are there at a time. */
export async function measureRequests(options: StandOptions, rounds: Rounds): Promise<string> {
  const measured: Measured[] = []
  for (const group of groups) {
    await using stand = await Stand.open(options)
    rounds.progress('starting')
    const rows = await group(stand)
    measured.push(...(await measureRows(rows, new Generator(stand), rounds)))
  }
  await using stand = await Stand.open(options)
  const starts = await measureStarts(stand, { ...rounds, times: STARTS })
  const notes = [...notesOn(measured), ...crowding(options.cores)]
  return [
    `${rounds.rounds} rounds of ${rounds.seconds} s a row, the rows of a group in turn; ratios are medians of those of the rounds`,
    '',
    tableOf(measured),
    '',
    starts,
    '',
    '- cores: what the servers used; where that is less than they were given, others took it or they waited: see by CPU',
    ...notes.map((note) => `- ${note}`),
    '- goals 7 (memory), 8 and 9: `./scripts/bench.sh soak`, `memory` and `overload`',
  ].join('\n')
}

function crowding(cores: Cores | undefined): string[] {
  if (cores === undefined || cores.generator !== cores.second) return []
  return [`four nodes on two cores: the load generator is on the second of them, core ${cores.second}, too`]
}
