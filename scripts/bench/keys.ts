/** Keys of the kind that people use, and the requests for them. */
import { slotOf } from '../../shared/placement.ts'
import { placeSlots } from '../../shared/placing.ts'
import { Load } from './load.ts'
import { inAll } from './pace.ts'
import { requestText } from './request.ts'
import type { Server } from './server.ts'

/** All of the same length. */
const FIRST = 10_000
const FILLING_CONNECTIONS = 16
export const DATA = { jam: 'plum', jars: 12 }
const FORM = 'application/x-www-form-urlencoded'

export function keys(count: number, prefix = 'user'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}:${FIRST + index}`)
}

/** Keys that the first of these members owns. */
export function keysOfFirst(members: readonly Server[], count: number, prefix = 'user'): string[] {
  const owners = placeSlots(members.map(({ name }) => name))
  const found: string[] = []
  for (let index = FIRST; found.length < count; index++) {
    const key = `${prefix}:${index}`
    if (owners[slotOf(key)] === 0) found.push(key)
  }
  return found
}

export const gets = (keys: readonly string[]) => keys.map((key) => requestText({ path: `/api?key=${key}` }))

export const posts = (keys: readonly string[]) =>
  keys.map((key) => requestText({ path: '/api', body: { key, data: DATA } }))

export const increments = (keys: readonly string[]) =>
  keys.map((key) => requestText({ path: '/increment', body: `key=${key}&value=1`, type: FORM }))

/** Batches of this many operations each. */
export function batches(op: 'get' | 'set', keys: readonly string[], size: number): string[] {
  const operation = (key: string) => (op === 'get' ? { op, key } : { op, key, data: DATA })
  return Array.from({ length: Math.ceil(keys.length / size) }, (_, index) => {
    const ops = keys.slice(index * size, (index + 1) * size).map(operation)
    return requestText({ path: '/api/v1/batch', body: { ops } })
  })
}

/** Stores the data of these keys there. @throws when that is refused. */
export async function store(keys: readonly string[], servers: readonly Server[]): Promise<void> {
  for (const { port } of servers) await send(posts(keys), port)
}

/** @throws when one of them is refused. */
export async function send(texts: readonly string[], port: number): Promise<void> {
  const requests = texts.map((text) => Buffer.from(text))
  const next = () => requests.pop() ?? Buffer.alloc(0)
  const load = await Load.open({ ports: [port], connections: FILLING_CONNECTIONS, next })
  const { accepted, problem } = await load.play(inAll(texts.length))
  load.close()
  if (accepted.count < texts.length) throw new Error(`port ${port} has not stored all: ${problem}`)
}
