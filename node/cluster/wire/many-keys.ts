/** What is asked of many keys at once, in the head of a frame. */
import { z } from 'zod'
import { rare } from './rare-command.ts'

const Limit = z.int().min(1)
const hasSets = z.literal(true).exactOptional()
const Place = z.object({ slot: z.int(), at: z.int(), tie: z.string().exactOptional() })

export const MANY_KEYS = {
  'keys.list': rare('keys.list', { prefix: z.string(), limit: Limit, after: Place.exactOptional(), hasSets }),
  'keys.clear': rare('keys.clear', { prefix: z.string(), hasSets }),
  'keys.scan': rare('keys.scan', {
    slots: z.string(),
    prefix: z.string(),
    limit: Limit,
    after: Place.exactOptional(),
    hasSets,
  }),
  'keys.forget': rare('keys.forget', {
    slots: z.string(),
    prefix: z.string(),
    upTo: z.number(),
    after: Place.exactOptional(),
    hasSets,
  }),
}
