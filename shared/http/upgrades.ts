/**
 * Connections that leave HTTP for a protocol of their own (RFC 9110, section 7.8): on the same server, asked for at a row
 * like any other, behind the same guard. Who asks for another protocol, or elsewhere, is answered in HTTP.
 */
import type { IncomingMessage, Server } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { LarderError } from '../errors.ts'
import type { InFlight } from '../in-flight.ts'
import { hasBody } from './body.ts'
import type { Connections } from './connections.ts'
import type { Delivery } from './delivery.ts'
import type { Guard } from './guard.ts'
import type { HotRoutes } from './hot-routes.ts'
import type { Route } from './route.ts'
import type { Told, Upgraded } from './upgrade.ts'

export interface UpgradesOptions {
  readonly hot: HotRoutes
  readonly guard: Guard
  readonly told: Told
  readonly connections: Pick<Connections, 'isQuiet' | 'keep' | 'occupy'>
  readonly delivery: Pick<Delivery, 'followStream'>
  readonly inFlight: InFlight
}

/** For how long nobody may say anything. */
const IDLE_MAX_MS = 120_000

export class Upgrades {
  readonly #options: UpgradesOptions
  readonly #open = new Map<Duplex, Upgraded>()
  #isClosing = false

  constructor(server: Server, options: UpgradesOptions) {
    this.#options = options
    server.on('upgrade', (message, socket, head) => this.#take(message, socket, head))
  }

  /** Whether there is another protocol for this request; without one it is answered like any other. */
  accepts(message: IncomingMessage): boolean {
    const route = this.#routeOf(message)
    const { upgrade = '' } = message.headers
    if (route?.upgrade === undefined || route.upgrade.protocol !== upgrade.toLowerCase()) return false
    // Only a request without a body leaves its connection to somebody else.
    if (this.#isClosing || hasBody(message) || !this.#options.connections.isQuiet(message.socket))
      return false
    const rights = this.#options.guard.admit(route, message)
    if (rights instanceof LarderError) return false
    return route.upgrade.isFor?.(message, rights) ?? true
  }

  /** Lets answers that are under way out. */
  close(): void {
    this.#isClosing = true
    for (const upgraded of this.#open.values()) upgraded.close()
  }

  cut(): void {
    for (const socket of this.#open.keys()) socket.destroy()
  }

  #take(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!(socket instanceof Socket)) return void socket.destroy()
    socket.on('error', () => {}) // It is closed next.
    socket.once('end', () => socket.end())
    socket.once('close', () => this.#open.delete(socket))
    socket.setTimeout(IDLE_MAX_MS, () => socket.destroy())
    if (head.length > 0) socket.unshift(head)
    const upgraded = this.#begin(message, socket)
    if (upgraded === undefined) return void socket.destroy()
    this.#place(socket, message)
    this.#open.set(socket, upgraded)
    this.#options.inFlight.holders.add(upgraded)
    socket.once('close', () => this.#options.inFlight.holders.delete(upgraded))
  }

  /** Members have places that are kept for them; a client goes on having his, and has to take what he is told. */
  #place(socket: Socket, message: IncomingMessage): void {
    const { connections, delivery } = this.#options
    if (this.#routeOf(message)?.access === 'member') connections.keep(socket)
    else {
      connections.occupy(socket)
      delivery.followStream(socket)
    }
  }

  #begin(message: IncomingMessage, socket: Duplex): Upgraded | undefined {
    const route = this.#routeOf(message)
    const rights = route && this.#options.guard.admit(route, message)
    if (route?.upgrade === undefined || rights === undefined || rights instanceof LarderError)
      return undefined
    const { protocol, take, greet } = route.upgrade
    if (greet !== undefined) return greet(socket, message, rights)
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${protocol}\r\n\r\n`)
    return take?.(socket, this.#options.told, message.headers)
  }

  #routeOf({ method, url }: IncomingMessage): Route | undefined {
    return this.#options.hot.find(method, url)?.route
  }
}
