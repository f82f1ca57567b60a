/** From a row to its answer, whoever found the row: the caller is let in or not, and whatever goes wrong is an answer too. */
import { LarderError } from '../errors.ts'
import { type Eventual, isLater } from '../eventual.ts'
import type { Guard } from './guard.ts'
import type { HttpRequest } from './request.ts'
import { type HttpResponse, problem } from './response.ts'
import type { Route } from './route.ts'

/** Carries out the row. Never throws, and its promises never reject. */
export type Answering = (route: Route, request: HttpRequest) => Eventual<HttpResponse>

/** `hasNoPlace` tells whether what is asked comes on a connection that there is no place for; probes are answered there too. */
export function createAnswering(guard: Guard, hasNoPlace: (request: HttpRequest) => boolean): Answering {
  return (route, request) => {
    const { access, isProbe = false } = route
    if (!isProbe && hasNoPlace(request)) return problem(noPlace())
    if (!guard.letsIn(access, request.message.headers)) {
      const { scheme, detail } = needed[access]
      return problem(new LarderError('UNAUTHORIZED', detail), { 'www-authenticate': scheme })
    }
    request.share.mayExceed = isProbe || access === 'member'
    try {
      const answer = route.handle(request)
      return isLater(answer) ? answer.catch(problem) : answer
    } catch (thrown) {
      return problem(thrown)
    }
  }
}

function noPlace(): LarderError {
  return new LarderError('OVERLOADED', 'More are connected than there are places for; nothing was applied.')
}

/** What a caller is told who lacks it. */
const needed = {
  open: { scheme: '', detail: '' },
  public: { scheme: 'ApiKey', detail: 'Send a valid key in the header api-key.' },
  member: {
    scheme: 'Bearer',
    detail: 'Send the secret of the cluster: authorization: Bearer <CLUSTER_SECRET>.',
  },
}
