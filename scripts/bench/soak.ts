/** The memory of a node under a load that lasts: many connections that read and write keys of a bounded number. */
import { Generator } from './generator.ts'
import { gets, increments, keys, posts } from './keys.ts'
import { residentBytesOf } from './server.ts'
import { Stand, type StandOptions } from './stand.ts'
import { markdown, whole } from './table.ts'

const CONNECTIONS = 1000
const KEYS = 10_000
/** One after the other, so that what is reported on the way is not lost in one long run. */
const PART_SECONDS = 10

export async function measureSoak(
  options: StandOptions,
  { minutes, progress }: { minutes: number; progress(what: string): void },
): Promise<string> {
  await using stand = await Stand.open(options)
  const node = await stand.node()
  const generator = new Generator(stand)
  const requests = mixed()
  await generator.open({ ports: [node.port], requests, connections: CONNECTIONS })
  const marks = [minutes / 10, minutes / 2, minutes]
  const rows: string[][] = []
  let [seconds, count, failed] = [0, 0, 0]
  for (const mark of marks) {
    while (seconds < mark * 60) {
      progress(`minute ${(seconds / 60).toFixed(1)} of ${minutes}`)
      const report = await generator.closedLoop(Math.min(PART_SECONDS, mark * 60 - seconds))
      seconds += report.seconds
      count += report.accepted.count
      failed += report.failed + report.refused.count
    }
    const mib = (await residentBytesOf(node)) / 2 ** 20
    rows.push([`${Number(mark.toFixed(2))}`, whole(mib), whole(count / seconds), `${failed}`])
  }
  return [
    `${CONNECTIONS} connections read, write and increment ${KEYS} keys, write-behind`,
    '',
    markdown(['minute', 'resident MiB', 'requests / s so far', 'failed'], rows, []),
  ].join('\n')
}

/** Two reads for each write. */
function mixed(): string[] {
  const [reads, writes, counts] = [gets(keys(KEYS)), posts(keys(KEYS)), increments(keys(KEYS / 10, 'count'))]
  return reads.flatMap((read, index) => {
    const write = index % 2 === 0 ? writes[index] : counts[index % counts.length]
    return [read, reads[(index * 7919) % KEYS] ?? read, write ?? read]
  })
}
