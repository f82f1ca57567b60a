/**
 * What is behind the router of requests: whatever carries out commands, with all that it needs for that. Nothing in front
 * of it knows whether there are shards and copies, or something else.
 */
import type { Route } from '../shared/http/route.ts'
import type { Engine } from './engine.ts'
import type { Watching } from './watching.ts'

/** So many slots, for how long at most, and what keeps them. */
export interface Overdue {
  readonly slots: number
  readonly seconds: number
  readonly reason: string
}

export interface Backend {
  readonly engine: Engine
  /** Where somebody can be told of changes. */
  readonly watching: Watching
  /** Whether all keys are in one place, so that any of them can be changed in one turn. */
  readonly isOnePlace: boolean
  /** On how many others that can be reached whatever is acknowledged surely is. */
  readonly copiesElsewhere: number
  /** What it answers besides commands: to the other members, and of itself. */
  readonly routes: readonly Route[]
  /** Why requests should go to other nodes, or `undefined` when they need not. */
  readonly notReady: string | undefined
  /** Other nodes without which a part of what is kept cannot be served. */
  readonly waitingFor: readonly string[]
  /** Parts of what is kept that should have come here long ago. */
  readonly overdue: readonly Overdue[]
  /** To be called first. @throws LarderError when what it keeps its data in cannot be had. */
  open(): Promise<void>
  /** Resolves once it takes part, or is leaving. @throws LarderError when what is kept cannot be read. */
  start(): Promise<void>
  /** Sees to it that nobody needs it any more; it goes on answering until it is stopped. */
  leave(): Promise<void>
  /** Keeps what is not kept yet. @throws LarderError NOT_SAVED that says what was lost. */
  stop(): Promise<void>
}
