/** A service with few routes, for what every service does alike. */
import { pino } from 'pino'
import { z } from 'zod'
import { readBody } from '../../../shared/http/body.ts'
import { createHttpMetrics } from '../../../shared/http/metrics.ts'
import { empty, type HttpResponse } from '../../../shared/http/response.ts'
import type { Answer, Route } from '../../../shared/http/route.ts'
import { HttpService, type ServiceOptions } from '../../../shared/http/service.ts'

export const BODY_BYTES_MAX = 1000

const answers: Readonly<Record<number, Answer>> = {
  200: { description: 'Text.', content: { 'text/plain': z.string() } },
}

export interface TestService extends AsyncDisposable {
  readonly http: HttpService
  readonly port: number
  readonly url: string
  /** Lets every `GET /held` answer, those to come included. */
  release(): void
}

export async function startTestService(options: Partial<ServiceOptions> = {}): Promise<TestService> {
  const held = Promise.withResolvers<void>()
  const http = await HttpService.listen({
    host: '127.0.0.1',
    port: 0,
    log: pino({ level: 'silent' }),
    metrics: createHttpMetrics(),
    ...options,
  })
  http.serve(routes(held.promise), {})
  return {
    http,
    port: http.port,
    url: `http://127.0.0.1:${http.port}`,
    release: held.resolve,
    async [Symbol.asyncDispose]() {
      held.resolve()
      await http.close(0)
    },
  }
}

function routes(held: Promise<void>): Route[] {
  return [
    {
      ...row('GET', '/hello'),
      parameters: [{ in: 'query', name: 'a', description: '', schema: z.string() }],
      handle: () => text('hello'),
    },
    {
      ...row('GET', '/probe'),
      isProbe: true,
      handle: () => text('yes'),
    },
    {
      ...row('GET', '/held'),
      async handle() {
        await held
        return text('released')
      },
    },
    {
      ...row('GET', '/large'),
      handle: () => text(Buffer.alloc(64 * 2 ** 20)),
    },
    {
      ...row('GET', '/broken'),
      handle() {
        throw new TypeError('a secret of the inside')
      },
    },
    {
      ...row('POST', '/echo'),
      handle: async (request) => text(await readBody(request, BODY_BYTES_MAX)),
    },
    {
      ...row('DELETE', '/echo'),
      handle: () => empty(204),
    },
  ]
}

function text(body: string | Uint8Array): HttpResponse {
  return { status: 200, headers: { 'content-type': 'text/plain' }, body }
}

function row(method: Route['method'], path: string) {
  return { method, path, summary: path, access: 'open', answers } as const
}
