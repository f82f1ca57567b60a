/** What media types mean here. */

/** Whether it is JSON in UTF-8: `application/json`, or any type with the suffix `+json`. */
export function isJson(mediaType: string): boolean {
  if (mediaType === 'application/json') return true
  const [type = '', ...parameters] = mediaType.split(';').map((part) => part.trim().toLowerCase())
  const foreign = parameters.some((text) => /^charset=(?!"?utf-8"?$)/.test(text))
  return !foreign && (type === 'application/json' || /^[^/]+\/[^/]+\+json$/.test(type))
}
