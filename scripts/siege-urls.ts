/**
 * What siege is to send: a file of urls, each of them one more for a counter with a generated name.
 *
 * usage: node scripts/siege-urls.ts [--seed TEXT] [NODE_URL...] > urls.txt
 *
 * The same seed makes the same file; without one, the counters are new ones every time.
 */
import { createHash, randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'

const URLS = 1000
const SYLLABLES_A_WORD = 6
const SYLLABLES = [...'bdfgklmnprstvz'].flatMap((first) => [...'aeiou'].map((second) => first + second))

/** The keys of a file with this seed, all different as far as chance goes. */
export function siegeKeys(seed: string): string[] {
  return Array.from({ length: URLS }, (_, index) => word(`${seed} ${index}`))
}

/** The file: the nodes take turns, so that each of them is asked for keys of all. */
export function siegeUrls(nodes: readonly string[], seed: string): string {
  const lines = siegeKeys(seed).map(
    (key, index) => `${nodes[index % nodes.length]}/increment POST key=${key}&value=1\n`,
  )
  return lines.join('')
}

/** One that can be read aloud, like `funatosirevo`. */
function word(origin: string): string {
  const bytes = createHash('sha256').update(origin).digest().subarray(0, SYLLABLES_A_WORD)
  return Array.from(bytes, (byte) => SYLLABLES[byte % SYLLABLES.length]).join('')
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: { seed: { type: 'string', default: randomUUID() } },
    allowPositionals: true,
  })
  const nodes =
    positionals.length > 0 ? positionals : [4000, 4001, 4002, 4003].map((port) => `http://127.0.0.1:${port}`)
  process.stdout.write(siegeUrls(nodes, values.seed))
}
