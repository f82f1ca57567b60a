/** A hash of a member of a set, by which a cursor tells how far it has come. */

const PRIME = 0x01000193
const OFFSET_BASIS = 0x811c9dc5

/** How many there are: the last of them is this. */
export const HASHES = 2 ** 32

/** Of 32 bits: FNV-1a (Fowler, Noll, Vo) over the UTF-16 units, and above 0, which is where a cursor begins. */
export function hashOf(text: string): number {
  let hash = OFFSET_BASIS
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), PRIME)
  return ((hash ^ (hash >>> 15)) >>> 0) + 1
}
