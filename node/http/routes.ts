/** The public API of a node, all of it: one file a resource. */
import type { Route } from '../../shared/http/route.ts'
import { apiRoutes } from './api.ts'
import { batchRoutes } from './batch.ts'
import { counterRoutes } from './counters.ts'
import { type EventTarget, eventRoutes } from './events.ts'
import { keysRoutes } from './keys.ts'
import { kvRoutes } from './kv.ts'
import { limitRoutes } from './limits.ts'
import { reactionRoutes } from './reactions.ts'
import { type ResponseRoutesOptions, responseRoutes } from './responses.ts'
import { type WatchOptions, watchRoute } from './watch.ts'

export interface PublicRoutesOptions extends ResponseRoutesOptions, WatchOptions {
  readonly events: EventTarget
}

export function publicRoutes(options: PublicRoutesOptions): Route[] {
  const { dispatch, bodyBytesMax, events } = options
  return [
    ...tagged('values', [
      ...apiRoutes(dispatch, bodyBytesMax),
      ...kvRoutes(dispatch, bodyBytesMax),
      ...keysRoutes(dispatch),
    ]),
    ...tagged('counters', counterRoutes(dispatch, bodyBytesMax)),
    ...tagged('limits', limitRoutes(dispatch, bodyBytesMax)),
    ...tagged('reactions', reactionRoutes(dispatch, bodyBytesMax)),
    ...tagged('responses', [...responseRoutes(options), ...eventRoutes(events, bodyBytesMax)]),
    ...tagged('watching', [watchRoute(options)]),
    ...tagged('batches', batchRoutes(dispatch, bodyBytesMax)),
  ]
}

/** As the page of the API sorts them. */
function tagged(tag: string, routes: readonly Route[]): Route[] {
  return routes.map((route) => ({ ...route, tag }))
}
