/** Whatever commands and results members may tell each other. */
import fc from 'fast-check'
import { FORMATS } from '../../../../node/cluster/wire/format.ts'
import type { Result } from '../../../../node/cluster/wire/reply.ts'
import { type Command, type Condition, LIFETIME_MAX_MS } from '../../../../shared/command.ts'

export const format = fc.constantFrom(...FORMATS)

/** Also with halves of surrogate pairs, as JSON may hold them. */
const anyText = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units))
const text = fc.oneof(fc.string({ unit: 'grapheme' }), anyText)
const bytes = fc.uint8Array().map((all) => new Uint8Array(all))
/** Short, and too long to stand in a head. */
const bodyText = fc
  .tuple(fc.string({ unit: 'grapheme' }), fc.constantFrom(0, 1023, 3000))
  .map(([some, filling]) => some + 'ü'.repeat(filling))
const body = fc.oneof(bodyText, bytes)
const key = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  anyText.map((some) => `\ud800${some}`),
)
/** Also the names that objects have by themselves. */
const name = fc.oneof(key, fc.constantFrom('__proto__', 'constructor', 'toString', '\0'))
const limit = fc.integer({ min: 1, max: 1000 })
const pageEnd = fc.record({ reaction: text, user: text })
/** What a header may hold. */
const contentType = fc.string({ unit: 'grapheme-ascii' })
const ttlMs = fc.oneof(fc.nat(), fc.double({ noNaN: true, min: 0, max: LIFETIME_MAX_MS }))
const stamp = fc.record({ time: fc.nat(), origin: text })
const condition: fc.Arbitrary<Condition> = fc.record(
  { ifMatch: fc.array(text), ifNoneMatch: fc.array(text) },
  { requiredKeys: [] },
)
const asked = { key, tenant: name, query: text, authorization: contentType }
const dictionaryOfHeaders = fc
  .dictionary(fc.constantFrom('etag', 'x-dish', 'vary'), contentType)
  .map((all) => ({ ...all }))
const isSole = fc.constant(true as const)
const only = fc.array(
  fc.constantFrom('endless' as const, 'ending' as const, 'later' as const, 'sooner' as const),
)
const change = fc.record(
  {
    type: fc.constant('reaction.change' as const),
    key,
    reaction: name,
    come: fc.array(name),
    go: fc.array(name),
    isReplaced: isSole,
    isStrict: isSole,
    isNew: isSole,
    ttlMs,
    isSole,
  },
  { requiredKeys: ['type', 'key', 'reaction', 'come', 'go'] },
)
export const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record(
    {
      type: fc.constantFrom('value.get' as const, 'value.describe' as const, 'value.delete' as const),
      key,
      condition,
      isSole,
    },
    { requiredKeys: ['type', 'key'] },
  ),
  fc.record(
    { type: fc.constant('value.set' as const), key, contentType, body, ttlMs, condition, isSole },
    { requiredKeys: ['type', 'key', 'contentType', 'body'] },
  ),
  fc.record({
    type: fc.constant('value.set' as const),
    key,
    contentType,
    body,
    keepsTtl: fc.constant(true as const),
  }),
  fc.record(
    { type: fc.constant('value.touch' as const), key, ttlMs, condition, only, isSole },
    { requiredKeys: ['type', 'key'] },
  ),
  change,
  fc.record({
    type: fc.constant('together' as const),
    key,
    commands: fc.array(fc.oneof(change, fc.record({ type: fc.constant('value.get' as const), key, isSole }))),
  }),
  fc.record(
    { type: fc.constantFrom('response.get' as const, 'response.fetch' as const), ...asked },
    { requiredKeys: ['type', 'key', 'tenant', 'query'] },
  ),
  fc.record({
    type: fc.constant('response.put' as const),
    key,
    tenant: name,
    query: text,
    contentType,
    body,
    headers: dictionaryOfHeaders,
    ttlMs,
  }),
  fc.record({ type: fc.constant('response.delete' as const), key, tenant: name }),
  fc.record({ type: fc.constant('response.invalidate' as const), key, isRefresh: fc.boolean() }),
  fc.record({ type: fc.constant('responses.clear' as const), tenant: name }, { requiredKeys: ['type'] }),
  fc.record(
    {
      type: fc.constant('counter.add' as const),
      key,
      by: fc.bigInt().map(String),
      idempotencyKey: fc.string({ unit: 'binary-ascii', minLength: 1 }),
      ttlMs,
      min: fc.bigInt().map(String),
      max: fc.bigInt().map(String),
    },
    { requiredKeys: ['type', 'key', 'by'] },
  ),
  fc.record({ type: fc.constant('counter.get' as const), key }),
  fc.record({ type: fc.constant('limit.take' as const), key, limit, windowMs: ttlMs, cost: fc.nat() }),
  fc.record({ type: fc.constant('limit.delete' as const), key }),
  fc.record(
    { type: fc.constant('counter.set' as const), key, value: fc.bigInt().map(String), ttlMs },
    { requiredKeys: ['type', 'key', 'value'] },
  ),
  fc.record({ type: fc.constant('counter.delete' as const), key }),
  fc.record(
    {
      type: fc.constant('reaction.add' as const),
      key,
      user: name,
      reaction: name,
      ttlMs: fc.nat(),
      isUnique: fc.constant(true as const),
    },
    { requiredKeys: ['type', 'key', 'user', 'reaction'] },
  ),
  fc.record({ type: fc.constant('reaction.remove' as const), key, user: name, reaction: name }),
  fc.record(
    { type: fc.constant('reaction.count' as const), key, user: name },
    { requiredKeys: ['type', 'key'] },
  ),
  fc.record(
    { type: fc.constant('reaction.users' as const), key, reaction: name, after: pageEnd, limit },
    { requiredKeys: ['type', 'key', 'limit'] },
  ),
  fc.record(
    { type: fc.constant('activity' as const), limit, prefix: name },
    { requiredKeys: ['type', 'limit'] },
  ),
)
export const routed = fc.record({ command, requestId: text, traced: fc.boolean(), remainingMs: fc.nat() })
/** As an object with names of its own, whatever they are. */
function dictionary<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> {
  return fc.array(fc.tuple(name, value), { maxLength: 4 }).map((members) => Object.fromEntries(members))
}
const counts = dictionary(fc.nat())

