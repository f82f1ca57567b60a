/**
 * The whole vocabulary: every intent is a command, plain data that HTTP, forwarding and Kafka speak
 * alike, and every command has one reply. What cannot be carried out is a LarderError instead.
 */
import type { CountingCommand, CountingOutcome } from './counting.ts'
import type { Activity, Description, ManyKeysCommand, ManyKeysOutcome } from './many-keys.ts'
import type { ReactionCommand, ReactionOutcome, Sole } from './reaction-command.ts'
import type { Purge, ResponseFacts, ResponseQuery } from './response-command.ts'
import type { Right } from './rights.ts'

/**
 * Text where the value is JSON, so that it can be put into an answer as it is; bytes where it is not, or where it is too
 * large to be made into text in one turn. Whether it is JSON its media type tells.
 */
export type Body = string | Uint8Array

/** How much there is of it, in bytes as UTF-8. */
export function bytesOfBody(body: Body): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length
}

/** Preconditions on the entity tag (RFC 9110, section 13.1), checked in the turn that carries out the command. */
export interface Condition {
  /** Tags of which one must be the current one; `*` means that there must be a value. */
  readonly ifMatch?: readonly string[]
  /** Tags of which none may be the current one; `*` means that there must be no value. */
  readonly ifNoneMatch?: readonly string[]
}

/** Of an end: that there is none, or that there is one; that the new one is later, or sooner. */
export type EndCondition = 'endless' | 'ending' | 'later' | 'sooner'

/** What is asked of the value of a key. */
export type ValueCommand =
  /** Reads a value. */
  | { readonly type: 'value.get'; readonly key: string; readonly condition?: Condition }
  /** Tells of a value all but its body. */
  | { readonly type: 'value.describe'; readonly key: string; readonly condition?: Condition }
  /** Stores a value in place of what was there; `ttlMs` ends it by itself, `keepsTtl` when that would have ended. */
  | {
      readonly type: 'value.set'
      readonly key: string
      readonly contentType: string
      readonly body: Body
      readonly ttlMs?: number
      readonly keepsTtl?: true
      readonly condition?: Condition
    }
  /** From now on a value lives so long, or for ever; it is the same value, with the same entity tag. */
  | {
      readonly type: 'value.touch'
      readonly key: string
      readonly ttlMs?: number
      /** Only where all of this is true of the end that it has, and of the one that it would get. */
      readonly only?: readonly EndCondition[]
      readonly condition?: Condition
      /** Of the members of a set those behind this one: a shard alone says so. */
      readonly after?: string
    }
  /** Forgets a value. */
  | { readonly type: 'value.delete'; readonly key: string; readonly condition?: Condition }

/** What is asked of the one member that owns the key, about that key alone. */
export type SingleCommand =
  | (ValueCommand & Sole)
  | CountingCommand
  | (ReactionCommand & Sole)
  /** Reads a response, the key being its path; one that has to be fetched is missing. */
  | ({ readonly type: 'response.get' } & ResponseQuery)
  /** Reads it too, fetching it where that is needed: takes as long as upstream does. */
  | ({ readonly type: 'response.fetch' } & ResponseQuery)
  /** Stores a response; `ttlMs` is how long it may be of any use. */
  | {
      readonly type: 'response.put'
      readonly key: string
      readonly tenant: string
      readonly query: string
      readonly contentType: string
      readonly body: Body
      readonly headers: Readonly<Record<string, string>>
      readonly facts?: ResponseFacts
      readonly ttlMs: number
      readonly condition?: Condition
      /** Only where nothing was said against it since it was asked for, as an engine that others share knows. */
      readonly fence?: string
    }
  /** Forgets the responses of a tenant under a path. */
  | { readonly type: 'response.delete'; readonly key: string; readonly tenant: string }
  /** Forgets everyone's, or a tenant's: the object has changed. With `isRefresh` they are fetched anew. */
  | ({ readonly type: 'response.invalidate'; readonly key: string; readonly isRefresh: boolean } & Purge)

/**
 * Commands that are carried out in one turn, all of them or none: as soon as a condition of one does not hold, or one cannot
 * be carried out. They are of one member, and no two of them change one key. `key` is that of the first.
 */
export interface Together {
  readonly type: 'together'
  readonly key: string
  readonly commands: readonly SingleCommand[]
}

export type KeyCommand = SingleCommand | Together

/** What is asked of all members, as it is about no key. */
export type ClusterCommand =
  /** The contents with the most engaged users; of those that begin so, where a caller is told of no others. */
  | { readonly type: 'activity'; readonly limit: number; readonly prefix?: string }
  /** Forgets the responses of a tenant, or of all: what was written before this `time`, in stamps, never comes back. */
  | ({ readonly type: 'responses.clear'; readonly time?: number } & Purge)
  | ManyKeysCommand

export type Command = KeyCommand | ClusterCommand

/** A hundred years: nothing ends by itself later than that. */
export const LIFETIME_MAX_MS = 100 * 365 * 86_400_000

/** Which write it was (`stamp.ts`): no two have the same. */
export interface Stamp {
  readonly time: number
  readonly origin: string
}

