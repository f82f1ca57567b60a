/** The same changes as messages of a WebSocket (RFC 6455): whatever comes from the other side is of no interest. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { LarderError } from '../../shared/errors.ts'
import { networkOf } from '../../shared/http/network.ts'
import { type HttpResponse, problem } from '../../shared/http/response.ts'
import type { Upgrade } from '../../shared/http/upgrade.ts'
import type { Rights } from '../../shared/rights.ts'
import type { Turns } from '../../shared/turns.ts'
import type { Asked, Audience, WatchEvent, Watching } from '../watching.ts'
import { Teller, Wording } from './watch-events.ts'

/** Nothing is to be said but that it is over. */
const HEARD_BYTES_MAX = 4096
const GOING_AWAY = 1001

export type WatchAs = (asked: Asked, rights: Rights, audience: Audience) => () => void

export interface WatchUpgradeOptions {
  readonly watching: Pick<Watching, 'refusal'>
  readonly turns: Turns
  readonly watch: WatchAs
  /** @throws LarderError for what cannot be asked; then it is answered in HTTP. */
  askedIn(message: IncomingMessage, rights: Rights): Asked
}

export function watchUpgrade({ watching, turns, watch, askedIn }: WatchUpgradeOptions): Upgrade {
  const wording = Wording.messages(turns)
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: HEARD_BYTES_MAX,
  })
  return {
    protocol: PROTOCOL,
    isFor(message, rights) {
      if (handshakeRefusal(message.headers) !== undefined) return false
      try {
        askedIn(message, rights)
        return watching.refusal(networkOf(message.socket.remoteAddress)) === undefined
      } catch {
        return false
      }
    },
    greet(socket, message, rights) {
      const listener = new Listener(socket, wording, networkOf(message.socket.remoteAddress))
      server.handleUpgrade(message, socket, NOTHING, (webSocket) => {
        listener.begin(webSocket, watch(askedIn(message, rights), rights, listener))
      })
      // What it has not taken is counted with that of others.
      return { bytes: 0, close: () => listener.end() }
    },
  }
}

const NOTHING = Buffer.alloc(0)
const PROTOCOL = 'websocket'
const VERSIONS = ['13', '8']
const KEY = /^[+/0-9A-Za-z]{22}==$/
const TOKEN = /^[!#$%&'*+.^`|~\w-]+$/

/** What is answered to a handshake that is none (RFC 6455, section 4.2): the library would do so in words of its own. */
export function handshakeRefusal(headers: IncomingHttpHeaders): HttpResponse | undefined {
  if (headers.upgrade?.toLowerCase() !== PROTOCOL) return undefined
  const fault = faultOf(headers)
  if (fault === undefined) return undefined
  return problem(new LarderError('BAD_REQUEST', fault), { 'sec-websocket-version': VERSIONS.join(', ') })
}

function faultOf(headers: IncomingHttpHeaders): string | undefined {
  const { 'sec-websocket-key': key = '', 'sec-websocket-version': version = '' } = headers
  if (!KEY.test(key)) return 'Sec-WebSocket-Key: 16 bytes as base64 are needed.'
  if (!VERSIONS.includes(version)) return `Sec-WebSocket-Version: it has to be ${VERSIONS.join(' or ')}.`
  const { 'sec-websocket-protocol': protocols } = headers
  if (protocols === undefined) return undefined
  const names = protocols.split(',').map((name) => name.trim())
  const areNames = names.every((name) => TOKEN.test(name)) && new Set(names).size === names.length
  return areNames
    ? undefined
    : 'Sec-WebSocket-Protocol: different names are needed, with commas between them.'
}

class Listener implements Audience {
  readonly address: string
  readonly #socket: Duplex
  readonly #teller: Teller
  #webSocket: WebSocket | undefined

  constructor(socket: Duplex, wording: Wording, address: string) {
    this.address = address
    this.#socket = socket
    this.#teller = new Teller(wording, (bytes) => {
      if (this.#isOpen) this.#webSocket?.send(bytes, { binary: false })
    })
  }

  begin(webSocket: WebSocket, stop: () => void): void {
    this.#webSocket = webSocket
    webSocket.on('error', () => {}) // It is closed next.
    webSocket.once('close', stop)
  }

  get bytes(): number {
    return this.#socket.writableLength + this.#teller.bytes
  }

  tell(event: WatchEvent): void {
    if (this.#isOpen) this.#teller.tell(event)
  }

  async drained(): Promise<void> {
    await this.#teller.made
    const socket = this.#socket
    if (!socket.writableNeedDrain || socket.destroyed) return
    const { promise, resolve } = Promise.withResolvers<void>()
    socket.once('drain', resolve)
    socket.once('close', resolve)
    await promise
    socket.off('drain', resolve)
    socket.off('close', resolve)
  }

  end(): void {
    void this.#teller.made.then(() => this.#webSocket?.close(GOING_AWAY))
  }

  get #isOpen(): boolean {
    const { OPEN, readyState } = this.#webSocket ?? {}
    return readyState !== undefined && readyState === OPEN
  }
}
