/** What is connected to a server: a place for whoever comes, and an answer for what never becomes a request. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as SecureServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Descriptors, divide } from '../descriptors.ts'
import type { Log } from '../log.ts'
import type { HttpMetrics } from './metrics.ts'
import { Places } from './places.ts'
import { Refusals } from './refusal.ts'

export interface ConnectionsOptions {
  readonly log: Log
  readonly metrics: HttpMetrics
  /** What the process may have open; as much as it likes where that is not said. */
  readonly descriptors?: Descriptors
}

export class Connections {
  readonly #refusals: Refusals
  readonly #places: Places
  /** Of other doors: whether all that was asked on them is answered. */
  readonly #others = new WeakMap<Duplex, () => boolean>()
  /** On which TLS may still have to be agreed on, by their origins. */
  readonly #bare = new Map<string, Socket>()

  constructor(server: Server, { log, metrics, descriptors = divide(Infinity) }: ConnectionsOptions) {
    const refusals = new Refusals(server, log, metrics)
    this.#refusals = refusals
    this.#places = new Places({
      ...descriptors,
      log,
      now: () => performance.now(),
      isQuiet: (socket) => (this.#others.get(socket) ?? (() => refusals.isQuiet(socket)))(),
    })
    metrics.tellPlaces(this.#places)
    server.on('connection', (socket) => this.#places.enter(socket, socket.remoteAddress))
    if (server instanceof SecureServer) this.#followSecure(server)
  }

  /** Of TLS there are two sockets, the later one above the other: what they have in common is from where they come. */
  #followSecure(server: SecureServer): void {
    server.on('connection', (socket: Socket) => {
      const origin = originOf(socket)
      this.#bare.set(origin, socket)
      socket.once('close', () => this.#bare.get(origin) === socket && this.#bare.delete(origin))
    })
    server.on('secureConnection', (secure) => {
      const socket = this.#bare.get(originOf(secure))
      this.#bare.delete(originOf(secure))
      if (socket === undefined) secure.destroy()
      else this.#places.secured(socket, secure)
    })
  }

  /** How many clients there can be, at all doors together. */
  get max(): number {
    return this.#places.max
  }

  /** A connection has come by another door. */
  enter(socket: Socket, isQuiet: () => boolean): void {
    this.#others.set(socket, isQuiet)
    this.#places.enter(socket, socket.remoteAddress)
  }

  /** Something is asked on one of those. @returns whether there is no place for it. */
  asks(socket: Socket): boolean {
    return this.#places.asks(socket, () => false) && this.#places.refuses(socket)
  }

  /** Nothing can have been asked on them. */
  cutBare(): void {
    for (const socket of this.#bare.values()) socket.destroy()
  }

  /** To be told of every request. */
  note(message: IncomingMessage, response: ServerResponse, isMember: () => boolean): void {
    this.#refusals.note(message, response)
    if (this.#places.asks(message.socket, isMember)) response.setHeader('connection', 'close')
  }

  /** Whether all that was asked on the connection is answered. */
  isQuiet(socket: Duplex): boolean {
    return this.#refusals.isQuiet(socket)
  }

  /** The same of a client: something is being answered on it until it is closed. */
  occupy(socket: Duplex): void {
    this.#others.set(socket, () => false)
  }

  /** It has left HTTP for a protocol of its own. */
  keep(socket: Duplex): void {
    this.#places.keep(socket)
  }

  /** Whether what is asked on it is to be refused, as there is no place for it. */
  refuses(socket: Duplex): boolean {
    return this.#places.refuses(socket)
  }
}

function originOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
