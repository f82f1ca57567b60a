/**
 * Up to where somebody was told: a position for each life of a member, as text that means nothing to whoever is given it. Any
 * node reads it, as it says all that has to be known; and what it was not given by a node it does not take.
 */
export type Vector = ReadonlyMap<string, number>

const VERSION = '1'
/** Of members there are no more (`shared/view.ts`), and their lives have short names. */
const LENGTH_MAX = 16_000

export function vectorText(vector: Vector): string {
  const positions = [...vector].map(([life, position]) => `${life}:${position.toString(36)}`)
  return `${VERSION}.${Buffer.from(positions.join(' ')).toString('base64url')}`
}

/** `undefined` for what is none. */
export function vectorOf(text: string): Vector | undefined {
  const [version, encoded, ...more] = text.split('.')
  if (version !== VERSION || encoded === undefined || more.length > 0 || text.length > LENGTH_MAX)
    return undefined
  const vector = new Map<string, number>()
  for (const part of Buffer.from(encoded, 'base64url').toString().split(' ')) {
    if (part === '' && encoded === '') continue
    const [, life, digits] = /^(\S{1,64}):([\da-z]{1,10})$/.exec(part) ?? []
    if (life === undefined || digits === undefined) return undefined
    vector.set(life, Number.parseInt(digits, 36))
  }
  return vectorText(vector) === text ? vector : undefined
}
