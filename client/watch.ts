/** Changes as they happen: followed at one node after the other, from where the one before has left off. */
import type { CallOptions } from './attempts.ts'
import type { Calls, Fields } from './calls.ts'
import { type Entry, entryIn } from './entry.ts'
import { isObject, LarderError, notUnderstood } from './errors.ts'
import { EventReader, type ServerEvent } from './event-reader.ts'
import { type Key, keyText } from './key.ts'
import { pauseMs } from './retries.ts'
import type { Stream } from './stream.ts'

export type WatchedKind = 'value' | 'counter' | 'reaction'

export interface WatchOptions extends CallOptions {
  /** How the keys and contents begin: all of them if absent. */
  readonly prefix?: string
  /** The one key or content that is meant. */
  readonly key?: Key
  /** All of them if absent. */
  readonly kinds?: readonly WatchedKind[]
  /** What there is comes first, up to `snapshot-end`, and again after every `gap`. */
  readonly snapshot?: boolean
  /** The `id` of an event, to go on from. */
  readonly since?: string
  /** Called when a node begins to tell: from then on nothing is missed without a `gap`. Again with every other node. */
  readonly onOpen?: () => void
}

interface Marked {
  /** To go on from, with `since`; absent where that would leave something out. */
  readonly id?: string
}

/** What stands there now. */
export type Changed<T = unknown> = Marked & { readonly type: 'change'; readonly key: string } & (
    | ({ readonly kind: 'value' } & Entry<T>)
    | { readonly kind: 'counter'; readonly value: bigint; readonly ttl?: number }
    | {
        readonly kind: 'reaction'
        readonly user: string
        readonly reaction: string
        /** How many show it. */
        readonly count: number
        readonly ttl?: number
      }
  )

/** What stands there no more, and why. */
export type Deleted = Marked & {
  readonly type: 'delete'
  readonly key: string
  readonly reason: 'deleted' | 'expired' | 'evicted'
} & (
    | { readonly kind: 'value' | 'counter' }
    | { readonly kind: 'reaction'; readonly user: string; readonly reaction: string; readonly count: number }
  )

/**
 * `snapshot-end`: all that there was has been told. `gap`: changes were missed, and nobody knows which: what is watched is
 * to be read anew, unless `snapshot` was asked for, as then it follows.
 */
export type Change<T = unknown> =
  | Changed<T>
  | Deleted
  | (Marked & { readonly type: 'snapshot-end' })
  | (Marked & { readonly type: 'gap' })

/** Ends with `break`, or `return`, also while the next is waited for. */
export type Watch<T = unknown> = AsyncIterableIterator<Change<T>>

/** Nodes say something every ten seconds: one that does not for so long is left. */
const SILENCE_MAX_MS = 25_000
/** After a stream that lasted so long the next one is opened at once. */
const WORTH_MS = 1000

/** Where whoever watches stands. */
interface Place {
  id: string | undefined
  /** Told something that he cannot go on from. */
  isAmid: boolean
  /** Since when streams end that have told nothing at all. */
  emptySinceMs: number | undefined
}

interface Followed {
  readonly path: string
  readonly options: WatchOptions
  readonly place: Place
  /** Whoever watches has gone, or is to hear why he cannot go on. */
  readonly over: AbortController
}

/** Whoever watches has gone by himself. */
const GONE = new Error('nobody watches any more')

/** @throws TypeError for a key that is none. */
export function watching<T>(calls: Calls, options: WatchOptions): Watch<T> {
  const over = new AbortController()
  const place = { id: options.since, isAmid: false, emptySinceMs: undefined }
  const changes = following<T>(calls, { path: pathOf(options), options, place, over })
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => changes.next(),
    return: () => {
      over.abort(GONE)
      return changes.return()
    },
  }
}

async function* following<T>(calls: Calls, followed: Followed): AsyncGenerator<Change<T>, void, undefined> {
  const { options, over, place } = followed
  const onAbort = () => over.abort(options.signal?.reason)
  if (options.signal?.aborted) onAbort()
  options.signal?.addEventListener('abort', onAbort)
  try {
    for (let tries = 0; ; tries++) {
      const openedAtMs = performance.now()
      yield* toldByOne<T>(calls, followed)
      const nowMs = performance.now()
      if (nowMs - openedAtMs > WORTH_MS) tries = 0
      await calls.pause(pauseMs(tries), { signal: over.signal })
      const emptyMs = nowMs - (place.emptySinceMs ?? nowMs)
      if (emptyMs > (options.timeoutMs ?? calls.timeoutMs)) throw saysNothing()
    }
  } catch (error) {
    if (error !== GONE) throw error
  } finally {
    options.signal?.removeEventListener('abort', onAbort)
  }
}

/** Until it ends, breaks, or is silent. */
async function* toldByOne<T>(
  calls: Calls,
  { path, options, place, over }: Followed,
): AsyncGenerator<Change<T>, void, undefined> {
  const { key, timeoutMs, onOpen } = options
  const { stream, lost } = await calls.stream({
    path,
    headers: { accept: 'text/event-stream', ...(place.id !== undefined && { 'last-event-id': place.id }) },
    until: over.signal,
    ...(key !== undefined && { key: keyText(key) }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  })
  try {
    onOpen?.()
    if (place.isAmid && place.id === undefined) yield { type: 'gap' }
    place.isAmid = false
    place.emptySinceMs ??= performance.now()
    yield* changesIn<T>(stream, place)
    if (!over.signal.aborted) lost()
  } finally {
    stream.end()
  }
}

async function* changesIn<T>(stream: Stream, place: Place): AsyncGenerator<Change<T>, void, undefined> {
  const [decoder, reader] = [new TextDecoder(), new EventReader()]
  for (;;) {
    const bytes = await stream.read(SILENCE_MAX_MS)
    if (bytes === undefined) return
    place.emptySinceMs = undefined
    for (const told of reader.take(decoder.decode(bytes, { stream: true }))) {
      const change = changeOf<T>(told)
      if (change === undefined) continue
      place.isAmid = true
      place.id = told.id ?? place.id
      yield told.id === undefined ? change : { ...change, id: told.id }
    }
    // A comment has one too.
    place.id = reader.lastId ?? place.id
  }
}

function pathOf({ prefix, key, kinds, snapshot }: WatchOptions): string {
  const query = new URLSearchParams({
    ...(prefix !== undefined && { prefix }),
    ...(key !== undefined && { key: keyText(key) }),
    ...(kinds !== undefined && { kinds: kinds.join(',') }),
    ...(snapshot === true && { snapshot: '1' }),
  })
  return `/api/v1/watch?${query}`
}

/** `undefined` for an event that this version knows nothing of. */
function changeOf<T>({ event, data }: ServerEvent): Change<T> | undefined {
  if (event === 'snapshot-end' || event === 'gap') return { type: event }
  if (event !== 'change' && event !== 'delete') return undefined
  const told = jsonIn(data)
  if (!isObject(told) || typeof told['key'] !== 'string') throw notUnderstood(told)
  if (event === 'delete') return { type: 'delete', ...told } as Deleted
  return { type: 'change', ...thereOf<T>(told) } as Changed<T>
}

function thereOf<T>(told: Fields): object {
  const { kind, key, value } = told
  if (kind === 'value') return { kind, key, ...entryIn<T>(told) }
  return kind === 'counter' ? { ...told, value: BigInt(String(value)) } : told
}

function jsonIn(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    throw notUnderstood(data)
  }
}

function saysNothing(): LarderError {
  return new LarderError('no node tells of changes', { code: 'TIMED_OUT', retryable: true })
}
