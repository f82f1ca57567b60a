/** Who is let in where: by an API key, or by the secret that members show each other. */
import type { IncomingHttpHeaders } from 'node:http'
import { Secrets } from '../secrets.ts'
import { headerOf } from './request.ts'
import type { Credentials, Route } from './route.ts'

export type Guard = (access: Route['access'], headers: IncomingHttpHeaders) => boolean

export function createGuard({ apiKeys = [], memberSecrets = [] }: Credentials): Guard {
  const callers = new Secrets(apiKeys)
  const members = new Secrets(memberSecrets)
  const isLetIn = {
    open: () => true,
    public: (headers: IncomingHttpHeaders) => callers.accept(headerOf(headers, 'api-key')),
    member: ({ authorization }: IncomingHttpHeaders) =>
      members.accept(authorization?.replace(/^Bearer /i, '')),
  }
  return (access, headers) => isLetIn[access](headers)
}
