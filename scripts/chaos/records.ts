/** What the clients of a chaos run write and read: where it is, and what they know of it. */
import { z } from 'zod'
import type { Op } from './history.ts'
import { Cell, Grant, type Subject, Sum } from './ledger.ts'
import { type Answer, jsonRequest, type Request } from './requests.ts'

const VALUES_EACH = 12
const COUNTERS = 6
const LOCKS = 4
const CONTENTS = ['stew', 'curry', 'paella', 'plum pie']
const TENANTS = ['acme', 'bolt', 'corn']
const RESPONSES = 8
export const REACTION = 'fire'
export const HERE = 'here'

/** For ROUTES_FILE. Nothing answers upstream: there is only what was stored. */
export const ROUTES = {
  routes: [{ type: 'menu', path: '/menu/{id}', upstream: 'http://127.0.0.1:1/menu/{id}', ttl: 86_400 }],
}

/** What can be looked up, and compared with what is known. */
export interface Item {
  readonly kind: Op['kind']
  readonly name: string
  /** By which it is watched. */
  readonly key: string
  readonly subject: Subject
  get(): Request
  /** What an answer to that says; nothing when it is not an answer to the question. */
  stateIn(answer: Answer): string | undefined
}

/** What one client writes, and nobody else. */
export interface Place extends Item {
  readonly writer: number
  readonly subject: Cell
  stateOf(serial: number): string
  put(state: string): Request
  remove(): Request
}

/** What all clients add to. */
export interface Counter extends Item {
  readonly subject: Sum
  /** Whether each increment has a key, and may so be sent again. */
  readonly isKeyed: boolean
  add(by: number, once?: string): Request
}

/** What all clients compete for. */
export interface Lock {
  readonly name: string
  readonly grant: Grant
  get(): Request
  /** Who has it; nothing where it is not told. */
  holderIn(answer: Answer): string | undefined
  acquire(holder: string): Request
  release(etag: string): Request
}

export class Records {
  readonly places: readonly Place[]
  readonly counters: readonly Counter[]
  readonly locks: readonly Lock[] = Array.from({ length: LOCKS }, (_, index) => lock(index))

  constructor(clients: number) {
    const all = Array.from({ length: clients }, (_, client) => client)
    const numbers = Array.from({ length: COUNTERS }, (_, index) => index)
    this.places = [...all.flatMap(valuesOf), ...all.flatMap(presencesOf), ...responses(clients)]
    this.counters = [false, true].flatMap((isKeyed) => numbers.map((index) => counter(index, isKeyed)))
  }

  get all(): readonly Item[] {
    return [...this.places, ...this.counters]
  }
}

const Value = z.object({ data: z.string().nullable() })
const Total = z.object({ value: z.string() })
const Users = z.object({ users: z.record(z.string(), z.array(z.string())) })

function valuesOf(writer: number): Place[] {
  return Array.from({ length: VALUES_EACH }, (_, index) => {
    const key = `value ${writer} ${index}`
    const path = `/api?key=${encodeURIComponent(key)}`
    return {
      kind: 'value',
      name: key,
      key,
      writer,
      subject: new Cell(),
      stateOf: (serial) => `${key} #${serial}`,
      put: (data) => jsonRequest('POST', '/api', { key, data }),
      remove: () => ({ method: 'DELETE', path }),
      get: () => ({ method: 'GET', path }),
      stateIn: (answer) =>
        answer.status === 200 ? (Value.parse(JSON.parse(answer.text)).data ?? '') : undefined,
    }
  })
}

export function presenceName(user: string, content: string): string {
  return `${user} at ${content}`
}

function presencesOf(writer: number): Place[] {
  const user = `user ${writer}`
  return CONTENTS.map((content) => {
    const react = (action: string) => {
      const what = { content_id: content, user_id: user, reaction_type: REACTION }
      return jsonRequest('POST', '/api/v1/reaction', { type: 'reaction', action, ...what })
    }
    return {
      kind: 'reaction',
      name: presenceName(user, content),
      key: content,
      writer,
      subject: new Cell(),
      stateOf: () => HERE,
      put: () => react('add'),
      remove: () => react('remove'),
      get: () => ({
        method: 'GET',
        path: `/api/v1/reaction/users/${encodeURIComponent(content)}?limit=1000`,
      }),
      stateIn: ({ status, text }) => {
        if (status === 404) return ''
        if (status !== 200) return undefined
        return Users.parse(JSON.parse(text)).users[REACTION]?.includes(user) ? HERE : ''
      },
    }
  })
}

/** Every tenant has a response at each of the same paths; its body begins with the name of the tenant. */
function responses(clients: number): Place[] {
  return TENANTS.flatMap((tenant, tenantIndex) =>
    Array.from({ length: RESPONSES }, (_, index): Place => {
      const path = `/menu/${index}`
      const tag = `menu-${index}`
      const headers = { org_id: tenant, 'content-type': 'text/plain', 'surrogate-key': tag }
      const purge = (what: object) => jsonRequest('POST', '/api/v1/purge', { ...what, org_id: tenant })
      const forget: Request = { method: 'DELETE', path, headers }
      let removed = 0
      return {
        kind: 'response',
        name: `${path} of ${tenant}`,
        key: path,
        writer: (tenantIndex + index) % clients,
        subject: new Cell({ mayForget: true, tenant }),
        stateOf: (serial) => `${tenant} ${path} #${serial}`,
        put: (body) => ({ method: 'PUT', path, headers, body }),
        /** In one way after the other. */
        remove: () => [purge({ tag }), purge({ path })][removed++ % 3] ?? forget,
        get: () => ({ method: 'GET', path, headers }),
        stateIn: ({ status, text, problem }) => {
          if (problem === '502 UPSTREAM_UNREACHABLE') return ''
          return status === 200 ? text : undefined
        },
      }
    }),
  )
}

function counter(index: number, isKeyed: boolean): Counter {
  const key = `${isKeyed ? 'keyed' : 'plain'} ${index}`
  const path = `/api/v1/counters/${encodeURIComponent(key)}`
  return {
    kind: 'counter',
    name: key,
    key,
    subject: new Sum(),
    isKeyed,
    add(by, once) {
      const request = jsonRequest('POST', path, { by: `${by}` })
      if (once === undefined) return request
      return { ...request, headers: { ...request.headers, 'idempotency-key': once } }
    },
    get: () => ({ method: 'GET', path }),
    stateIn: ({ status, text }) => {
      if (status === 404) return ''
      return status === 200 ? Total.parse(JSON.parse(text)).value : undefined
    },
  }
}

function lock(index: number): Lock {
  const name = `lock ${index}`
  const path = `/api/v1/kv/${encodeURIComponent(name)}`
  return {
    name,
    grant: new Grant(),
    get: () => ({ method: 'GET', path }),
    holderIn: ({ status, text }) => (status === 404 ? '' : status === 200 ? text : undefined),
    acquire: (body) => ({
      method: 'PUT',
      path,
      headers: { 'content-type': 'text/plain', 'if-none-match': '*' },
      body,
    }),
    release: (etag) => ({ method: 'DELETE', path, headers: { 'if-match': etag } }),
  }
}
