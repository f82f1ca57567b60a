/** The goals that are ratios of rates, CPU time and latency: what is measured beside what. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LoadSpec } from './generator.ts'
import { batches, gets, increments, keys, keysOfFirst, posts, store } from './keys.ts'
import { requestText } from './request.ts'
import type { Goal, Row } from './rows.ts'
import { ensureSame, type Server } from './server.ts'
import type { Stand } from './stand.ts'

const CONNECTIONS = 64
const MANY_CONNECTIONS = 1000
const IDLE_CONNECTIONS = 5000
const KEYS = 100
const BATCH = 100
const BATCHED_KEYS = 1000

/** Starts what its rows need. */
export type Group = (stand: Stand) => Promise<Row[]>

export const groups: readonly Group[] = [pairs, alone, four]

const BARE_GET = 'bare node:http, GET'
const BARE_POST = 'bare node:http, POST'

/** Two pairs of members: in one each key is on its owner, in the other on both. */
async function pairs(stand: Stand): Promise<Row[]> {
  const [pair, copies] = await Promise.all([
    stand.members({ members: 2, copies: 1 }),
    stand.members({ members: 2, copies: 2 }),
  ])
  const [owner, other, copying] = [first(pair), first(pair.slice(1)), first(copies)]
  const bare = await stand.bare({ NODE_ID: owner.name })
  const own = keysOfFirst(pair, KEYS)
  const copied = keysOfFirst(copies, KEYS)
  const counted = keysOfFirst(pair, KEYS, 'count')
  await store(own, [owner, bare])
  await store(copied, [copying])
  await ensureSame({ path: `/api?key=${own[0]}` }, [owner, bare])
  const via = (server: Server, requests: readonly string[], connections = CONNECTIONS) => ({
    load: to([server], requests, connections),
    servers: server === owner ? [owner] : pair,
  })
  return [
    { name: BARE_GET, load: to([bare], gets(own)), servers: [bare] },
    { name: 'GET on the owner', ...via(owner, gets(own)), goal: rate(1, BARE_GET, 0.85) },
    { name: BARE_POST, load: to([bare], posts(own)), servers: [bare] },
    { name: 'POST on the owner', ...via(owner, posts(own)), goal: rate(1, BARE_POST, 0.8) },
    {
      name: 'GET through another node',
      ...via(other, gets(own)),
      goal: atMost(2, 'CPU', 'GET on the owner', 1.5),
    },
    {
      name: 'POST through another node',
      ...via(other, posts(own)),
      goal: atMost(2, 'CPU', 'POST on the owner', 1.5),
    },
    { name: 'GET on the owner, 1 connection', ...via(owner, gets(own), 1) },
    {
      name: 'GET through another node, 1 connection',
      ...via(other, gets(own), 1),
      goal: atMost(2, 'latency', 'GET on the owner, 1 connection', 2.5),
    },
    { name: 'POST on the owner, 1 connection', ...via(owner, posts(own), 1) },
    {
      name: 'POST through another node, 1 connection',
      ...via(other, posts(own), 1),
      goal: atMost(2, 'latency', 'POST on the owner, 1 connection', 2.5),
    },
    {
      name: 'POST on the owner, COPIES=2',
      load: to([copying], posts(copied)),
      servers: copies,
      goal: atMost(3, 'CPU', 'POST on the owner', 2),
    },
    { name: 'increment on the owner', ...via(owner, increments(counted)), goal: rate(4, BARE_POST, 0.8) },
  ]
}

