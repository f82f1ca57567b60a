/** Reactions: who is engaged with what. */
import { type Cases, type Expected, ok, refused, type Step, step, stepWith } from './step.ts'

const MISSING = refused(404, 'NO_SUCH_KEY')
const UNPROCESSABLE = refused(422, 'UNPROCESSABLE')
const BAD = refused(400, 'BAD_REQUEST')
const done: Expected = { status: 201 }

function react(content: string, user: string, different: object = {}, expected = done): Step {
  const reaction = {
    type: 'reaction',
    action: 'add',
    content_id: content,
    user_id: user,
    reaction_type: 'fire',
  }
  return stepWith('POST /api/v1/reaction', { ...reaction, ...different }, expected)
}

function counts(content: string, reaction_count: object): Step[] {
  return ['reactions_count', 'reaction_counts'].map((path) =>
    step(
      `GET /api/v1/reaction/${path}/${encodeURIComponent(content)}`,
      ok({ content_id: content, reaction_count }),
    ),
  )
}

function life(content: string): [string, ...Step[]] {
  const path = encodeURIComponent(content)
  return [
    content,
    step(`GET /api/v1/reaction/reactions_count/${path}`, MISSING),
    step(`GET /api/v1/reaction/reaction_counts/${path}`, MISSING),
    step(`GET /api/v1/reaction/users/${path}`, MISSING),
    react(content, 'Sam'),
    react(content, 'Sam'),
    react(content, 'Kim', { ttl: 60 }),
    react(content, 'Kim', { reaction_type: '__proto__ é' }),
    ...counts(content, JSON.parse('{"fire":2,"__proto__ é":1}')),
    step(
      `GET /api/v1/reaction/users/${path}?reaction_type=fire&limit=2`,
      ok({ content_id: content, users: { fire: ['Kim', 'Sam'] } }),
    ),
    react(content, 'Sam', { action: 'remove' }),
    react(content, 'Nobody', { action: 'remove' }),
    react(content, 'Kim', { action: 'remove', reaction_type: '__proto__ é' }),
    ...counts(content, { fire: 1 }),
  ]
}

export const REACTIONS: Cases = {
  live: life('Stew'),
  'live under any content': life('/?#é %41\\'),
  'live under dots': life('..'),
  'live under 4096 bytes': life('é'.repeat(2048)),
  'tell their users page by page': [
    'paged',
    react('paged', 'Kim'),
    react('paged', 'Sam'),
    step(
      'GET /api/v1/reaction/users/paged?limit=1&cursor=',
      ok({
        content_id: 'paged',
        users: { fire: ['Kim'] },
        cursor: Buffer.from('["fire","Kim"]').toString('base64url'),
      }),
    ),
    step('GET /api/v1/reaction/users/paged?limit=0', BAD),
    step('GET /api/v1/reaction/users/paged?limit=1001', BAD),
    step('GET /api/v1/reaction/users/paged?cursor=x', BAD),
  ],
  'need all their fields': [
    'x',
    ...['type', 'action', 'content_id', 'user_id', 'reaction_type'].flatMap((field) =>
      [undefined, null, '', 1, {}].map((value) => react('x', 'Sam', { [field]: value }, UNPROCESSABLE)),
    ),
    react('x', 'Sam', { type: 'presence' }, UNPROCESSABLE),
    react('x', 'Sam', { action: 'toggle' }, UNPROCESSABLE),
    ...[0, -1, '1', null].map((ttl) => react('x', 'Sam', { ttl }, UNPROCESSABLE)),
    react('x', 'x'.repeat(1025), {}, UNPROCESSABLE),
    stepWith('POST /api/v1/reaction', '[]', UNPROCESSABLE),
    stepWith('POST /api/v1/reaction', '{', BAD),
    stepWith('POST /api/v1/reaction', '{}', refused(415, 'UNSUPPORTED_MEDIA_TYPE'), {
      headers: { 'content-type': 'text/csv' },
    }),
    step('GET /api/v1/reaction/reactions_count/x', MISSING),
    step('GET /api/v1/reaction/reactions_count/%zz', BAD),
  ],
}
