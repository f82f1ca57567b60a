/**
 * A busy kitchen, played on a running cluster: cooks at their stations, gas valves, guests, dishes and orders.
 *
 * Every request goes to the next node, whoever owns the key. What was sent is noted here too, and in the end
 * compared with what the cluster says.
 */
import { randomUUID } from 'node:crypto'
import { styleText } from 'node:util'
import { z } from 'zod'
import { pause, systemClock } from '../shared/clock.ts'
import { Settings } from '../shared/config.ts'
import { isLive } from './readiness.ts'

const BEAT_MS = 250
const ANSWER_MAX_MS = 5000
/** A phone or a sensor that has been silent for this long is no longer there. */
const PRESENCE_SECONDS = 2
/** Reactions can be looked at for this long after the play, and then leave the cluster by themselves. */
const AFTERGLOW_SECONDS = 60
/** Of so many increments one is sent twice, as by a waiter who was not sure. */
const TWICE_EVERY = 5
const NAME_WIDTH = 12
const BAR_WIDTH = 24

const STATIONS = { Sam: 'Grill', Mia: 'Grill', Noor: 'Oven', Lev: 'Sauces', Ada: 'Sauces', Kofi: 'Pass' }
const VALVES = ['Gas valve 1', 'Gas valve 2']
const DISHES = ['Stew', 'Dumplings', 'Curry', 'Paella', 'Plum pie']
const REACTIONS = ['fire', 'yum', 'heart']
const GUESTS = 40

/** What happens in every beat, from some part of the time on. */
interface Act {
  readonly from: number
  readonly title: string
  readonly orders: number
  readonly guests: number
  readonly silent?: string
  readonly isGasOff?: boolean
}

const ACTS: readonly [Act, ...Act[]] = [
  { from: 0, title: 'The cooks take their stations, the gas goes on', orders: 0, guests: 0 },
  { from: 0.15, title: 'The first guests', orders: 1, guests: 1 },
  { from: 0.35, title: 'Rush hour', orders: 5, guests: 6 },
  { from: 0.65, title: "Sam's phone is silent, so he is gone soon", orders: 2, guests: 3, silent: 'Sam' },
  { from: 0.85, title: 'Last orders, the gas goes off', orders: 1, guests: 2, silent: 'Sam', isGasOff: true },
]

const Members = z.object({ members: z.array(z.object({ url: z.string() })) })
const Total = z.object({ value: z.string() }).optional()
const Counts = z.record(z.string(), z.int())
const Content = z.object({ reaction_count: Counts }).optional()
const Row = z.object({ content_id: z.string(), users: z.int(), reaction_count: Counts })
type Row = z.infer<typeof Row>
const Activity = z.object({ activity: z.array(Row) })

/** A line of the summary: a name, what was sent, and what the cluster says. */
type Finding = readonly [name: string, sent: string, said: string]

/** Requests to the nodes of a cluster, in turn. */
class Client {
  #nodes: readonly string[]
  readonly #headers: Readonly<Record<string, string>>
  #asked = 0

  constructor(url: string, apiKey: string | undefined) {
    this.#nodes = [url]
    this.#headers = { 'content-type': 'application/json', ...(apiKey && { 'api-key': apiKey }) }
  }

  /** Finds the other nodes, without those that only the cluster itself can reach. */
  async discover(): Promise<number> {
    const urls = Members.parse(await this.ask('/api/v1/cluster')).members.map(({ url }) => url)
    const live = await Promise.all(urls.map(isLive))
    if (live.includes(true)) this.#nodes = urls.filter((_, index) => live[index])
    return this.#nodes.length
  }