/** Nodes that are clusters of one. */
async function alone(stand: Stand): Promise<Row[]> {
  const bare = await stand.bare({ NODE_ID: '127.0.0.1:4000' })
  const routes = join(stand.folder, 'routes.json')
  const upstream = `http://127.0.0.1:${bare.port}/sized/{bytes}`
  const route = { type: 'sized', path: '/server/sized/{bytes}', upstream, ttl: 3600 }
  await writeFile(routes, JSON.stringify({ routes: [route] }))
  const [node, durable] = await Promise.all([
    stand.node({ NODE_ID: '127.0.0.1:4000', ROUTES_FILE: routes }),
    stand.node({ SYNC_INTERVAL_MS: '0' }),
  ])
  const batched = keys(BATCHED_KEYS)
  await store(batched, [node, bare])
  const ops = batched.map((key) => ({ op: 'get', key }))
  await ensureSame({ path: '/api/v1/batch', body: { ops } }, [node, bare])
  const one = (server: Server, requests: readonly string[], connections = CONNECTIONS) => ({
    load: to([server], requests, connections),
    servers: [server],
  })
  const counters = increments(keys(KEYS, 'count'))
  const many = { connections: MANY_CONNECTIONS, idle: IDLE_CONNECTIONS }
  const batch = `batch of ${BATCH} gets`
  return [
    { name: 'increment, one node', ...one(node, counters) },
    {
      name: 'increment, SYNC_INTERVAL_MS=0',
      ...one(durable, counters),
      goal: rate(4, 'increment, one node', 0.5),
    },
    {
      name: `bare node:http, ${batch}`,
      ...one(bare, batches('get', batched, BATCH)),
      operations: BATCH,
    },
    {
      name: `${batch}, one node`,
      ...one(node, batches('get', batched, BATCH)),
      operations: BATCH,
      goal: rate(5, `bare node:http, ${batch}`, 0.5),
    },
    ...(await cached(node, bare, { name: '1 kB', bytes: 1000 })),
    ...(await cached(node, bare, { name: '100 kB', bytes: 100_000 })),
    { name: 'GET, one node', ...one(node, gets(batched)) },
    {
      name: `GET, ${MANY_CONNECTIONS} connections, ${IDLE_CONNECTIONS} idle`,
      load: { ...to([node], gets(batched)), ...many },
      servers: [node],
      goal: rate(7, 'GET, one node', 0.8),
    },
  ]
}

/** The bare server is also what the responses come from; it is asked once. */
async function cached(
  node: Server,
  bare: Server,
  { name, bytes }: { name: string; bytes: number },
): Promise<Row[]> {
  const headers = { org_id: 'acme', authorization: 'Bearer token' }
  const line = { path: `/server/sized/${bytes}`, headers }
  await ensureSame(line, [node, bare])
  const requests = [requestText(line)]
  const yardstick = `bare node:http, ${name}`
  return [
    { name: yardstick, load: to([bare], requests), servers: [bare] },
    {
      name: `cached response, ${name}`,
      load: to([node], requests),
      servers: [node],
      goal: rate(6, yardstick, 0.85),
    },
  ]
}

/** Four members on two cores beside one on one. */
async function four(stand: Stand): Promise<Row[]> {
  const { cores } = stand
  const [one, members] = await Promise.all([
    stand.node(),
    stand.members({ members: 4, copies: 1, cores: [cores?.server, cores?.second] }),
  ])
  const spread = keys(BATCHED_KEYS)
  await store(spread, [one, first(members)])
  const requests = batches('get', spread, BATCH)
  const yardstick = `batch of ${BATCH} gets, one node on one core`
  return [
    { name: yardstick, load: to([one], requests), servers: [one], operations: BATCH },
    {
      name: `batch of ${BATCH} gets, four nodes on two cores`,
      load: to(members, requests),
      servers: members,
      operations: BATCH,
      goal: rate(5, yardstick, 1),
    },
  ]
}

function to(servers: readonly Server[], requests: readonly string[], connections = CONNECTIONS): LoadSpec {
  return { ports: servers.map(({ port }) => port), requests, connections }
}

function rate(number: number, of: string, ratio: number): Goal {
  return { number, of, measure: 'rate', bound: 'at least', ratio }
}

function atMost(number: number, measure: Goal['measure'], of: string, ratio: number): Goal {
  return { number, of, measure, bound: 'at most', ratio }
}

function first<T>([one]: readonly T[]): T {
  if (one === undefined) throw new RangeError('there is none')
  return one
}
