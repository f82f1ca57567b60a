/** The requests of a chaos run as calls of `client/`: whatever is to be tried again, at whomever, is up to that. */
import { Larder, LarderError } from '../../client/larder.ts'
import type { Answer, Request } from './requests.ts'

interface Call {
  readonly larder: Larder
  /** What the pattern has found in the path, decoded. */
  readonly name: string
  readonly fields: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

type Found = Partial<Pick<Answer, 'status' | 'text' | 'etag' | 'problem'>>
type Row = readonly [method: Request['method'], path: RegExp, call: (call: Call) => Promise<Found>]

const DONE: Found = { status: 204 }
const json = (body: object): Found => ({ text: JSON.stringify(body) })
const PLACE = /^\/api\?key=(.+)$/
const COUNTER = /^\/api\/v1\/counters\/(.+)$/
const LOCK = /^\/api\/v1\/kv\/(.+)$/
const MENU = /^(\/menu\/\d+)$/

const ROWS: readonly Row[] = [
  ['GET', PLACE, async ({ larder, name }) => json({ data: (await larder.get(name)) ?? null })],
  ['DELETE', PLACE, async ({ larder, name }) => json({ data: null, deleted: await larder.delete(name) })],
  [
    'POST',
    /^\/api$/,
    async ({ larder, fields: { key = '', data } }) => json({ data, ...(await larder.set(key, data)) }),
  ],
  [
    'POST',
    /^\/api\/v1\/reaction$/,
    async ({ larder, fields: { content_id = '', user_id = '', reaction_type = '', action } }) => {
      const reactions = larder.reactions(content_id)
      await (action === 'add'
        ? reactions.add(user_id, reaction_type)
        : reactions.remove(user_id, reaction_type))
      return DONE
    },
  ],
  [
    'GET',
    /^\/api\/v1\/reaction\/users\/([^?]+)/,
    async ({ larder, name }) => {
      const users: string[] = []
      for await (const user of larder.reactions(name).users('fire')) users.push(user)
      return json({ users: { fire: users } })
    },
  ],
  [
    'POST',
    COUNTER,
    async ({ larder, name, fields: { by = '' }, headers }) => {
      const idempotencyKey = headers['idempotency-key']
      const once = idempotencyKey === undefined ? {} : { idempotencyKey }
      return json({ value: String(await larder.counter(name).add(BigInt(by), once)) })
    },
  ],
  [
    'GET',
    COUNTER,
    async ({ larder, name }) => {
      const total = await larder.counter(name).get()
      return total === undefined ? { status: 404 } : json({ value: String(total) })
    },
  ],
  [
    'GET',
    LOCK,
    async ({ larder, name }) => {
      const entry = await larder.entry<string>(name)
      return entry === undefined
        ? { status: 404, problem: '404 NO_SUCH_KEY' }
        : { text: entry.value, etag: entry.etag }
    },
  ],
  [
    'PUT',
    LOCK,
    async ({ larder, name, text }) => {
      const stored = await larder.set(name, text, { ifAbsent: true, contentType: 'text/plain' })
      return stored ?? { status: 412, problem: '412 PRECONDITION_FAILED' }
    },
  ],
  [
    'DELETE',
    LOCK,
    async ({ larder, name, headers: { 'if-match': ifMatch = '' } }) =>
      (await larder.delete(name, { ifMatch })) ? DONE : { status: 412, problem: '412 PRECONDITION_FAILED' },
  ],
  [
    'GET',
    MENU,
    async ({ larder, name, headers: { org_id: orgId = '' } }) => {
      const { status, body } = await larder.responses.get(name, { orgId })
      if (status === 200 && body instanceof Uint8Array) return { text: new TextDecoder().decode(body) }
      return { status, problem: `${status} ${(body as { code?: string }).code}` }
    },
  ],
  [
    'PUT',
    MENU,
    async ({
      larder,
      name,
      text,
      headers: { org_id: orgId = '', 'content-type': contentType = '', ...headers },
    }) => {
      await larder.responses.put(name, text, { orgId, contentType, headers })
      return DONE
    },
  ],
  [
    'DELETE',
    MENU,
    async ({ larder, name, headers: { org_id: orgId = '' } }) => {
      await larder.responses.delete(name, { orgId })
      return DONE
    },
  ],
  [
    'POST',
    /^\/api\/v1\/purge$/,
    async ({ larder, fields: { org_id: orgId = '', ...what } }) => {
      await larder.responses.purge({ ...what, orgId })
      return DONE
    },
  ],
]

export class ThroughClient {
  readonly #larder: Larder

  /** Of members; others it finds by itself. */
  constructor(urls: readonly string[]) {
    this.#larder = new Larder({ urls })
  }

  async send({ method, path, headers = {}, body = '' }: Request): Promise<Answer> {
    const row = ROWS.find(([one, pattern]) => one === method && pattern.test(path))
    if (row === undefined) throw new TypeError(`the client has no call for ${method} ${path}`)
    const name = decodeURIComponent(row[1].exec(path)?.[1] ?? '')
    const fields = headers['content-type'] === 'application/json' ? JSON.parse(body) : {}
    try {
      const found = await row[2]({ larder: this.#larder, name, fields, headers, text: body })
      return { status: 200, text: '', problem: '', ...found }
    } catch (error) {
      if (!(error instanceof LarderError)) throw error
      return { status: error.status, text: '', problem: `${error.status} ${error.code}` }
    }
  }

  close(): void {
    this.#larder.close()
  }
}
