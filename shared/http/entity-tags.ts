/** Entity tags (RFC 9110, section 8.8.3), read in one place for all routes. */
import { LarderError } from '../errors.ts'

/** How an answer can be coded; each has an entity tag of its own. */
export const CODINGS = ['br', 'gzip'] as const
export type Coding = (typeof CODINGS)[number]

const TAG = /(?:W\/)?"[^"]*"/g
/** A list may have empty elements (RFC 9110, section 5.6.1). */
const TAGS = new RegExp(`^[\\s,]*(?:${TAG.source}\\s*(?:,\\s*(?:${TAG.source}\\s*)?)*)?$`)
const CODED = new RegExp(`-(?:${CODINGS.join('|')})"$`)

/**
 * The tags of If-Match or If-None-Match, or `*`. That of a coded answer stands there as the one of what was coded, too: so a
 * condition takes either. @throws LarderError BAD_REQUEST for what is no list of entity tags.
 */
export function parseTags(name: string, text: string): string[] {
  if (text.trim() === '*') return ['*']
  if (!TAGS.test(text)) throw notTags(name)
  return (text.match(TAG) ?? []).flatMap((tag) => (CODED.test(tag) ? [tag, tag.replace(CODED, '"')] : [tag]))
}

export function notTags(name: string): LarderError {
  return new LarderError('BAD_REQUEST', `${name}: entity tags in quotes, with commas between them, or *.`)
}

/** As If-None-Match compares them: whether they are weak does not count (RFC 9110, section 8.8.3.2). */
export function weak(tags: readonly string[]): string[] {
  return tags.map((tag) => tag.replace(/^W\//, ''))
}

/** Whether a list has the tag, or is `*`; what is no list has none. */
export function knows(ifNoneMatch: string | undefined, tag: string | undefined): boolean {
  if (ifNoneMatch === undefined || tag === undefined) return false
  const [known, current] = [weak(ifNoneMatch.match(TAG) ?? []), tag.replace(/^W\//, '')]
  return ifNoneMatch.trim() === '*' || known.includes(current)
}

/** The tag of the same, coded. */
export function codedTag(tag: string, coding: Coding): string {
  return `${tag.slice(0, -1)}-${coding}"`
}

/** Of the forms of a tag the one that whoever asks has already, by his If-None-Match. */
export function knownForm(tag: string, ifNoneMatch: string | undefined): string {
  const known = weak((ifNoneMatch ?? '').match(TAG) ?? [])
  const coded = CODINGS.map((coding) => codedTag(tag, coding))
  return known.includes(tag) ? tag : (coded.find((form) => known.includes(form)) ?? tag)
}