function reply<T>(
  fields: { [K in keyof T]: fc.Arbitrary<T[K]> },
): fc.Arbitrary<{ reply: T & { owner: string } }> {
  return fc.record({ fields: fc.record(fields), owner: text }).map(({ fields, owner }) => ({
    reply: { ...fields, owner } as T & { owner: string },
  }))
}

export const result: fc.Arbitrary<Result> = fc.oneof(
  fc.record({
    reply: fc.record({
      type: fc.constant('value' as const),
      owner: text,
      contentType: text,
      body,
      stamp,
    }),
  }),
  fc.record({
    reply: fc.record(
      {
        type: fc.constant('description' as const),
        owner: text,
        contentType: text,
        bytes: fc.nat(),
        stamp,
        ttlMs: fc.nat(),
      },
      { requiredKeys: ['type', 'owner', 'contentType', 'bytes', 'stamp'] },
    ),
  }),
  fc.record({
    reply: fc.record({ type: fc.constant('stored' as const), owner: text, stamp, created: fc.boolean() }),
  }),
  reply({ type: fc.constant('deleted' as const) }),
  reply({ type: fc.constant('mismatch' as const), failed: fc.constantFrom('ifMatch', 'ifNoneMatch') }),
  reply({
    type: fc.constant('response' as const),
    status: fc.constantFrom(200, 404),
    contentType,
    body,
    headers: dictionaryOfHeaders,
    ageMs: fc.nat(),
    cacheStatus: fc.constantFrom('hit', 'fwd=miss'),
  }),
  reply({ type: fc.constant('missing' as const) }),
  reply({ type: fc.constant('total' as const), value: fc.bigInt().map(String) }),
  reply({ type: fc.constant('outOfBounds' as const), value: fc.bigInt().map(String), ttlMs: ttlMs }),
  reply({ type: fc.constant('done' as const) }),
  reply({ type: fc.constant('counts' as const), counts }),
  reply({
    type: fc.constant('users' as const),
    users: dictionary(fc.array(name, { maxLength: 3 })),
    next: pageEnd,
  }),
  reply({
    type: fc.constant('activity' as const),
    contents: fc.array(fc.record({ content: name, users: fc.nat(), counts }), { maxLength: 3 }),
  }),
  fc.record({ error: fc.record({ code: fc.constant('OVERLOADED' as const), detail: text }) }),
)

/** Bytes compare by content, whatever class holds them; what is not there as if nobody had mentioned it. */
export function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? ['bytes', ...part] : part)),
  )
}
