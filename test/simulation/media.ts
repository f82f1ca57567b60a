/** What versions are written to, and how they are read there. */
import type { Command, KeyCommand, Reply } from '../../shared/command.ts'
import type { Seen } from './versions.ts'

export interface Medium {
  readonly prefix: string
  write(name: string, version: number, ttlMs: number): KeyCommand
  /** One way of several. */
  forget(name: string, way: number): Command
  read(name: string): KeyCommand
  seen(name: string, reply: Reply): Seen
}

const REACTION = 'ice'
const USERS_MAX = 500
/** How long a response may be of use: longer than anything is played. */
const RESPONSE_MS = 3_600_000
const PADDING = 'x'.repeat(4000)

function lasting(ttlMs: number): { ttlMs?: number } {
  return ttlMs === Infinity ? {} : { ttlMs }
}

function versionIn(reply: Reply): Seen {
  const body = reply.type === 'value' || reply.type === 'response' ? String(reply.body) : undefined
  return body === undefined ? 'nothing' : Number(body.split(' ')[0])
}

export const VALUES: Medium = {
  prefix: 't',
  write: (key, version, ttlMs) => ({
    type: 'value.set',
    key,
    contentType: 'application/json',
    body: `${version}`,
    ...lasting(ttlMs),
  }),
  forget: (key) => ({ type: 'value.delete', key }),
  read: (key) => ({ type: 'value.get', key }),
  seen: (_, reply) => versionIn(reply),
}

/** A value and a counter in turn under one key, and forgotten as either of them. */
export const TURNS: Medium = {
  ...VALUES,
  prefix: 'm',
  write: (key, version, ttlMs) =>
    version % 2 === 0
      ? { type: 'counter.set', key, value: `${version}`, ...lasting(ttlMs) }
      : VALUES.write(key, version, ttlMs),
  forget: (key, way) => ({ type: way % 2 === 0 ? 'value.delete' : 'counter.delete', key }),
}

export const LARGE_VALUES: Medium = {
  ...VALUES,
  prefix: 'l',
  write: (key, version) => ({
    type: 'value.set',
    key,
    contentType: 'text/plain',
    body: `${version} ${PADDING}`,
  }),
}

/** Each of a user of its own, on one content. */
export const PRESENCES: Medium = {
  prefix: 'p',
  write: (user, _, ttlMs) => ({
    type: 'reaction.add',
    key: 'presences',
    user,
    reaction: REACTION,
    ...lasting(ttlMs),
  }),
  forget: (user) => ({ type: 'reaction.remove', key: 'presences', user, reaction: REACTION }),
  read: () => ({ type: 'reaction.users', key: 'presences', limit: USERS_MAX }),
  seen: (user, reply) =>
    reply.type === 'users' && reply.users[REACTION]?.includes(user) ? 'here' : 'nothing',
}

const TENANT = 'acme'

export const RESPONSES: Medium = {
  prefix: '/a',
  write: (key, version) => ({
    type: 'response.put',
    key,
    tenant: TENANT,
    query: '',
    contentType: 'application/json',
    body: `${version}`,
    headers: { 'surrogate-key': key },
    ttlMs: RESPONSE_MS,
  }),
  forget(key, way) {
    if (way === 0) return { type: 'response.delete', key, tenant: TENANT }
    if (way === 1) return { type: 'responses.clear', tag: key }
    return { type: 'response.invalidate', key, isRefresh: false }
  },
  read: (key) => ({ type: 'response.get', key, tenant: TENANT, query: '' }),
  seen: (_, reply) => versionIn(reply),
}

export const PURGED: Medium = {
  ...RESPONSES,
  prefix: '/g',
  forget: (key) => RESPONSES.forget(key, 1),
}
