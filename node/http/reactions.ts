/** Reactions, as in CacheX and Arina: who is engaged with what, and what is going on. */
import { z } from 'zod'
import type { KeyCommand, Reply } from '../../shared/command.ts'
import { LarderError, messageOf } from '../../shared/errors.ts'
import { andThen } from '../../shared/eventual.ts'
import { fit, readJson } from '../../shared/http/input.ts'
import { empty, type HttpResponse, json } from '../../shared/http/response.ts'
import { type Parameter, type Route, withRest } from '../../shared/http/route.ts'
import { readingFields } from '../../shared/json.ts'
import { Names, objectOf } from '../../shared/json-fields.ts'
import { NULLS } from '../../shared/key-text.ts'
import type { PageEnd } from '../../shared/reaction-command.ts'
import type { Steps } from '../../shared/steps.ts'
import type { Dispatch } from '../dispatch.ts'
import { activityRoute, Counts } from './activity.ts'
import { KEY_BYTES_MAX, parseKeyText, pathText, Ttl, ttlMsOf } from './fields.ts'
import { cursorOf, cursorParameter, limitParameter, parseCursor, parseLimit } from './pages.ts'

const USER_BYTES_MAX = 1024
const REACTION_BYTES_MAX = 256
const USERS_LISTED = { fallback: 100, max: 1000 } as const

/** Who, and how. */
export const engagement = { user: name(USER_BYTES_MAX), reaction: name(REACTION_BYTES_MAX) }

const Reaction = z
  .object({
    type: z.literal('reaction', 'it has to be "reaction"'),
    action: z.enum(['add', 'remove'], 'it has to be "add" or "remove"'),
    content_id: name(KEY_BYTES_MAX).refine((text) => !NULLS.includes(text), 'it is null'),
    user_id: engagement.user,
    reaction_type: engagement.reaction,
    ttl: Ttl.optional(),
    unique: z
      .boolean()
      .optional()
      .meta({ description: 'Whether an add ends the other reactions of this user to this content.' }),
  })
  .meta({
    id: 'Reaction',
    examples: [
      { type: 'reaction', action: 'add', content_id: 'Stew', user_id: 'Sam', reaction_type: 'fire' },
    ],
  })
const User = z.object({ user_id: engagement.user })
const Count = z
  .object({
    content_id: z.string(),
    reaction_count: Counts,
    own: z
      .array(z.string())
      .optional()
      .meta({ description: 'The reactions of the user that was asked for.' }),
  })
  .meta({ id: 'ReactionCount', examples: [{ content_id: 'Stew', reaction_count: { fire: 3 } }] })
const Users = z
  .object({
    content_id: z.string(),
    users: z.record(z.string(), z.array(z.string())),
    cursor: z.string().optional(),
  })
  .meta({ id: 'ReactionUsers', examples: [{ content_id: 'Stew', users: { fire: ['Sam'] } }] })
function name(bytesMax: number) {
  return z
    .string('text is needed')
    .min(1, 'it is empty')
    .refine((text) => text.isWellFormed(), 'it is not valid Unicode')
    .refine((text) => Buffer.byteLength(text) <= bytesMax, `${bytesMax} bytes at most`)
}

const content: Parameter = {
  in: 'path',
  name: 'content_id',
  description: 'The content, percent-encoded.',
  schema: z.string(),
}

export function reactionRoutes(dispatch: Dispatch, bodyBytesMax: number): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/reaction',
      operationId: 'react',
      summary: 'Add or remove the reaction of a user to a content; a ttl, in seconds, makes it a presence.',
      access: 'public',
      isHot: true,
      body: { 'application/json': Reaction },
      answers: { 201: { description: 'So it is.' } },
      errors: [
        'TOO_LARGE',
        'UNSUPPORTED_MEDIA_TYPE',
        'UNPROCESSABLE',
        'OVERLOADED',
        'UNREACHABLE',
        'NOT_SAVED',
        'MEMORY_FULL',
      ],
      async handle(request) {
        await dispatch(request, commandOf(await readJson(request, bodyBytesMax, readingReaction)))
        return empty(201)
      },
    },
    // Both spellings are in use among clients.
    countRoute('countReactions', '/api/v1/reaction/reactions_count/{content_id}', dispatch),
    countRoute('countReactionsToo', '/api/v1/reaction/reaction_counts/{content_id}', dispatch),
    usersRoute(dispatch),
    activityRoute(dispatch),
  ]
}

