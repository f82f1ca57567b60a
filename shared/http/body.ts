/** The body of a request, taken in within the limits of its size and of what is in flight. */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { pause, systemClock } from '../clock.ts'
import { Collector } from '../collector.ts'
import { LarderError } from '../errors.ts'
import { atOnce, LARGE_BYTES } from '../steps.ts'
import type { HttpRequest } from './request.ts'

/** How much of a body that is refused is still taken in before a connection that is to be closed. */
const DISCARD_BYTES_MAX = 64 * 2 ** 20
const DISCARD_MAX_MS = 1000

/**
 * The whole body, in memory of its own where it is large, decoded where it was sent with gzip. One over the limits is refused
 * as soon as that is known; of one that is coded, they are limits of what it becomes.
 *
 * @throws LarderError TOO_LARGE, OVERLOADED, UNSUPPORTED_MEDIA_TYPE, or BAD_REQUEST when the client gives up half way.
 */
export function readBody(request: HttpRequest, bytesMax: number): Promise<Buffer> {
  const { 'content-encoding': coding } = request.message.headers
  if (coding !== undefined && GZIP.test(coding)) return read(request, bytesMax, decoded)
  const refused = refusedCoding(coding)
  return refused === undefined ? readCodedBody(request, bytesMax) : Promise.reject(refused)
}

/** The same of one that is meant for somebody else, however it is coded. */
export function readCodedBody(request: HttpRequest, bytesMax: number): Promise<Buffer> {
  return read(request, bytesMax)
}

function read(
  request: HttpRequest,
  bytesMax: number,
  decode?: (message: IncomingMessage) => Readable,
): Promise<Buffer> {
  const { message } = request
  const refused = refusedCoding(message.headers['transfer-encoding'])
  if (refused !== undefined) return Promise.reject(refused)
  if (!hasBody(message)) return EMPTY
  const length = Number(message.headers['content-length'] ?? 0)
  if (length > bytesMax) return refuse(message, tooLarge(bytesMax))
  try {
    request.share.expect(length)
  } catch (error) {
    return refuse(message, error)
  }
  if (decode === undefined) return collect(request, message, new Collector(length), bytesMax)
  return collect(request, decode(message), new Collector(0), bytesMax)
}

/** Whether a body is announced (RFC 9112, section 6). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined
}

const EMPTY = Promise.resolve(Buffer.alloc(0))

const GZIP = /^(?:x-)?gzip$/i
/** Large enough that a body comes in few pieces, small enough that one is hardly held for nothing. */
const DECODED_BYTES = 64 * 2 ** 10

/** What comes out of it. It goes on with a request that is refused half way, which whoever refuses it sees to. */
function decoded(message: IncomingMessage): Readable {
  const decoder = createGunzip({ chunkSize: DECODED_BYTES })
  message.once('error', (error) => decoder.destroy(error))
  return message.pipe(decoder)
}

function refusedCoding(coding: string | undefined): LarderError | undefined {
  if (coding === undefined || /^(?:identity|chunked)$/i.test(coding)) return undefined
  return new LarderError('UNSUPPORTED_MEDIA_TYPE', `The body is ${coding}: send it as it is, or with gzip.`)
}

function tooLarge(bytesMax: number): LarderError {
  return new LarderError('TOO_LARGE', `The body may have ${bytesMax} bytes at most.`)
}

/** `body` is the message, or what comes out of a decoder of it. */
function collect(
  { message, share, turns }: HttpRequest,
  body: Readable,
  collector: Collector,
  bytesMax: number,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  // A connection may also break once the body is whole, and in somebody else's hands.
  let isOver = false
  const end = (settle: () => void) => {
    if (isOver) return
    isOver = true
    body.off('data', take)
    if (body !== message) {
      message.unpipe()
      body.destroy() // Or it would go on with what it has.
    }
    settle()
  }
  const giveUp = (error: unknown) =>
    end(() => {
      collector.drop()
      share.release()
      resolve(refuse(message, error))
    })
  const take = (piece: Buffer) => {
    if (collector.bytes + piece.length > bytesMax) return giveUp(tooLarge(bytesMax))
    try {
      share.arrive(piece.length)
    } catch (error) {
      return giveUp(error)
    }
    collector.add(piece)
  }
  body.on('data', take)
  body.on('end', () =>
    end(() => {
      const joining = collector.joined()
      resolve(collector.bytes > LARGE_BYTES ? turns.take('bodies', joining) : atOnce(joining))
    }),
  )
  body.on('error', (cause) => {
    if (body !== message && !message.errored)
      return giveUp(new LarderError('BAD_REQUEST', NOT_GZIP, { cause }))
    end(() => {
      collector.drop()
      reject(new LarderError('BAD_REQUEST', 'The body broke off.', { cause }))
    })
  })
  return promise
}

const NOT_GZIP = 'The body is not gzip, or not all of it.'

async function refuse(message: IncomingMessage, error: unknown): Promise<never> {
  await discard(message)
  throw error
}

/**
 * Lets the rest of a refused body run into the void. On a connection that stays, Node does that after the
 * answer; one that is to be closed would break under the client's hands before it has read the answer.
 */
async function discard(request: IncomingMessage): Promise<void> {
  request.on('error', () => {}) // The client may well give up now.
  request.resume()
  if (!/close/i.test(request.headers.connection ?? '')) return
  const enough = new AbortController()
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > DISCARD_BYTES_MAX) enough.abort()
  })
  request.once('close', () => enough.abort()).once('end', () => enough.abort())
  await pause(systemClock, DISCARD_MAX_MS, enough.signal)
}
