/**
 * How the body of an answer is coded, and what it is without that. What is cut short, coded in a way that is not known, or
 * longer than it may be is never taken for a body.
 */
import { pipeline } from 'node:stream/promises'
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib'
import { LarderError } from '../../shared/errors.ts'

/** What upstream is asked to use, where the caller has no say in it. */
export const CODINGS = 'gzip, deflate, br'
/** Nobody codes more often than that. */
const CODED_MAX = 3
/** So much is decoded in one step. */
const PIECE_BYTES = 64 * 2 ** 10

type Decoder = ReturnType<typeof createGunzip | typeof createBrotliDecompress>

/** By their names (RFC 9110, section 8.4.1). What calls itself deflate comes with the header of zlib, or without. */
const DECODERS: Readonly<Record<string, (first: number) => Decoder>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: (first) => ((first & 0x0f) === 8 ? createInflate() : createInflateRaw()),
  br: () => createBrotliDecompress(),
  zstd: () => createZstdDecompress(),
}

/** The codings that were used, the last one first. @throws LarderError UPSTREAM_REFUSED for one that is not known. */
export function codingsOf(header: string | undefined): string[] {
  const codings = (header ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity')
  const unknown = codings.find((coding) => !Object.hasOwn(DECODERS, coding))
  if (unknown !== undefined || codings.length > CODED_MAX)
    throw new LarderError('UPSTREAM_REFUSED', `Its answer is coded as ${unknown ?? codings.join(', ')}.`)
  return codings.reverse()
}

/**
 * The body without its codings, the first of which was put on last. Whatever it takes on the way is told to `grown`, which
 * may throw.
 * @throws LarderError UPSTREAM_REFUSED when it is no whole body of that coding.
 */
export async function decoded(
  body: Uint8Array,
  codings: readonly string[],
  grown: (bytes: number) => void,
): Promise<Uint8Array> {
  let plain = body
  for (const coding of codings) {
    // Of a HEAD, or where there is nothing, many say what they would have used.
    if (plain.length === 0) return plain
    const decoder = DECODERS[coding]?.(plain[0] ?? 0)
    if (decoder !== undefined) plain = await decodedBy(decoder, { body: plain, coding, grown })
  }
  return plain
}

interface Coded {
  readonly body: Uint8Array
  readonly coding: string
  grown(bytes: number): void
}

async function decodedBy(decoder: Decoder, { body, coding, grown }: Coded): Promise<Uint8Array> {
  const pieces: Buffer[] = []
  try {
    await pipeline(piecesOf(body), decoder, async (decoded: AsyncIterable<Buffer>) => {
      for await (const piece of decoded) {
        grown(piece.length)
        pieces.push(piece)
      }
    })
  } catch (cause) {
    if (cause instanceof LarderError) throw cause
    throw new LarderError('UPSTREAM_REFUSED', `Its answer is no whole ${coding}.`, { cause })
  }
  return Buffer.concat(pieces)
}

function* piecesOf(body: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < body.length; start += PIECE_BYTES)
    yield body.subarray(start, start + PIECE_BYTES)
}
