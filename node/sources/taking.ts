/** What upstream answers, taken in whole and understood, or not at all. */
import { isUtf8 } from 'node:buffer'
import type { Dispatcher } from 'undici'
import type { Clock } from '../../shared/clock.ts'
import { Collector } from '../../shared/collector.ts'
import { type Headers, keptHeaders } from '../../shared/end-to-end.ts'
import { LarderError } from '../../shared/errors.ts'
import { dateOf } from '../../shared/http-date.ts'
import { type InFlight, Share } from '../../shared/in-flight.ts'
import { ownBytes } from '../../shared/json-fields.ts'
import type { Turns } from '../../shared/turns.ts'
import type { CachedRoute } from '../route-table.ts'
import { codingsOf, decoded } from './coding.ts'
import { ageOf } from './freshness.ts'

export interface UpstreamAnswer {
  readonly status: number
  readonly contentType: string
  /** All that go from end to end, `Date` among them. */
  readonly headers: Headers
  readonly body: Uint8Array
  /** How old it was when it came. */
  readonly ageMs: number
  /** What led here may be kept, or nothing did. */
  readonly isDirect: boolean
}

export interface TakingOptions {
  readonly bodyBytesMax: number
  readonly clock: Clock
  readonly inFlight: InFlight
  readonly turns: Turns
}

interface Asked {
  readonly freshness: CachedRoute['freshness']
  /** Nothing has led here that may not be kept. */
  readonly isDirect: boolean
}

type Response = Dispatcher.ResponseData

const UNSAID_TYPE = 'application/octet-stream'

export class Taking {
  readonly #options: TakingOptions

  constructor(options: TakingOptions) {
    this.#options = options
  }

  /** @throws LarderError UPSTREAM_REFUSED or OVERLOADED for a body that is not whole, or too large, for here or for now. */
  async take(response: Response, { freshness, isDirect }: Asked): Promise<UpstreamAnswer> {
    const { statusCode: status, headers: said } = response
    const wallMs = this.#options.clock.wall()
    const share = new Share(this.#options.inFlight)
    try {
      const transfer = textOf(said['transfer-encoding']) ?? 'chunked'
      if (transfer.toLowerCase() !== 'chunked')
        throw new LarderError('UPSTREAM_REFUSED', `Its answer travels as ${transfer}.`)
      const coded = await this.#read(response, share)
      const codings = codingsOf(textOf(said['content-encoding']))
      const plain = await this.#decoded(coded, codings, share)
      const kept = { ...keptHeaders(said) }
      // Whoever has named the codings that it takes gets one; everybody else what is behind it.
      const isLeft = freshness === 'upstream'
      if (!isLeft || plain === coded) delete kept['content-encoding']
      const { 'content-type': contentType = status === 304 ? '' : UNSAID_TYPE, ...headers } = dated(
        kept,
        wallMs,
      )
      return {
        status,
        contentType,
        headers,
        body: isLeft ? coded : plain,
        ageMs: ageOf(headers, wallMs),
        isDirect,
      }
    } catch (error) {
      response.body.on('error', () => {}).destroy()
      throw error
    } finally {
      share.release()
    }
  }

  async #read(response: Response, share: Share): Promise<Uint8Array> {
    const { headers, body } = response
    const { bodyBytesMax, turns } = this.#options
    const collector = Collector.announced(textOf(headers['content-length']), bodyBytesMax)
    await this.#room(response, share)
    for await (const piece of body) {
      if (collector.bytes + piece.length > bodyBytesMax) throw tooLarge()
      share.arrive(piece.length)
      collector.add(piece)
    }
    return ownBytes(await turns.take('bodies', collector.joined()))
  }

  /** Until there is room for what is announced, or its time is over. */
  async #room({ headers, body }: Response, share: Share): Promise<void> {
    const announced = Number(textOf(headers['content-length']) ?? 0)
    const leave = () => share.release()
    body.once('close', leave)
    if (announced <= this.#options.bodyBytesMax) await share.await(announced)
    body.off('close', leave)
  }

  async #decoded(body: Uint8Array, codings: readonly string[], share: Share): Promise<Uint8Array> {
    if (codings.length === 0) return body
    let bytes = 0
    const plain = await decoded(body, codings, (more) => {
      bytes += more
      if (bytes > this.#options.bodyBytesMax * codings.length) throw tooLarge()
      share.arrive(more)
    })
    if (plain.length > this.#options.bodyBytesMax) throw tooLarge()
    return ownBytes(plain)
  }
}

function tooLarge(): LarderError {
  return new LarderError('UPSTREAM_REFUSED', 'Its answer is too large.')
}

/** Headers are read as Latin-1; what is UTF-8 was meant so. */
export function textOf(value: string | string[] | undefined): string | undefined {
  const text = Array.isArray(value) ? value.join(', ') : value
  if (text === undefined) return undefined
  const bytes = Buffer.from(text, 'latin1')
  return isUtf8(bytes) ? bytes.toString() : text
}

/** What has no date, or none that can be read, was made when it came (RFC 9110, section 6.6.1). */
function dated(headers: Headers, wallMs: number): Headers {
  if (dateOf(headers['date'] ?? '') !== undefined) return headers
  return { ...headers, date: new Date(wallMs).toUTCString() }
}
