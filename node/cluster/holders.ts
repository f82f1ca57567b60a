/** `GET /api/v1/holders`: which members hold a key, whether or not anything is stored there. */
import { z } from 'zod'
import { LarderError } from '../../shared/errors.ts'
import { json } from '../../shared/http/response.ts'
import type { Route } from '../../shared/http/route.ts'
import { parseKeyText } from '../../shared/key-text.ts'
import { slotOf } from '../../shared/placement.ts'
import { checkKey } from '../permission.ts'
import type { Views } from './members/members.ts'

const Holders = z
  .object({ key: z.string(), slot: z.int(), owner: z.string(), holders: z.array(z.string()) })
  .meta({ id: 'Holders', examples: [{ key: 'soup', slot: 4711, owner: 'n1', holders: ['n1', 'n3'] }] })

export function holdersRoute(views: Pick<Views, 'placed'>): Route {
  return {
    method: 'GET',
    path: '/api/v1/holders',
    operationId: 'getHolders',
    summary: 'The slot of a key, and the members that hold it, the owner first.',
    access: 'public',
    needs: ['read', 'metrics'],
    parameters: [
      { in: 'query', name: 'key', description: 'Of anything.', schema: z.string(), required: true },
    ],
    answers: { 200: { description: 'As of now.', content: { 'application/json': Holders } } },
    errors: ['KEY_NULL', 'NOT_READY'],
    handle({ parameters, rights }) {
      const key = parseKeyText(parameters.get('key'))
      checkKey(key, rights)
      const slot = slotOf(key)
      const holders = views.placed?.holdersOf(slot).map(({ id }) => id) ?? []
      const [owner] = holders
      if (owner === undefined) throw new LarderError('NOT_READY', 'It is not known yet who is a member.')
      return json({ key, slot, owner, holders })
    },
  }
}
