/** What a batch can do with reactions; the key is the content. */
import { z } from 'zod'
import { LarderError } from '../../shared/errors.ts'
import { fit } from '../../shared/http/input.ts'
import type { Fields } from '../../shared/json-fields.ts'
import { parseKey, Ttl, textOf } from './fields.ts'
import { type Asked, type Op, taking } from './op.ts'
import { engagement } from './reactions.ts'
import { lifeIn } from './totals.ts'

const shape = { ...engagement, ttl: Ttl.optional() }
const Engaged = z.object(engagement)

const react: Op = {
  schema: taking('react', shape),
  reading: (fields) => done({ type: 'reaction.add', ...engagedIn(fields), ...lifeIn(fields) }),
}

const unreact: Op = {
  schema: taking('unreact', shape),
  reading(fields) {
    lifeIn(fields)
    return done({ type: 'reaction.remove', ...engagedIn(fields) })
  },
}

const reactions: Op = {
  schema: taking('reactions', {}),
  reading(fields) {
    const key = parseKey(fields.get('key'))
    return {
      command: { type: 'reaction.count', key },
      telling(reply, told) {
        if (reply.type !== 'counts') throw new LarderError('NO_SUCH_KEY', 'Nobody reacts to this content.')
        told.add(JSON.stringify({ status: 200, key, reaction_count: reply.counts }))
      },
    }
  },
}

export const REACTION_OPS = { react, unreact, reactions }

/** @throws LarderError UNPROCESSABLE naming every field that is missing or wrong. */
function engagedIn(fields: Fields): { key: string; user: string; reaction: string } {
  const key = parseKey(fields.get('key'))
  const of = (name: string) => {
    const json = fields.get(name)
    return json === undefined ? undefined : textOf(json)
  }
  return { key, ...fit(Engaged, { user: of('user'), reaction: of('reaction') }, 'UNPROCESSABLE') }
}

function done(command: Asked['command']): Asked {
  const { key } = command
  return { command, telling: (_, told) => void told.add(JSON.stringify({ status: 200, key })) }
}
