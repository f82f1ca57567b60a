/** What a hit of a cached response costs: beside a bare server, beside nginx, and through another node beside at the owner. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { slotOf } from '../../shared/placement.ts'
import { placeSlots } from '../../shared/placing.ts'
import { Generator } from './generator.ts'
import { isNginxThere, startNginx } from './nginx.ts'
import { requestText } from './request.ts'
import { type Goal, measureRows, type Rounds, type Row } from './rows.ts'
import { ensureSame, type Server } from './server.ts'
import { Stand, type StandOptions } from './stand.ts'
import { judge, notesOn, ratioOf, tableOf } from './table.ts'

const CONNECTIONS = 64
const LINE = { path: '/server/sized/1000', headers: { org_id: 'acme', authorization: 'Bearer token' } }
const [BARE, OWNER, OTHER, NGINX] = [
  'bare node:http, 1 kB',
  'a hit at the owner',
  'a hit through another node',
  'nginx',
]
const OF_NGINX: Goal = { number: 6, of: NGINX, measure: 'CPU', bound: 'at most', ratio: 1.1 }

export async function measureHits(options: StandOptions, rounds: Rounds): Promise<string> {
  await using stand = await Stand.open(options)
  rounds.progress('starting')
  const measured = await measureRows(await hits(stand), new Generator(stand), rounds)
  const samples = measured.find(({ row }) => row.name === OWNER)?.samples ?? []
  const besideNginx = () => {
    const reached = ratioOf(samples, OF_NGINX, measured)
    return `a hit at the owner: ${reached.toFixed(2)} of the CPU of nginx, is to be <= ${OF_NGINX.ratio}: ${judge(reached, OF_NGINX)}`
  }
  const notes = [
    isNginxThere() ? besideNginx() : 'nginx is not installed: nothing to compare with',
    ...notesOn(measured),
  ]
  return [tableOf(measured), '', ...notes.map((note) => `- ${note}`)].join('\n')
}

async function hits(stand: Stand): Promise<Row[]> {
  const bare = await stand.bare()
  const routes = join(stand.folder, 'routes.json')
  const upstream = `http://127.0.0.1:${bare.port}/sized/{bytes}`
  const route = { type: 'sized', path: '/server/sized/{bytes}', upstream, ttl: 3600 }
  await writeFile(routes, JSON.stringify({ routes: [route] }))
  const pair = await stand.members({ members: 2, copies: 1, environment: { ROUTES_FILE: routes } })
  const at = placeSlots(pair.map(({ name }) => name))[slotOf(LINE.path)]
  const [owner, other] = at === 0 ? pair : pair.toReversed()
  if (owner === undefined || other === undefined) throw new RangeError('two members were started')
  const nginx = isNginxThere() ? [await startNginx(stand, bare)] : []
  await ensureSame(LINE, [bare, owner, other, ...nginx])
  return [
    { name: BARE, ...to(bare) },
    {
      name: OWNER,
      ...to(owner),
      goal: { number: 6, of: BARE, measure: 'rate', bound: 'at least', ratio: 0.85 },
    },
    {
      name: OTHER,
      ...to(other, pair),
      goal: { number: 6, of: OWNER, measure: 'CPU', bound: 'at most', ratio: 1.5 },
    },
    ...nginx.map((server) => ({ name: NGINX, ...to(server) })),
  ]
}

function to(server: Server, servers: readonly Server[] = [server]): Pick<Row, 'load' | 'servers'> {
  return { load: { ports: [server.port], requests: [requestText(LINE)], connections: CONNECTIONS }, servers }
}
