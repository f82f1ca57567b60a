/** Failures to connect: nothing was sent, so nothing was applied. */
const UNREACHABLE = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']
const UNNAMED = ['ENOTFOUND', 'EAI_AGAIN']

export function isNotConnected(cause: unknown): boolean {
  return hasCode(cause, UNREACHABLE) || isUnnamed(cause)
}

/** Its name was not found, and no address that it had before: that says nothing of whether it is there. */
export function isUnnamed(cause: unknown): boolean {
  return hasCode(cause, UNNAMED)
}

function hasCode(cause: unknown, codes: readonly string[]): boolean {
  return cause instanceof Error && 'code' in cause && codes.includes(String(cause.code))
}
