/** What media types mean here. */

/** What clients say of a body that nobody has told them anything of: `curl -d`, `fetch` with a text. */
const UNASKED = /^(?:application\/x-www-form-urlencoded|text\/plain)$/

/** Whether it is what clients say unasked, so that the body may well be JSON. */
export function isSaidUnasked(mediaType: string): boolean {
  const { type, isForeign } = parsed(mediaType)
  return !isForeign && UNASKED.test(type)
}

/** Whether it is JSON in UTF-8: `application/json`, or any type with the suffix `+json`. */
export function isJson(mediaType: string): boolean {
  if (mediaType === 'application/json') return true
  const { type, isForeign } = parsed(mediaType)
  return !isForeign && (type === 'application/json' || /^[^/]+\/[^/]+\+json$/.test(type))
}

/** Foreign is what is not UTF-8. */
function parsed(mediaType: string): { type: string; isForeign: boolean } {
  const [type = '', ...parameters] = mediaType.split(';').map((part) => part.trim().toLowerCase())
  return { type, isForeign: parameters.some((text) => /^charset=(?!"?utf-8"?$)/.test(text)) }
}
