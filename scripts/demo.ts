/**
 * A busy kitchen, played on a running cluster, whose nodes may be killed, stopped and started meanwhile.
 *
 * Every request goes to the next node, whoever owns the key. What was sent is noted, and in the end compared with
 * what the cluster says.
 */
import { parseArgs, styleText } from 'node:util'
import { ZodError } from 'zod'
import { pause, systemClock } from '../shared/clock.ts'
import { Settings } from '../shared/config.ts'
import { messageOf } from '../shared/errors.ts'
import { Books } from './demo/books.ts'
import { Client } from './demo/client.ts'
import { type Act, Kitchen, ORDERS } from './demo/kitchen.ts'
import { drawBooks, drawNodes, drawResponse, drawScene, Screen } from './demo/screen.ts'
import { SlowApi } from './demo/slow-api.ts'
import { findVictim, isCalm, type Victim } from './demo/victim.ts'
import { showHelp } from './help.ts'
import { trustAuthority } from './programs.ts'
import { isLive } from './readiness.ts'

const USAGE = `usage: ./scripts/demo.sh [--chaos] [URL [SECONDS]]

  URL       of any node of a running cluster (http://127.0.0.1:4000)
  SECONDS   how long it plays (25)
  --chaos   kill a node in the middle of it, with SIGKILL; it has to run on this machine
  --help, --version

API_KEY in the environment is sent along, where the nodes want one.`

const SECONDS_MAX = 24 * 3600
const BEAT_MS = 250
/** A node that was killed should be back sooner, if somebody starts it again. */
const BACK_MAX_MS = 20_000

/** The acts begin at these parts of the time. */
const ACTS: readonly [Scheduled, ...Scheduled[]] = [
  { from: 0, title: 'The cooks take their stations, the gas goes on', orders: 0, guests: 0 },
  { from: 0.15, title: 'The first guests', orders: 1, guests: 1 },
  { from: 0.35, title: 'Rush hour', orders: 5, guests: 6 },
  { from: 0.65, title: "Sam's phone is silent, so he is gone soon", orders: 2, guests: 3, silent: 'Sam' },
  { from: 0.85, title: 'Last orders, the gas goes off', orders: 1, guests: 2, silent: 'Sam', isGasOff: true },
]
/** In the middle of the rush hour. */
const KILL_FROM = 0.45

interface Scheduled extends Act {
  readonly from: number
}

interface Options {
  readonly url: string
  readonly seconds: number
  readonly isChaos: boolean
}

interface Stage {
  readonly screen: Screen
  readonly client: Client
  readonly kitchen: Kitchen
  readonly books: Books
}

/** @returns whether the cluster says just what was sent. */
async function main({ url, seconds, isChaos }: Options): Promise<boolean> {
  trustAuthority(process.env)
  if (!(await isLive(url))) throw new Error(`nothing answers at ${url}: is ./scripts/services.sh running?`)
  const screen = new Screen()
  const apiKey = new Settings(process.env).list('API_KEY')[0]
  using client = await Client.connect(url, { apiKey, tell: (news, color) => screen.tell(news, color) })
  const kitchen = new Kitchen(client, seconds)
  if (isChaos) await ensureVictim(client, kitchen)
  const stage = { screen, client, kitchen, books: new Books(client, kitchen) }
  const { nodes } = client
  const count = nodes.all.length
  screen.begin(
    count === 1
      ? 'A busy kitchen on a single Larder node'
      : `A busy kitchen on a Larder cluster; any of its ${count} nodes answers for any key`,
  )
  const killed = await play(stage, { seconds, isChaos })
  screen.tell('Closed. The cooks just go home: their presences end by themselves')
  await nodes.untilAllHere(BACK_MAX_MS)
  for (const { name } of nodes.away)
    screen.tell(`Node ${name} has not come back: the others have what it had`)
  await stage.books.untilNobodyIsThere()
  return close(stage, killed)
}

/** In time, so that nothing is begun that cannot be done. */
async function ensureVictim(client: Client, kitchen: Kitchen): Promise<void> {
  try {
    await findVictim(client, kitchen.keyOf(ORDERS))
  } catch (cause) {
    throw new Error(`--chaos cannot be done: ${messageOf(cause)}`, { cause })
  }
}

