/**
 * A node is told what no client would say, at every door, for a while: it has to go on serving, and nothing may come of it that
 * was not asked for. All of a try follows from the seed, the door and its number, so that it can be had again.
 */
import { createHash, randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { systemClock } from '../shared/clock.ts'
import { messageOf } from '../shared/errors.ts'
import { Random } from './chaos/random.ts'
import type { Door } from './fuzz/door.ts'
import { DOORS } from './fuzz/doors.ts'
import { FuzzedNode } from './fuzz/node.ts'
import { showHelp } from './help.ts'

const USAGE = `usage: npm run fuzz -- [OPTION...]

  --seconds N    for so long (FUZZ_SECONDS, or 60)
  --seed N       do it again; by default a new one (FUZZ_SEED), which is printed
  --only DOOR    of ${DOORS.map(({ name }) => name).join(', ')}; DOOR:N is one try
  --help, --version

It starts a node of its own. It exits with 1 when it has found something, and shows what was sent.`

/** Tries at each door. */
const AT_ONCE = 16

interface Options {
  readonly seconds: number
  readonly seed: number
  readonly doors: readonly Door[]
  /** The one try that is made. */
  readonly only: number | undefined
}

showHelp(process.argv.slice(2), USAGE)
const options = understand(process.argv.slice(2))
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort())
process.exitCode = (await run(options)) ? 0 : 1

/** @returns whether nothing was found. */
async function run({ seconds, seed, doors, only }: Options): Promise<boolean> {
  const names = doors.map(({ name }) => name).join(', ')
  console.log(`fuzz: seed ${seed}, ${only === undefined ? `${seconds} s` : `try ${only}`}: ${names}`)
  await using node = await FuzzedNode.start()
  const untilMs = systemClock.now() + seconds * 1000
  let number = only ?? 0
  do {
    const numbers = Array.from({ length: only === undefined ? AT_ONCE : 1 }, () => number++)
    const all = numbers.flatMap((number) => doors.map((door) => attempt(node, door, { seed, number })))
    if ((await Promise.all(all)).includes(false)) return false
  } while (only === undefined && systemClock.now() < untilMs && !interrupted.signal.aborted)
  console.log(`fuzz: ${number - (only ?? 0)} tries at each door, nothing found`)
  return true
}

async function attempt(node: FuzzedNode, door: Door, at: { seed: number; number: number }): Promise<boolean> {
  const { seed, number } = at
  const name = `fuzz:${door.name}:${number}`
  const random = new Random(createHash('sha256').update(`${seed} ${name}`).digest().readInt32BE())
  const { sent, finding, forbidden = [] } = await door.attempt(node, random, name)
  const found = finding ?? (await node.trouble(forbidden))
  if (found === undefined) return true
  console.log(`fuzz: ${found}
  again: npm run fuzz -- --seed ${seed} --only ${door.name}:${number}
  sent:  ${JSON.stringify(sent.toString('latin1'))}`)
  return false
}

function understand(args: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seconds: { type: 'string', default: process.env['FUZZ_SECONDS'] || '60' },
        seed: { type: 'string', default: process.env['FUZZ_SEED'] || `${randomInt(2 ** 31)}` },
        only: { type: 'string' },
      },
    })
    const [name, number] = values.only?.split(':') ?? []
    const doors = DOORS.filter((door) => name === undefined || door.name === name)
    if (doors.length === 0) throw new Error(`--only ${name}: there is no such door`)
    return {
      seconds: numberOf('--seconds', values.seconds),
      seed: numberOf('--seed', values.seed),
      doors,
      only: number === undefined ? undefined : numberOf('--only', number),
    }
  } catch (error) {
    console.error(`fuzz: ${messageOf(error)}\n\n${USAGE}`)
    process.exit(2)
  }
}

function numberOf(option: string, text: string): number {
  const number = Number(text)
  if (text !== '' && Number.isSafeInteger(number) && number >= 0) return number
  throw new Error(`${option} ${text}: an integer of at least 0`)
}