/** As a strong entity tag (RFC 9110, section 8.8.3). */
export function tagOf({ time, origin }: Stamp): string {
  return `"${time}-${origin}"`
}

export type Outcome =
  | {
      readonly type: 'value'
      readonly contentType: string
      readonly body: Body
      readonly stamp: Stamp
      /** What is left of its life, where it ends by itself. */
      readonly ttlMs?: number
    }
  | ({ readonly type: 'description'; readonly stamp: Stamp } & Description)
  /** `upTo`: of very many those up to this one; a shard alone says so, and goes on. */
  | { readonly type: 'stored'; readonly stamp: Stamp; readonly created: boolean; readonly upTo?: string }
  /** Of very many only some: a shard alone says so, and goes on. */
  | { readonly type: 'deleted'; readonly isPart?: true }
  | { readonly type: 'missing' }
  /** A condition did not hold; `stamp` is the current one, where there is a value. */
  | { readonly type: 'mismatch'; readonly failed: keyof Condition; readonly stamp?: Stamp }
  | CountingOutcome
  /** It is as was asked: the reaction is there, or is not; the response is stored. */
  | { readonly type: 'done' }
  | ReactionOutcome
  /** Of each of the commands, in their order; where one does not hold, none is carried out, and it is the last. */
  | { readonly type: 'together'; readonly outcomes: readonly Outcome[]; readonly isDone: boolean }
  | { readonly type: 'activity'; readonly contents: readonly Activity[] }
  | ManyKeysOutcome
  | ResponseOutcome

export interface ResponseOutcome {
  readonly type: 'response'
  readonly status: number
  readonly contentType: string
  readonly body: Body
  readonly headers: Readonly<Record<string, string>>
  /** For how long it has been stored; of what a caller is given, how old it is. */
  readonly ageMs: number
  readonly facts?: ResponseFacts
  /** What became of the request, as the parameters of Cache-Status (RFC 9211). */
  readonly cacheStatus: string
}

/** What came of a command, and the member that owns its key. */
export type Reply = Outcome & { readonly owner: string }

/** What a command is about: each family has keys of its own. */
export type Family = 'value' | 'counter' | 'limit' | 'reactions' | 'response'

export type CommandOf<T extends Command['type']> = Extract<Command, { readonly type: T }>

interface CommandRow {
  readonly about: Family
  /** Whether it changes anything: a write that may have been carried out is never sent again. */
  readonly does: 'read' | 'write'
  /** What a key has to be good for, one of these, where that is not what it does. */
  readonly needs?: readonly Right[]
}

const COMMANDS: Readonly<Record<Command['type'], CommandRow>> = {
  'value.get': { about: 'value', does: 'read' },
  'value.describe': { about: 'value', does: 'read' },
  'value.set': { about: 'value', does: 'write' },
  'value.touch': { about: 'value', does: 'write' },
  'value.delete': { about: 'value', does: 'write' },
  'counter.add': { about: 'counter', does: 'write' },
  'counter.get': { about: 'counter', does: 'read' },
  'counter.set': { about: 'counter', does: 'write' },
  'counter.delete': { about: 'counter', does: 'write' },
  'limit.take': { about: 'limit', does: 'write' },
  'limit.delete': { about: 'limit', does: 'write' },
  'reaction.add': { about: 'reactions', does: 'write' },
  'reaction.remove': { about: 'reactions', does: 'write' },
  'reaction.count': { about: 'reactions', does: 'read' },
  'reaction.users': { about: 'reactions', does: 'read' },
  'reaction.change': { about: 'reactions', does: 'write' },
  'response.get': { about: 'response', does: 'read' },
  'response.fetch': { about: 'response', does: 'read' },
  'response.put': { about: 'response', does: 'write' },
  'response.delete': { about: 'response', does: 'write' },
  'response.invalidate': { about: 'response', does: 'write', needs: ['events', 'clear', 'write'] },
  /** And what each of them needs is asked of each (`node/permission.ts`). */
  together: { about: 'value', does: 'write' },
  activity: { about: 'reactions', does: 'read' },
  'responses.clear': { about: 'response', does: 'write', needs: ['clear'] },
  'keys.list': { about: 'value', does: 'read' },
  'keys.clear': { about: 'value', does: 'write', needs: ['clear'] },
  'keys.scan': { about: 'value', does: 'read' },
  'keys.forget': { about: 'value', does: 'write', needs: ['clear'] },
}

/** What it is about. */
export function familyOfCommand({ type }: Command): Family {
  return COMMANDS[type].about
}

/** The rights of which whoever asks for it has to have one. */
export function rightsFor({ type }: Command): readonly Right[] {
  const { does, needs = [does] } = COMMANDS[type]
  return needs
}

/** A list, as the first in it are what is asked most. */
const READ_TYPES: readonly string[] = Object.entries(COMMANDS)
  .filter(([, { does }]) => does === 'read')
  .map(([type]) => type)

export function isWrite({ type }: Command): boolean {
  return !READ_TYPES.includes(type)
}
