/** Whose responses a request is about. */
import { z } from 'zod'
import { LarderError } from '../../shared/errors.ts'
import type { HttpRequest } from '../../shared/http/request.ts'
import type { Parameter } from '../../shared/http/route.ts'

export const TENANT_HEADERS = ['org_id', 'org-id', 'organization_id'] as const
const TENANT_LENGTH_MAX = 255

export const Tenant = z.string().min(1).max(TENANT_LENGTH_MAX)

export const org: Parameter = {
  in: 'header',
  name: 'org_id',
  description: 'Whose response it is; also org-id or organization_id.',
  schema: Tenant,
  required: true,
}

/** @throws LarderError BAD_REQUEST when it is missing. */
export function tenantOf(request: HttpRequest): string {
  const tenant = givenTenant(request)
  if (tenant === undefined) throw new LarderError('BAD_REQUEST', 'The header org_id is needed.')
  return tenant
}

/** @throws LarderError BAD_REQUEST when it is given in two ways that differ: it must never be somebody else's. */
export function givenTenant({ message }: HttpRequest): string | undefined {
  const [only, ...others] = TENANT_HEADERS.map((name) => message.headers[name]).filter(
    (text) => text !== undefined,
  )
  // Node has put a comma between headers that came twice.
  if (others.length === 0 && !only?.includes(','))
    return only === undefined ? undefined : checked(String(only))
  const given = TENANT_HEADERS.flatMap((name) => message.headersDistinct[name] ?? [])
  if (new Set(given).size > 1) throw new LarderError('BAD_REQUEST', 'The headers name several tenants.')
  return checked(given[0] ?? '')
}

function checked(tenant: string): string {
  if (tenant !== '' && tenant.length <= TENANT_LENGTH_MAX) return tenant
  throw new LarderError('BAD_REQUEST', `org_id: text of at most ${TENANT_LENGTH_MAX} characters.`)
}
