/** What the heads of the members' frames may hold: whatever arrives is checked against this. */
import { z } from 'zod'
import type { Reply } from '../../shared/command.ts'
import { type ErrorCode, isErrorCode } from '../../shared/errors.ts'
import { View } from '../../shared/view.ts'

/** In the head of a frame a body is whether it is text, and how many bytes of the frame it takes. */
export const DetachedBody = z.object({ text: z.boolean(), length: z.int().min(0) })
const Condition = z.object({
  ifMatch: z.array(z.string()).optional(),
  ifNoneMatch: z.array(z.string()).optional(),
})
const text = z.string().min(1)
const key = text
const ttlMs = z.number().optional()
const limit = z.int().min(1)
/** What a header may hold. */
const contentType = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/)
const condition = Condition.optional()
const asked = { key, tenant: text, query: z.string(), authorization: contentType.optional() }

export const RequestHead = z.object({
  epoch: z.int(),
  time: z.number(),
  view: View.optional(),
  commands: z.array(
    z.object({
      requestId: z.string(),
      traced: z.boolean(),
      remainingMs: z.number(),
      command: z.discriminatedUnion('type', [
        z.object({ type: z.literal('value.get'), key, condition }),
        z.object({
          type: z.literal('value.set'),
          key,
          condition,
          contentType,
          body: DetachedBody,
          ttlMs,
        }),
        z.object({ type: z.literal('value.delete'), key, condition }),
        z.object({
          type: z.literal('counter.add'),
          key,
          by: z.string().regex(/^-?\d{1,100}$/),
          idempotencyKey: text.optional(),
        }),
        z.object({ type: z.literal('counter.get'), key }),
        z.object({ type: z.literal('counter.delete'), key }),
        z.object({ type: z.literal('reaction.add'), key, user: text, reaction: text, ttlMs }),
        z.object({ type: z.literal('reaction.remove'), key, user: text, reaction: text }),
        z.object({ type: z.literal('reaction.count'), key }),
        z.object({
          type: z.literal('reaction.users'),
          key,
          reaction: text.optional(),
          after: z.object({ reaction: z.string(), user: z.string() }).optional(),
          limit,
        }),
        z.object({ type: z.literal('activity'), limit }),
        z.object({ type: z.literal('response.get'), ...asked }),
        z.object({ type: z.literal('response.fetch'), ...asked }),
        z.object({
          type: z.literal('response.put'),
          key,
          tenant: text,
          query: z.string(),
          contentType,
          body: DetachedBody,
          headers: z.record(z.string(), contentType),
          ttlMs: z.number(),
        }),
        z.object({ type: z.literal('response.delete'), key, tenant: text }),
        z.object({ type: z.literal('response.invalidate'), key, isRefresh: z.boolean() }),
        z.object({ type: z.literal('responses.clear'), tenant: text.optional() }),
      ]),
    }),
  ),
})

const ReplyType = z.enum([
  'value',
  'stored',
  'deleted',
  'missing',
  'mismatch',
  'total',
  'reacted',
  'counts',
  'users',
  'activity',
  'response',
] satisfies Reply['type'][])

export const ResponseHead = z.object({
  epoch: z.int(),
  time: z.number(),
  view: View.optional(),
  results: z.array(
    z.union([
      z.object({
        reply: z.looseObject({ type: ReplyType, owner: z.string(), body: DetachedBody.optional() }),
      }),
      z.object({ error: z.object({ code: z.custom<ErrorCode>(isErrorCode), detail: z.string() }) }),
    ]),
  ),
})
