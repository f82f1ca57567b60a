/** Failures to connect: nothing was sent, so nothing was applied. */
const CODES = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'])

export function isNotConnected(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && CODES.has(String(cause.code))
}
