/**
 * Answers on their way: each has room in what is in flight, or is refused, and is followed until it is taken; then all that
 * was held for its request is given back.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Registry } from 'prom-client'
import type { Clock } from '../clock.ts'
import type { InFlight } from '../in-flight.ts'
import type { Log } from '../log.ts'
import { tellCounter } from '../metrics.ts'
import type { HttpRequest } from './request.ts'
import { bytesOf, type HttpResponse, problem } from './response.ts'
import { type Sending, send } from './send.ts'
import { Streams } from './streams.ts'
import { Takers } from './takers.ts'

/** Of all that may be in flight, what may be left of answers that go on. */
const STREAMS_PART = 1 / 4

export interface DeliveryOptions {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: { readonly registry: Registry }
  readonly inFlight: InFlight
}

export class Delivery {
  readonly #takers: Takers
  readonly #streams: Streams

  constructor({ metrics, inFlight, ...options }: DeliveryOptions) {
    const takers = new Takers(options)
    const streams = new Streams({ ...options, bytesMax: inFlight.bytesMax * STREAMS_PART })
    this.#takers = takers
    this.#streams = streams
    inFlight.holders.add(streams)
    tellCounter(metrics.registry, {
      name: 'larder_answers_untaken_total',
      help: 'Connections that were cut off, as their answers were not taken.',
      read: () => takers.cutOff + streams.cutOff,
    })
  }

  /** The answer, or the one that there is no room for it. */
  admitted({ share }: HttpRequest, answer: HttpResponse): HttpResponse {
    try {
      share.answer(bytesOf(answer.body))
      return answer
    } catch (error) {
      return problem(error)
    }
  }

  /** Sends an answer that was admitted. @throws what a header does that HTTP cannot carry. */
  send(
    request: HttpRequest,
    { status, body, live }: HttpResponse,
    headers: Record<string, string>,
    out: ServerResponse,
  ): void {
    if (live !== undefined) {
      request.share.release()
      this.followStream(request.message.socket)
      return void live(out.writeHead(status, headers))
    }
    // Told beforehand, or Node would send the body in chunks.
    if (body !== undefined) headers['content-length'] = String(bytesOf(body))
    const sending = send(out.writeHead(status, headers), body)
    // Mostly the system has taken all of it by now.
    if (out.writableEnded && out.writableLength === 0) request.share.release()
    else this.follow(request, out, sending)
  }

  /** For an answer that somebody else sends. */
  follow({ message, share }: HttpRequest, out: ServerResponse, sending?: Sending): void {
    const { socket } = message
    const answer = {
      left: () => (sending?.left ?? 0) + out.writableLength,
      isOver: () => out.writableFinished || out.destroyed,
      release: () => share.release(),
    }
    this.#takers.follow(socket, answer)
    out.once('close', () => this.#takers.end(socket, answer))
  }

  /** For one that goes on until it is taken no more. */
  followStream(socket: Socket): void {
    this.#streams.follow(socket)
  }
}
