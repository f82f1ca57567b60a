/** Events over HTTP: the same messages as on Kafka, for whoever has none. */
import { z } from 'zod'
import { readJson } from '../../shared/http/input.ts'
import { empty } from '../../shared/http/response.ts'
import type { Route } from '../../shared/http/route.ts'
import type { Steps } from '../../shared/steps.ts'

export interface EventTarget {
  /** What counts of a message. @throws LarderError BAD_REQUEST for what is no JSON. */
  reading(message: Uint8Array): Steps<unknown>
  /** Resolves once the owners have confirmed. @throws LarderError BAD_REQUEST for what cannot be understood. */
  apply(message: unknown, requestId: string): Promise<void>
}

export function eventRoutes(events: EventTarget, bodyBytesMax: number): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/events',
      operationId: 'sendEvent',
      summary: 'Say that an object has changed: every copy of its responses is forgotten, or fetched anew.',
      access: 'public',
      needs: ['events'],
      judgesQuery: true,
      body: { 'application/json': z.looseObject({ type: z.string().min(1) }) },
      answers: { 202: { description: 'The owners of the responses have been told.' } },
      errors: ['TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'OVERLOADED', 'UNREACHABLE'],
      async handle(request) {
        const message = await readJson(request, bodyBytesMax, (body) => events.reading(body))
        await events.apply(message, request.id)
        return empty(202)
      },
    },
  ]
}
