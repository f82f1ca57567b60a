/**
 * Names for the lives of members, one from each start to its end: which member it was can be told from the name alone,
 * wherever it is found.
 */
import { createHash, randomBytes } from 'node:crypto'

/** Six bytes in base64: of a thousand members two have the same mark in one of six hundred million clusters. */
const MARK_LENGTH = 8

export function newIncarnation(memberId: string): string {
  return `${markOf(memberId)}${randomBytes(9).toString('base64url')}`
}

/** What the names of all lives of a member begin with. In version 0.1 they began with anything. */
export function markOf(memberId: string): string {
  return createHash('sha256').update(memberId).digest('base64url').slice(0, MARK_LENGTH)
}

export function markIn(incarnation: string): string {
  return incarnation.slice(0, MARK_LENGTH)
}