/** @returns the name of the node that was killed. */
async function play(
  { screen, client, kitchen, books }: Stage,
  { seconds, isChaos }: { seconds: number; isChaos: boolean },
): Promise<string | undefined> {
  const slowApi = await SlowApi.find(client)
  const startedAtMs = performance.now()
  let shown: Act | undefined
  let killed: string | undefined
  for (let elapsed = 0; elapsed < seconds; elapsed = (performance.now() - startedAtMs) / 1000) {
    const act = ACTS.findLast(({ from }) => from <= elapsed / seconds) ?? ACTS[0]
    if (act !== shown) screen.tell(act.title)
    const isDue = isChaos && killed === undefined && elapsed / seconds >= KILL_FROM
    const victim = isDue ? await aim(client, kitchen) : undefined
    const beat = kitchen.beat(act)
    if (victim !== undefined) {
      killed = victim.node.name
      screen.tell(`kill -9 ${victim.pid}: node ${killed}, which counts the orders, is killed`, 'red')
      process.kill(victim.pid, 'SIGKILL')
    }
    await beat
    const responses = slowApi ? [drawResponse(slowApi, await slowApi.again())] : []
    const scene = drawScene(await books.look())
    screen.show(() => [drawNodes(client.nodes), ...responses, ...scene], { isNew: act !== shown })
    shown = act
    await pause(systemClock, BEAT_MS)
  }
  if (isChaos && killed === undefined)
    screen.tell('No node was killed, as at no time all of them were there and complete')
  return killed
}

/** Nothing while that would be more than one node at a time. */
async function aim(client: Client, kitchen: Kitchen): Promise<Victim | undefined> {
  try {
    return (await isCalm(client)) ? await findVictim(client, kitchen.keyOf(ORDERS)) : undefined
  } catch {
    return undefined // It has just gone by itself: the next beat asks again.
  }
}

async function close({ screen, client, books }: Stage, killed: string | undefined): Promise<boolean> {
  const findings = await books.compare()
  const wrong = findings.filter(([, sent, said]) => sent !== said).map(([name]) => name)
  const verdict =
    wrong.length === 0
      ? `The same books, ${findings.length} of ${findings.length} lines: nothing is lost, nothing is counted twice.`
      : `Not the same books: ${wrong.join(', ')}.`
  const effort = `${client.requests} requests, ${client.repeated || 'none'} of them sent again to another node.`
  const kill = killed === undefined ? '' : ` Node ${killed} was killed meanwhile.`
  screen.close([
    '',
    ...drawBooks(findings),
    '',
    styleText(wrong.length === 0 ? 'green' : 'red', `  ${verdict}`),
    `  ${effort}${kill}`,
    '',
  ])
  return wrong.length === 0
}

/** @throws for what cannot be understood. */
function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { chaos: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const [url = 'http://127.0.0.1:4000', seconds = '25', ...more] = positionals
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) throw new Error(`${url} is not the URL of a node`)
  if (!(Number(seconds) > 0 && Number(seconds) < SECONDS_MAX)) {
    throw new Error(`${seconds} is not a number of seconds`)
  }
  if (more.length > 0) throw new Error(`too many arguments: ${more.join(' ')}`)
  return { url: url.replace(/\/$/, ''), seconds: Number(seconds), isChaos: values.chaos }
}

function optionsOrExit(args: readonly string[]): Options {
  try {
    return readOptions(args)
  } catch (error) {
    // The rest of what parseArgs says is advice that does not fit.
    console.error(`demo: ${messageOf(error).split('. ')[0]}\n${USAGE}`)
    process.exit(2)
  }
}

function reasonOf(error: unknown): string {
  return error instanceof ZodError ? 'this is not how a Larder node answers' : messageOf(error)
}

showHelp(process.argv.slice(2), USAGE)
const options = optionsOrExit(process.argv.slice(2))
try {
  process.exitCode = (await main(options)) ? 0 : 1
} catch (error) {
  console.error(`demo: ${reasonOf(error)}`)
  process.exitCode = 1
}
