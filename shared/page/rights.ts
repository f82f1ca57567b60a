/** `GET /api/v1/rights`: what whoever asks may do here, so that the page shows no more than that. */
import { z } from 'zod'
import { json } from '../http/response.ts'
import type { Route } from '../http/route.ts'
import { RIGHTS } from '../rights.ts'

const OwnRights = z
  .object({
    name: z.string(),
    can: z.array(z.literal(RIGHTS)),
    prefix: z.string().optional(),
    org_id: z.string().optional(),
  })
  .meta({ id: 'Rights', examples: [{ name: 'shop', can: ['read', 'write'], prefix: 'shop:' }] })

export const rightsRoute: Route = {
  method: 'GET',
  path: '/api/v1/rights',
  operationId: 'getRights',
  summary: 'What the key that is shown may do here.',
  access: 'public',
  needs: [],
  answers: { 200: { description: 'Its rights.', content: { 'application/json': OwnRights } } },
  handle({ rights: { name, can, prefix, orgId } }) {
    return json({
      name,
      can: [...can],
      ...(prefix !== undefined && { prefix }),
      ...(orgId !== undefined && { org_id: orgId }),
    })
  },
}
