/** The same changes as messages of a WebSocket (RFC 6455): whatever comes from the other side is of no interest. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Upgrade, Upgraded } from '../../shared/http/upgrade.ts'
import type { Rights } from '../../shared/rights.ts'
import type { Asked, Audience, WatchEvent, Watching } from '../watching.ts'
import { eventMessage } from './watch-events.ts'

/** Nothing is to be said but that it is over. */
const HEARD_BYTES_MAX = 4096
const GOING_AWAY = 1001

/** `askedIn` throws for what cannot be asked, and then it is answered in HTTP. */
export function watchUpgrade(
  watching: Watching,
  askedIn: (message: IncomingMessage, rights: Rights) => Asked,
): Upgrade {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: HEARD_BYTES_MAX,
  })
  return {
    protocol: 'websocket',
    isFor(message, rights) {
      try {
        askedIn(message, rights)
        watching.admit()
        return true
      } catch {
        return false
      }
    },
    greet(socket, message, rights) {
      const listener = new Listener(socket)
      server.handleUpgrade(message, socket, NOTHING, (webSocket) => {
        listener.begin(webSocket, watching.watch(askedIn(message, rights), listener))
      })
      return listener
    },
  }
}

const NOTHING = Buffer.alloc(0)

class Listener implements Audience, Upgraded {
  readonly #socket: Duplex
  #webSocket: WebSocket | undefined

  constructor(socket: Duplex) {
    this.#socket = socket
  }

  begin(webSocket: WebSocket, stop: () => void): void {
    this.#webSocket = webSocket
    webSocket.on('error', () => {}) // It is closed next.
    webSocket.once('close', stop)
  }

  get bytes(): number {
    return this.#socket.writableLength
  }

  tell(event: WatchEvent): void {
    const { OPEN, readyState } = this.#webSocket ?? {}
    if (readyState !== undefined && readyState === OPEN)
      this.#webSocket?.send(eventMessage(event), { binary: false })
  }

  async drained(): Promise<void> {
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
    this.#webSocket?.close(GOING_AWAY)
  }

  close(): void {
    this.end()
  }
}
