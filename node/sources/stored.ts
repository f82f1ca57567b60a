/** A response as it is stored, and as it is told of. */
import type { KeyCommand, ResponseOutcome } from '../../shared/command.ts'

export type Wanted = Extract<KeyCommand, { type: 'response.get' | 'response.fetch' }>
export type Stored = ResponseOutcome & { readonly owner: string }

/** What a caller is told: all of its age, and nothing of how it is kept. */
export function given(stored: Stored, cacheStatus: string): Stored {
  const { type, status, contentType, body, headers, facts, owner } = stored
  const ageMs = stored.ageMs + (facts?.ageMs ?? 0)
  return { type, status, contentType, body, headers, ageMs, cacheStatus, owner }
}

/** Whole seconds, as Cache-Status has them. */
export function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}

/** What is fetched once, however many ask. */
export function addressOf({ key, tenant, query }: Pick<Wanted, 'key' | 'tenant' | 'query'>): string {
  return `${key}\0${tenant}\0${query}`
}
