/** What JSON would silently be something else for. */

/** Nodes take no JSON that is nested more deeply. */
const DEPTH_MAX = 128

/** Of a value whose JSON there is. @throws TypeError for what would come back as something else, or not at all. */
export function refuseLosses(value: unknown): void {
  const loss = lossIn(value, 0)
  if (loss !== undefined) throw new TypeError(`JSON does not have ${loss}`)
}

/** What is lost, and where. */
function lossIn(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : String(value)
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`
  if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return undefined
  return Array.isArray(value) ? lossInList(value, depth) : lossInObject(value, depth)
}

function lossInObject(value: object, depth: number): string | undefined {
  const members = value as Readonly<Record<string, unknown>>
  if (typeof members['toJSON'] === 'function')
    return value instanceof Date && Number.isNaN(value.getTime()) ? 'a Date that is none' : undefined
  const isPlain = isPlainObject(value)
  let isEmpty = true
  if (isPlain || !(ArrayBuffer.isView(value) || value instanceof Error))
    for (const name in members) {
      if (!isPlain && !Object.hasOwn(members, name)) continue
      isEmpty = false
      const loss = lossIn(members[name], depth + 1)
      if (loss !== undefined) return `${loss}, in ${name}`
    }
  return isPlain || !isEmpty ? undefined : `what is in a ${value.constructor.name}`
}

function lossInList(list: readonly unknown[], depth: number): string | undefined {
  for (let index = 0; index < list.length; index++) {
    const one = list[index]
    // As a member of an object it is not there, as it is not when it is read.
    const loss = one === undefined ? 'undefined' : lossIn(one, depth + 1)
    if (loss !== undefined) return `${loss}, in ${index}`
  }
  return undefined
}

/** What is nothing but its members, of another context too. */
function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null
}
