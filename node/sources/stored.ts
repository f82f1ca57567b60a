/** A response as it is stored, and as it is told of. */
import type { KeyCommand, ResponseOutcome } from '../../shared/command.ts'
import type { UpstreamAnswer } from './upstream.ts'

export type Wanted = Extract<KeyCommand, { type: 'response.get' | 'response.fetch' }>
export type Stored = ResponseOutcome & { readonly owner: string }

/** Upstream says that what is stored is still good. */
export function renewed({ contentType, headers, body }: Stored): UpstreamAnswer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  return { status: 200, contentType, headers, body: bytes, isStorable: true }
}

export function withStatus(reply: Stored, cacheStatus: string): Stored {
  return { ...reply, cacheStatus }
}

/** Whole seconds, as Cache-Status has them. */
export function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}

/** What is fetched once, however many ask. */
export function flightOf({ key, tenant, query }: Wanted): string {
  return JSON.stringify([key, tenant, query])
}
