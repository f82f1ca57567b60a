/** A process that does nothing but call, so that its CPU time is that of a client: of Larder, or of Redis beside it. */
import { Redis } from 'ioredis'
import { Larder } from '../../client/larder.ts'

/** Whom it calls from now on. */
export interface Target {
  readonly kind: 'larder' | 'ioredis'
  readonly ports: readonly number[]
  /** Whether it may look for the owners. */
  readonly direct: boolean
}

export interface Order {
  readonly target: Target
  readonly op: 'get' | 'set'
  readonly keys: readonly string[]
  readonly value: object
  /** How many calls are under way at once. */
  readonly calls: number
  readonly seconds: number
  /** So many operations, however long they take. */
  readonly least?: number
}

export interface Done {
  readonly operations: number
  readonly seconds: number
  readonly cpuSeconds: number
}

interface Store {
  get(key: string): Promise<unknown>
  set(key: string, value: object): Promise<unknown>
}

const stores = new Map<string, Store>()

process.on('message', async (order: Order) => process.send?.(await play(order)))
process.on('disconnect', () => process.exit())

async function play({ target, op, keys, value, calls, seconds, least = 0 }: Order): Promise<Done> {
  const store = storeOf(target)
  const one = op === 'get' ? (key: string) => store.get(key) : (key: string) => store.set(key, value)
  const cpu = process.cpuUsage()
  const startedAtMs = performance.now()
  const endsAtMs = startedAtMs + seconds * 1000
  let operations = 0
  const loop = async () => {
    do {
      const found = await one(keys[operations++ % keys.length] ?? '')
      if (found === undefined || found === null) throw new Error(`${op}: nothing came`)
    } while (performance.now() < endsAtMs || operations < least)
  }
  await Promise.all(Array.from({ length: calls }, loop))
  const { user, system } = process.cpuUsage(cpu)
  return { operations, seconds: (performance.now() - startedAtMs) / 1000, cpuSeconds: (user + system) / 1e6 }
}

function storeOf(target: Target): Store {
  const name = JSON.stringify(target)
  const store = stores.get(name) ?? open(target)
  stores.set(name, store)
  return store
}

function open({ kind, ports, direct }: Target): Store {
  if (kind === 'larder') return new Larder({ urls: ports.map((port) => `http://127.0.0.1:${port}`), direct })
  const redis = new Redis({ port: ports[0] ?? 0, enableAutoPipelining: true })
  return {
    async get(key) {
      return JSON.parse((await redis.get(key)) ?? 'null')
    },
    set: (key, value) => redis.set(key, JSON.stringify(value)),
  }
}
