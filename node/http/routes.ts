/** The public API of a node, all of it: one file a resource. */
import type { Route } from '../../shared/http/route.ts'
import { apiRoutes } from './api.ts'
import { batchRoutes } from './batch.ts'
import { counterRoutes } from './counters.ts'
import { type EventTarget, eventRoutes } from './events.ts'
import { keysRoutes } from './keys.ts'
import { kvRoutes } from './kv.ts'
import { reactionRoutes } from './reactions.ts'
import { type ResponseRoutesOptions, responseRoutes } from './responses.ts'

export interface PublicRoutesOptions extends ResponseRoutesOptions {
  readonly events: EventTarget
}

export function publicRoutes(options: PublicRoutesOptions): Route[] {
  const { dispatch, bodyBytesMax, events } = options
  return [
    ...apiRoutes(dispatch, bodyBytesMax),
    ...kvRoutes(dispatch, bodyBytesMax),
    ...keysRoutes(dispatch),
    ...counterRoutes(dispatch, bodyBytesMax),
    ...reactionRoutes(dispatch, bodyBytesMax),
    ...responseRoutes(options),
    ...eventRoutes(events, bodyBytesMax),
    ...batchRoutes(dispatch, bodyBytesMax),
  ]
}