  /** A POST where there is a body, else a GET; nothing for what is not there. @throws when it fails. */
  async ask(path: string, body?: object, headers: object = {}): Promise<unknown> {
    const url = `${this.#nodes[this.#asked++ % this.#nodes.length]}${path}`
    const response = await fetch(url, {
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      headers: { ...this.#headers, ...headers },
      signal: AbortSignal.timeout(ANSWER_MAX_MS),
    })
    const text = await response.text()
    if (response.status === 404 && body === undefined) return undefined
    if (!response.ok) throw new Error(`${url} answers ${response.status}: ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
}

/** The play, and the notes. Every name ends with that of the run, so that two runs do not meet. */
class Kitchen {
  readonly #run = ` ${randomUUID().slice(0, 4)}`
  readonly #client: Client
  readonly #totals = new Map<string, number>()
  readonly #tastes = new Set<string>()
  readonly #reactionSeconds: number
  #increments = 0
  #guests = 0

  constructor(client: Client, seconds: number) {
    this.#client = client
    this.#reactionSeconds = seconds + AFTERGLOW_SECONDS
  }

  async beat({ orders, guests, silent, isGasOff = false }: Act): Promise<void> {
    const cooks = Object.entries(STATIONS).filter(([cook]) => cook !== silent)
    const gas = isGasOff ? 'remove' : 'add'
    await Promise.all([
      ...cooks.map(([cook, station]) => this.#react('add', station, cook, 'here', PRESENCE_SECONDS)),
      ...VALVES.map((valve) => this.#react(gas, valve, 'sensor', 'open', PRESENCE_SECONDS)),
      ...(isGasOff ? [] : VALVES.map(() => this.#count('Gas, litres', Math.ceil(Math.random() * 9)))),
      ...Array.from({ length: orders }, () => this.#count('Orders', 1)),
      ...Array.from({ length: guests }, () => this.#taste()),
    ])
  }

  /** Its key makes it harmless to send an increment again, to whichever node. */
  async #count(name: string, by: number): Promise<void> {
    this.#totals.set(name, (this.#totals.get(name) ?? 0) + by)
    const headers = { 'idempotency-key': randomUUID() }
    const times = ++this.#increments % TWICE_EVERY === 0 ? 2 : 1
    const send = () => this.#client.ask(this.#counterPath(name), { by: `${by}` }, headers)
    await Promise.all(Array.from({ length: times }, send))
  }

  /** The next guest reacts to a dish, or takes it back. */
  async #taste(): Promise<void> {
    const [dish, reaction, guest] = [anyOf(DISHES), anyOf(REACTIONS), `guest ${this.#guests++ % GUESTS}`]
    const taste = [dish, guest, reaction].join('|')
    const isNew = !this.#tastes.delete(taste)
    if (isNew) this.#tastes.add(taste)
    await this.#react(isNew ? 'add' : 'remove', dish, guest, reaction, this.#reactionSeconds)
  }

  async #react(action: string, content: string, user: string, reaction: string, ttl: number): Promise<void> {
    const what = { content_id: content + this.#run, user_id: user, reaction_type: reaction }
    await this.#client.ask('/api/v1/reaction', { type: 'reaction', action, ...what, ttl })
  }

  #counterPath(name: string): string {
    return `/api/v1/counters/${encodeURIComponent(name + this.#run)}`
  }

  /** What is going on, as the cluster sees it: the most engaged users first. */
  async look(): Promise<Row[]> {
    const { activity } = Activity.parse(await this.#client.ask('/api/v1/activity?limit=100'))
    const ours = activity.filter(({ content_id }) => content_id.endsWith(this.#run))
    return ours.map((row) => ({ ...row, content_id: row.content_id.slice(0, -this.#run.length) }))
  }

  totals(): Promise<Finding[]> {
    const compare = async ([name, total]: [string, number]): Promise<Finding> => {
      const said = Total.parse(await this.#client.ask(this.#counterPath(name)))
      return [name, `${total}`, said?.value ?? 'nothing']
    }
    return Promise.all([...this.#totals].map(compare))
  }

  /** To be asked when the presences should have ended: of these nobody is expected. */
  engaged(): Promise<Finding[]> {
    const compare = async (name: string): Promise<Finding> => {
      const path = `/api/v1/reaction/reactions_count/${encodeURIComponent(name + this.#run)}`
      const said = Content.parse(await this.#client.ask(path))
      return [name, countsText(this.#countsOf(name)), countsText(said?.reaction_count ?? {})]
    }
    return Promise.all([...DISHES, ...new Set(Object.values(STATIONS)), ...VALVES].map(compare))
  }

  #countsOf(dish: string): Row['reaction_count'] {
    const tastes = [...this.#tastes].map((taste) => taste.split('|')).filter(([name]) => name === dish)
    const countOf = (name: string) => tastes.filter(([, , reaction]) => reaction === name).length
    return Object.fromEntries(REACTIONS.map((name) => [name, countOf(name)]))
  }
}

/** The first ones are the favourites. */
function anyOf(names: readonly string[]): string {
  return names[Math.floor(Math.random() ** 2 * names.length)] ?? ''
}

function countsText(counts: Row['reaction_count']): string {
  const texts = Object.entries(counts).map(([name, count]) => (count > 0 ? `${name} ${count}  ` : ''))
  return texts.sort().join('').trimEnd() || 'nobody'
}

function drawRow({ content_id: name, users, reaction_count: counts }: Row): string {
  const bar = styleText('yellow', '█'.repeat(Math.min(users, BAR_WIDTH)).padEnd(BAR_WIDTH))
  return `  ${name.padEnd(NAME_WIDTH)} ${String(users).padStart(3)}  ${bar}  ${countsText(counts)}`
}

function drawFinding([name, sent, said]: Finding): string {
  const verdict = sent === said ? styleText('green', '✓') : styleText('red', `✗ the cluster says ${said}`)
  return `  ${name.padEnd(NAME_WIDTH)} ${sent.padEnd(36)} ${verdict}`
}

/** On a terminal one table that changes, elsewhere one for each act. */
async function play(kitchen: Kitchen, seconds: number): Promise<void> {
  const { stdout } = process
  const startedAtMs = performance.now()
  let shown: Act | undefined
  let height = 0
  for (let elapsed = 0; elapsed < seconds; elapsed = (performance.now() - startedAtMs) / 1000) {
    const act = ACTS.findLast(({ from }) => from <= elapsed / seconds) ?? ACTS[0]
    await kitchen.beat(act)
    const totals = (await kitchen.totals()).map(([name, , said]) => `   ${name} ${said}`).join('')
    const table = (await kitchen.look()).map(drawRow)
    const lines = [styleText('bold', `  ${act.title}`) + totals, '', ...table, '']
    if (stdout.isTTY && height > 0) stdout.write(`\x1b[${height}A\x1b[J`)
    if (stdout.isTTY || act !== shown) console.log(lines.join('\n'))
    height = lines.length
    shown = act
    await pause(systemClock, BEAT_MS)
  }
}

async function main(url: string, seconds: number): Promise<boolean> {
  if (!(await isLive(url))) throw new Error(`nothing answers at ${url}: is ./scripts/services.sh running?`)
  const client = new Client(url, new Settings(process.env).list('API_KEY')[0])
  console.log(`\n  A kitchen at ${url} and the nodes around it, ${await client.discover()} in all\n`)
  const kitchen = new Kitchen(client, seconds)
  await play(kitchen, seconds)
  console.log('  Closed. The cooks just go home: their presences end by themselves ...\n')
  await pause(systemClock, PRESENCE_SECONDS * 1000 + BEAT_MS)
  const findings = [...(await kitchen.totals()), ...(await kitchen.engaged())]
  console.log(findings.map(drawFinding).join('\n'))
  const isRight = findings.every(([, sent, said]) => sent === said)
  console.log(isRight ? '\n  All is counted, and only once.' : '\n  This is not what was sent.')
  return isRight
}

const [url = 'http://127.0.0.1:4000', seconds = '25', ...more] = process.argv.slice(2)
if (!URL.canParse(url) || !(Number(seconds) > 0) || more.length > 0) {
  console.error('usage: scripts/demo.sh [URL [SECONDS]]     default http://127.0.0.1:4000 and 25')
  process.exit(2)
}
try {
  process.exitCode = (await main(url.replace(/\/$/, ''), Number(seconds))) ? 0 : 1
} catch (error) {
  console.error(`demo: ${error instanceof Error ? (error.cause ?? error.message) : error}`)
  process.exitCode = 1
}
