/** What a simulation can be told on its command line. */
import { parseArgs } from 'node:util'
import { HELD_KINDS, KINDS, type Kind } from '../test/simulation/kinds.ts'
import { MUTATIONS, type Mutation } from '../test/simulation/mutations.ts'
import { HELD_PARTS, PARTS, type Part } from '../test/simulation/parts.ts'
import { SCRIPT_NAMES, type ScriptName } from '../test/simulation/recorded/scripts.ts'

export const USAGE = `usage: npm run simulate -- [OPTION...]

  --seed N         the first seed (1); one schedule a seed
  --schedules N    how many, one seed after the other (100, or 1 with --verbose)
  --seconds N      how long things happen in each, in virtual time (6)
  --kinds LIST     only such (${HELD_KINDS.join(',')}): all, or ${KINDS.join(', ')}
  --with LIST      what some of them have besides (${HELD_PARTS.join(',')}): all, or ${PARTS.join(', ')}
  --slots N        how many slots there are (127); ${16_381} is the truth, and takes 50 times as long
  --jobs N         threads at work (all cores)
  --verbose        everything that happens, with virtual times
  --break HOW      break the fakes on purpose: ${MUTATIONS.join(', ')}
  --script NAME    instead of what a seed draws: ${SCRIPT_NAMES.join(', ')}
  --sizes LIST     instead of schedules, what grows with the members: 3,30,300,1000`

export interface SimulateOptions {
  readonly seed: number
  readonly schedules: number
  readonly seconds: number
  readonly kinds: readonly Kind[]
  readonly parts: readonly Part[]
  readonly slots: number
  readonly jobs: number
  readonly isVerbose: boolean
  readonly mutation: Mutation | undefined
  readonly script: ScriptName | undefined
  readonly sizes: readonly number[]
}

/** @throws for what cannot be understood. */
export function readOptions(args: readonly string[], cores: number): SimulateOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      schedules: { type: 'string' },
      seconds: { type: 'string', default: '6' },
      kinds: { type: 'string', default: HELD_KINDS.join() },
      with: { type: 'string', default: HELD_PARTS.join() },
      slots: { type: 'string', default: '127' },
      jobs: { type: 'string', default: `${cores}` },
      verbose: { type: 'boolean', default: false },
      break: { type: 'string' },
      script: { type: 'string' },
      sizes: { type: 'string' },
    },
  })
  const isVerbose = values.verbose
  return {
    seed: whole('seed', values.seed),
    schedules: whole(
      'schedules',
      values.schedules ?? (isVerbose || values.script !== undefined ? '1' : '100'),
    ),
    seconds: whole('seconds', values.seconds),
    kinds: someOf('kinds', KINDS, values.kinds),
    parts: someOf('with', PARTS, values.with),
    slots: whole('slots', values.slots),
    jobs: isVerbose ? 1 : whole('jobs', values.jobs),
    isVerbose,
    mutation: oneOf('break', MUTATIONS, values.break),
    script: oneOf('script', SCRIPT_NAMES, values.script),
    sizes: values.sizes?.split(',').map((size) => whole('sizes', size)) ?? [],
  }
}

function whole(name: string, text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number === 0) throw new Error(`--${name}: a number above 0, not ${text}`)
  return number
}

function someOf<T extends string>(name: string, known: readonly T[], text: string): readonly T[] {
  if (text === 'all') return known
  return text
    .split(',')
    .filter((one) => one !== '')
    .flatMap((one) => oneOf(name, known, one) ?? [])
}

function oneOf<T extends string>(name: string, known: readonly T[], text: string | undefined): T | undefined {
  const found = known.find((one) => one === text)
  if (text !== undefined && found === undefined) throw new Error(`--${name}: one of ${known.join(', ')}`)
  return found
}