const FIELDS = new Names(...Object.keys(Reaction.shape))

/** As an object, where it is one. @throws LarderError UNPROCESSABLE for a field that is far too long. */
function* readingReaction(body: Uint8Array): Steps<unknown> {
  const fields = (yield* readingFields(body, FIELDS))?.limitedTo()
  try {
    return fields && objectOf(fields, FIELDS)
  } catch (cause) {
    throw new LarderError('UNPROCESSABLE', messageOf(cause), { cause })
  }
}

/** @throws LarderError UNPROCESSABLE naming every field that is missing or wrong. */
function commandOf(body: unknown): KeyCommand {
  const { action, content_id: key, user_id: user, ...rest } = fit(Reaction, body, 'UNPROCESSABLE')
  const { reaction_type: reaction, ttl, unique } = rest
  // Whoever removes sends what was added: how long it was to be, and beside what, is over with it.
  if (action === 'remove') return { type: 'reaction.remove', key, user, reaction }
  const how = { ...(ttl && { ttlMs: ttlMsOf(ttl) }), ...(unique === true && ({ isUnique: true } as const)) }
  return { type: 'reaction.add', key, user, reaction, ...how }
}

function countRoute(operationId: string, path: string, dispatch: Dispatch): Route {
  return {
    method: 'GET',
    ...withRest(path),
    operationId,
    summary: 'How many users each reaction to a content has.',
    access: 'public',
    parameters: [
      content,
      { in: 'query', name: 'user_id', description: 'Whose reactions are told besides.', schema: z.string() },
    ],
    answers: { 200: { description: 'The counts.', content: { 'application/json': Count } } },
    errors: ['KEY_NULL', 'NO_SUCH_KEY', 'UNREACHABLE'],
    isHot: true,
    handle(request) {
      const key = parseKeyText(pathText(request))
      const asked = request.parameters.get('user_id')
      const user = asked === undefined ? {} : { user: fit(User, { user_id: asked }).user_id }
      return andThen(dispatch(request, { type: 'reaction.count', key, ...user }), (reply) => {
        if (reply.type !== 'counts') throw noSuchContent()
        return json({ content_id: key, reaction_count: reply.counts, ...(reply.own && { own: reply.own }) })
      })
    },
  }
}

function usersRoute(dispatch: Dispatch): Route {
  return {
    method: 'GET',
    ...withRest('/api/v1/reaction/users/{content_id}'),
    operationId: 'getReactionUsers',
    summary: 'Who reacts to a content, a page at a time.',
    access: 'public',
    parameters: [
      content,
      { in: 'query', name: 'reaction_type', description: 'Only this reaction.', schema: z.string() },
      limitParameter(USERS_LISTED),
      cursorParameter,
    ],
    answers: {
      200: {
        description: 'Users by reaction; the last page has no cursor.',
        content: { 'application/json': Users },
      },
    },
    errors: ['KEY_NULL', 'NO_SUCH_KEY', 'UNREACHABLE'],
    async handle(request) {
      const key = parseKeyText(pathText(request))
      const query = request.parameters
      const reaction = query.get('reaction_type') || undefined
      const after = endIn(query.get('cursor') ?? '')
      const reply = await dispatch(request, {
        type: 'reaction.users',
        key,
        limit: parseLimit(query.get('limit'), USERS_LISTED),
        ...(reaction && { reaction }),
        ...(after && { after }),
      })
      return usersOf(key, reply)
    },
  }
}

function usersOf(key: string, reply: Reply): HttpResponse {
  if (reply.type !== 'users') throw noSuchContent()
  const { users, next } = reply
  return json({ content_id: key, users, ...(next && { cursor: cursorOf([next.reaction, next.user]) }) })
}

function noSuchContent(): LarderError {
  return new LarderError('NO_SUCH_KEY', 'Nobody reacts to this content.')
}

/** @throws LarderError BAD_REQUEST. */
function endIn(cursor: string): PageEnd | undefined {
  const [reaction, user] = parseCursor(cursor, Cursor) ?? []
  return reaction === undefined || user === undefined ? undefined : { reaction, user }
}

const Cursor = z.tuple([z.string(), z.string()])
