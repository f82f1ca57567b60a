/**
 * The packs of a few slots: one, as long as there is not much in it. A pack that has too many records is split by the next
 * bit of their hashes (extendible hashing: Fagin, Nievergelt, Pippenger and Strong, 1979), first by their slots, so that
 * nothing that is done to a pack as a whole takes long, however much there is in one slot or beside it.
 */
import { HASH_BITS } from './encoded-id.ts'
import { Pack } from './pack.ts'

/** Beyond it hashes are too much alike for more of their bits to tell them apart. */
const DEPTH_MAX = 16

export class Packs {
  readonly #recordsMax: number
  /** By the first bits of a hash; neighbours may be one pack. */
  #directory: Pack[]
  #depth = 0

  constructor(neighbourhood: number, recordsMax: number) {
    this.#recordsMax = recordsMax
    this.#directory = [new Pack(neighbourhood)]
  }

  /** Where what has this hash is, or would be. */
  of(hash: number): Pack {
    const pack = this.#directory[this.#depth === 0 ? 0 : hash >>> (HASH_BITS - this.#depth)]
    if (pack === undefined) throw new RangeError(`there is no pack for ${hash}`)
    return pack
  }

  /** Splits a pack that has more than it should; `undefined` where that is not so. */
  split(pack: Pack, hash: number): readonly [Pack, Pack] | undefined {
    if (pack.count <= this.#recordsMax || pack.depth === DEPTH_MAX) return undefined
    if (pack.depth === this.#depth) {
      this.#directory = this.#directory.flatMap((one) => [one, one])
      this.#depth++
    }
    const halves = pack.split()
    const each = 2 ** (this.#depth - halves[0].depth)
    const first = Math.floor(startOf(pack, hash) / 2 ** (HASH_BITS - this.#depth))
    this.#directory.fill(halves[0], first, first + each)
    this.#directory.fill(halves[1], first + each, first + 2 * each)
    return halves
  }

  /**
   * The first hash that is not in the pack which has this one. Whoever goes on from there meets each pack, and whatever is
   * there all the time in one of them, also where some are split meanwhile.
   */
  after(hash: number): number {
    const pack = this.of(hash)
    return startOf(pack, hash) + 2 ** (HASH_BITS - pack.depth)
  }
}

/** The least hash of a pack that has this one. */
function startOf({ depth }: Pack, hash: number): number {
  const span = 2 ** (HASH_BITS - depth)
  return Math.floor(hash / span) * span
}
