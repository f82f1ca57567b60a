/** Who is let in where: by an API key, or by the secret that members show each other. */
import type { IncomingHttpHeaders } from 'node:http'
import { Secrets } from '../secrets.ts'
import { MEMBER_HEADER } from '../view.ts'
import { headerOf } from './request.ts'
import type { Credentials, Route } from './route.ts'

export interface Guard {
  letsIn(access: Route['access'], headers: IncomingHttpHeaders): boolean
  /** Whether a member, or uplink, shows itself; where there is no secret, whether somebody calls itself one. */
  isMember(headers: IncomingHttpHeaders): boolean
}

export function createGuard({ apiKeys = [], memberSecrets = [] }: Credentials): Guard {
  const callers = new Secrets(apiKeys)
  const members = new Secrets(memberSecrets)
  // Who has to show a key is not to get in by another door: without a secret that one is shut.
  const isShut = apiKeys.length > 0 && memberSecrets.length === 0
  const isLetIn = {
    open: () => true,
    public: (headers: IncomingHttpHeaders) => callers.accept(headerOf(headers, 'api-key')),
    member: ({ authorization }: IncomingHttpHeaders) =>
      !isShut && members.accept(authorization?.replace(/^Bearer /i, '')),
  }
  return {
    letsIn: (access, headers) => isLetIn[access](headers),
    isMember: (headers) =>
      isLetIn.member(headers) && (memberSecrets.length > 0 || headers[MEMBER_HEADER] !== undefined),
  }
}
