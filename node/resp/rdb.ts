/**
 * What DUMP tells and RESTORE reads: one string or set as in a file of Redis, with the version of such files and a checksum
 * behind it.
 */
import type { Steps } from '../../shared/steps.ts'
import { crc64 } from './crc64.ts'
import { portionsOf } from './portions.ts'

export type Dumped = { readonly string: Buffer } | { readonly members: readonly string[] }

/** What is read of other versions: what Redis 7.2 writes, and what was before. */
const VERSION = 11
const STRING = 0
const SET = 2
const FOOTER_BYTES = 10

/** Members that are gone through in one step. */
const STEP_MEMBERS = 200

export function* encodeDump(dumped: Dumped): Steps<Buffer> {
  const parts =
    'string' in dumped ? [Buffer.from([STRING]), ...stringParts(dumped.string)] : yield* setParts(dumped)
  const body = Buffer.concat([...parts, Buffer.from([VERSION, 0])])
  return Buffer.concat([body, yield* crc64(body)])
}

function* setParts({ members }: Extract<Dumped, { members: unknown }>): Steps<Buffer[]> {
  const parts = [Buffer.from([SET]), lengthBytes(members.length)]
  for (const some of portionsOf(members, STEP_MEMBERS)) {
    parts.push(Buffer.concat(some.flatMap((member) => stringParts(Buffer.from(member)))))
    yield
  }
  return parts
}

function stringParts(bytes: Buffer): Buffer[] {
  return [lengthBytes(bytes.length), bytes]
}

function lengthBytes(length: number): Buffer {
  if (length < 64) return Buffer.from([length])
  if (length < 16_384) return Buffer.from([0x40 | (length >> 8), length & 0xff])
  const bytes = Buffer.alloc(5)
  bytes[0] = 0x80
  bytes.writeUInt32BE(length, 1)
  return bytes
}

/** `undefined` for what is damaged, or no string or set. */
export function* decodeDump(dump: Buffer, bytesMax: number): Steps<Dumped | undefined> {
  if (dump.length <= FOOTER_BYTES || dump.readUInt16LE(dump.length - FOOTER_BYTES) > VERSION) return undefined
  const sum = dump.subarray(-8)
  if (sum.some((byte) => byte !== 0) && !(yield* crc64(dump.subarray(0, -8))).equals(sum)) return undefined
  try {
    const reader = new DumpReader(dump.subarray(1, -FOOTER_BYTES), bytesMax)
    const decoded =
      dump[0] === STRING ? { string: reader.string() } : dump[0] === SET ? yield* reader.set() : undefined
    return reader.isAtEnd ? decoded : undefined
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Throws RangeError for what ends too early, or is larger than it may be. */
class DumpReader {
  readonly #bytes: Buffer
  readonly #bytesMax: number
  #at = 0

  constructor(bytes: Buffer, bytesMax: number) {
    this.#bytes = bytes
    this.#bytesMax = bytesMax
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  *set(): Steps<Dumped> {
    const { value } = this.#length()
    const members: string[] = []
    while (members.length < value) {
      members.push(this.string().toString())
      if (members.length % STEP_MEMBERS === 0) yield
    }
    return { members }
  }

  string(): Buffer {
    const { value, isSpecial } = this.#length()
    if (!isSpecial) return this.#take(value)
    if (value === 0) return Buffer.from(String(this.#take(1).readInt8()))
    if (value === 1) return Buffer.from(String(this.#take(2).readInt16LE()))
    if (value === 2) return Buffer.from(String(this.#take(4).readInt32LE()))
    if (value === 3) return this.#compressed()
    throw new RangeError('a string is in no known form')
  }

  #compressed(): Buffer {
    const packed = this.#length().value
    const length = this.#length().value
    if (length > this.#bytesMax) throw new RangeError('a string is too long')
    return unpacked(this.#take(packed), length)
  }

  #length(): { value: number; isSpecial: boolean } {
    const first = this.#take(1).readUInt8()
    const rest = first & 0x3f
    if (first >> 6 === 0) return { value: rest, isSpecial: false }
    if (first >> 6 === 1) return { value: (rest << 8) | this.#take(1).readUInt8(), isSpecial: false }
    if (first >> 6 === 3) return { value: rest, isSpecial: true }
    if (first !== 0x80) throw new RangeError('a length is too large')
    return { value: this.#take(4).readUInt32BE(), isSpecial: false }
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw new RangeError('it ends too early')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}

/** LZF (Lehmann): bytes as they are, and references to what came before. */
function unpacked(packed: Buffer, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let filled = 0
  for (let at = 0; at < packed.length; ) {
    const control = packed.readUInt8(at++)
    if (control < 32) {
      filled += packed.copy(bytes, filled, at, at + control + 1)
      at += control + 1
      continue
    }
    const isLong = control >> 5 === 7
    const count = (isLong ? 7 + packed.readUInt8(at++) : control >> 5) + 2
    const from = filled - ((control & 0x1f) << 8) - packed.readUInt8(at++) - 1
    if (from < 0 || filled + count > length) throw new RangeError('a reference leads nowhere')
    for (let index = 0; index < count; index++) bytes[filled++] = bytes[from + index] ?? 0
  }
  if (filled !== length) throw new RangeError('a string is not as long as it says')
  return bytes
}
