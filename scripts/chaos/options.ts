/** What a chaos run can be told on its command line. */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { INSISTED } from './promises.ts'
import { KINDS, type Kind } from './schedule.ts'

export const USAGE = `usage: npm run chaos -- [OPTION...]

  --seed N         play a run again; by default a new one, which is printed
  --seconds N      bring faults for so long (60)
  --members N      besides the one that joins and leaves (4)
  --copies N       how many members hold each slot (2)
  --lease-ms N     how long uplink keeps a member that it does not hear of (3000)
  --sync-ms N      how far a disk may be behind (1000)
  --clients N      (8)
  --rate N         operations a second, of all clients together (300)
  --faults LIST    all, none, or of these, with commas: ${KINDS.join(' ')}
  --watch          several watch it too, through all members: what they are told is compared with what was acknowledged
  --client         the clients are those of client/, which try again by themselves: no call may fail
  --engine redis   nodes over a cluster of Redis with replicas, of which primaries are killed, frozen and handed over: what Redis
                   lost is told, and what was counted twice, or not told, is a finding; with --seed, --seconds, --clients,
                   --rate and --watch alone
  --long           freeze members for up to a minute
  --overlap        trouble with uplink comes together with other faults
  --json           the verdict as JSON
  --markdown       the verdict as a table in Markdown
  --history FILE   write down every request and what came of it, a line of JSON each
  --keep           keep the logs and disks of the processes also when nothing is found`

export interface ChaosOptions {
  readonly seed: number
  readonly seconds: number
  readonly members: number
  readonly copies: number
  readonly leaseMs: number
  readonly syncIntervalMs: number
  readonly clients: number
  readonly rate: number
  readonly kinds: readonly Kind[]
  /** Several watch it. */
  readonly isWatched: boolean
  /** The clients are those of `client/`. */
  readonly isClient: boolean
  readonly isOverRedis: boolean
  readonly isLong: boolean
  readonly isOverlapping: boolean
  readonly format: 'text' | 'json' | 'markdown'
  readonly keep: boolean
  /** Where it is written what the clients did. */
  readonly historyPath: string | undefined
}

/** @throws for what cannot be understood. */
export function readOptions(args: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: `${randomInt(2 ** 31)}` },
      seconds: { type: 'string', default: '60' },
      members: { type: 'string', default: '4' },
      copies: { type: 'string', default: '2' },
      'lease-ms': { type: 'string', default: '3000' },
      'sync-ms': { type: 'string', default: '1000' },
      clients: { type: 'string', default: '8' },
      rate: { type: 'string', default: '300' },
      faults: { type: 'string', default: 'all' },
      watch: { type: 'boolean', default: false },
      client: { type: 'boolean', default: false },
      engine: { type: 'string' },
      long: { type: 'boolean', default: false },
      overlap: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      markdown: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      history: { type: 'string' },
    },
  })
  const format = values.json ? 'json' : values.markdown ? 'markdown' : 'text'
  const copies = integer('--copies', values.copies, 1)
  return {
    seed: integer('--seed', values.seed, 0),
    seconds: integer('--seconds', values.seconds, 1),
    members: integer('--members', values.members, 2),
    copies,
    leaseMs: integer('--lease-ms', values['lease-ms'], 100),
    syncIntervalMs: integer('--sync-ms', values['sync-ms'], 0),
    clients: integer('--clients', values.clients, 2),
    rate: integer('--rate', values.rate, 1),
    kinds: kindsIn(values.faults, { copies, isClient: values.client }),
    isWatched: values.watch,
    isClient: values.client,
    isOverRedis: isRedis(values.engine),
    isLong: values.long,
    isOverlapping: values.overlap,
    format,
    keep: values.keep,
    historyPath: values.history,
  }
}

function isRedis(engine: string | undefined): boolean {
  if (engine === undefined || engine === 'redis') return engine !== undefined
  throw new Error(`--engine ${engine}: it is redis`)
}

function integer(name: string, text: string, least: number): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= least && number < 2 ** 31) return number
  throw new Error(`${name} ${text}: an integer is needed, at least ${least}`)
}

function kindsIn(text: string, { copies, isClient }: Pick<ChaosOptions, 'copies' | 'isClient'>): Kind[] {
  const isPromised = (kind: Kind) => copies > 1 || kind !== 'disk-loss'
  if (text === 'all') return KINDS.filter((kind) => isPromised(kind) && (!isClient || INSISTED.has(kind)))
  if (text === 'none') return []
  return text.split(',').map((name) => {
    const kind = KINDS.find((kind) => kind === name)
    if (kind === undefined) throw new Error(`--faults ${text}: there is no ${name}`)
    if (!isPromised(kind)) throw new Error(`--faults ${text}: with one copy a disk is all that there is`)
    if (isClient && !INSISTED.has(kind))
      throw new Error(`--faults ${text}: with --client there are ${[...INSISTED].join(' ')}`)
    return kind
  })
}
