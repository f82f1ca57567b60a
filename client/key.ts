/** Keys, as callers write them. */

/** Text, or an integer. `1` and `'1'` are one key. */
export type Key = string | number | bigint

/** @throws TypeError for what is no key: nothing is sent then. */
export function keyText(key: Key): string {
  // As JavaScript without types has them: all that is no key would be one, `[object Object]`.
  if (typeof key !== 'string' && typeof key !== 'bigint' && !Number.isSafeInteger(key))
    throw new TypeError(`a key is text or an integer, not ${String(key)}`)
  const text = String(key)
  if (text === '' || text === 'null' || text === 'nil' || !isWellFormed(text))
    throw new TypeError(`no key: ${JSON.stringify(text)}`)
  return text
}

/** As a part of a path. @throws TypeError for what addresses cannot say: they take it for a step. */
export function inPath(key: string): string {
  if (key === '.' || key === '..') throw new TypeError(`no address can have ${key} for a key`)
  return encodeURIComponent(key)
}

/** As in Node 20 and newer; what a runtime without it lets through, the node refuses. */
function isWellFormed(text: string & { isWellFormed?: () => boolean }): boolean {
  return text.isWellFormed?.() ?? true
}
