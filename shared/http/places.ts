/**
 * Who may be connected when not everybody can: no client is turned away while somebody is connected who asks nothing.
 *
 *     a connection ─▶ is there a place for it? ─ yes ─▶ it is taken
 *                        └─ no: whoever has asked nothing for longest goes ─▶ it is taken
 *                                 └─ nobody has: it is a guest on a place that is kept for members, uplink and probes,
 *                                                until it asks: whoever is none of these is answered 503
 *
 * One address has at most nine tenths of the places, so that it shuts out no other: newcomers from it take the places of its
 * own then. And an address with more than a quarter is the first to give. So a balancer from which everything comes gives
 * no more than what it does not use.
 */
import type { Duplex } from 'node:stream'
import type { Log } from '../log.ts'
import { Trouble } from '../trouble.ts'
import { Line, LOOKS_MAX } from './line.ts'
import { networkOf } from './network.ts'

/** Of the places, those that one address may have. */
const ADDRESS_PART = 0.9
/** And those beyond which it is the first to give. */
const SHARE = 0.25
/** Before that a connection is not taken for silent: its request may be on its way. */
const SILENT_MIN_MS = 1000
/** Nor one that has never asked anything, where another one does. */
const MUTE_MIN_MS = 100
/** Places are short until so many of them are free again: more than an address that is at its limit leaves. */
const FREE_PART = 0.2

export interface PlacesOptions {
  /** For clients. */
  readonly clients: number
  /** Besides, for members, uplink and probes. */
  readonly kept: number
  readonly log: Log
  now(): number
  /** Whether all that was asked on the connection is answered. */
  isQuiet(socket: Duplex): boolean
}

interface Place {
  socket: Duplex
  readonly address: Address
  askedAtMs: number
  isGuest: boolean
}

/** The clients that come from there. */
interface Address {
  readonly name: string
  readonly line: Line<Place>
}

export class Places {
  readonly #options: PlacesOptions
  readonly #bySocket = new WeakMap<Duplex, Place>()
  readonly #addresses = new Map<string, Address>()
  readonly #clients = new Line<Place>()
  readonly #members = new Set<Place>()
  /** Of the clients those that have never asked anything, in the order in which they came. */
  readonly #mute = new Set<Place>()
  /** Addresses with more than their share. */
  readonly #large = new Set<Address>()
  readonly #shortage: Trouble
  /** Connections that were closed as they asked nothing, that were refused with 503, and that were cut unheard. */
  readonly counts = { closed: 0, refused: 0, cut: 0 }

  constructor(options: PlacesOptions) {
    this.#options = options
    this.#shortage = new Trouble(options.log, {
      begins: 'connections are short: those that ask nothing are closed for those that come',
      ends: 'there are places for connections again',
    })
  }

  /** How many clients there can be. */
  get max(): number {
    return this.#options.clients
  }

  get clients(): number {
    return this.#clients.size
  }

  get members(): number {
    return this.#members.size
  }

  /** A connection has come. */
  enter(socket: Duplex, remoteAddress: string | undefined): void {
    const address = this.#addressOf(networkOf(remoteAddress))
    const place: Place = { socket, address, askedAtMs: this.#options.now(), isGuest: false }
    this.#bySocket.set(socket, place)
    this.#seat(place)
    this.#mute.add(place)
    socket.once('close', () => this.#leave(place))
    if (!this.#isShort(place) || this.#makeRoom(place)) return
    place.isGuest = true
    const { clients, kept } = this.#options
    const [mute = place] = this.#mute
    if (this.clients + this.members > clients + kept) this.#cut(mute)
  }

  /** TLS is agreed on: what is said on the connection comes on this socket from now on. */
  secured(socket: Duplex, secure: Duplex): void {
    const place = this.#bySocket.get(socket)
    if (place === undefined) return
    place.socket = secure
    this.#bySocket.set(secure, place)
  }

  /** Something is asked on it. @returns whether it is a client for whom there is no place. */
  asks(socket: Duplex, isMember: () => boolean): boolean {
    const place = this.#bySocket.get(socket)
    if (place === undefined) return false
    place.askedAtMs = this.#options.now()
    if (this.#mute.delete(place) && isMember()) this.#keep(place)
    // Whoever asks something goes before those who never have.
    if (place.isGuest)
      place.isGuest = this.#isShort(place) && !this.#makeRoom(place) && !this.#dropMute(place)
    return place.isGuest
  }

  /** Whether what is asked on it is to be refused. */
  refuses(socket: Duplex): boolean {
    const isRefused = this.#shortage.isOn && this.#bySocket.get(socket)?.isGuest === true
    if (isRefused) this.counts.refused++
    return isRefused
  }

  /** It has left HTTP for a protocol in which silence says nothing. */
  keep(socket: Duplex): void {
    const place = this.#bySocket.get(socket)
    if (place !== undefined) this.#keep(place)
  }

  #isShort({ address }: Place): boolean {
    const { clients, kept } = this.#options
    const isFull = this.clients > clients || this.clients + this.members > clients + kept
    return isFull || this.#isAtLimit(address)
  }

  #isAtLimit({ line }: Address): boolean {
    return line.size > Math.ceil(this.#options.clients * ADDRESS_PART)
  }

  #makeRoom({ address }: Place): boolean {
    const { clients, now, isQuiet } = this.#options
    this.#shortage.begin({ clients: this.clients, members: this.members, places: clients })
    const large = [...this.#large].map(({ line }) => line)
    const lines = this.#isAtLimit(address) ? [] : [...large, this.#clients]
    if (this.#large.has(address)) lines.unshift(address.line)
    for (const line of lines) {
      const silent = line.silentSince(now() - SILENT_MIN_MS, isQuiet)
      if (silent !== undefined) return this.#close(silent)
    }
    return false
  }

  #dropMute({ address }: Place): boolean {
    const isOwn = this.#isAtLimit(address)
    const untilMs = this.#options.now() - MUTE_MIN_MS
    const mute = this.#mute
      .values()
      .take(LOOKS_MAX)
      .find((other) => other.askedAtMs <= untilMs && (!isOwn || other.address === address))
    return mute !== undefined && this.#close(mute)
  }

  #close(place: Place): true {
    this.counts.closed++
    this.#end(place)
    return true
  }

  #cut(place: Place): void {
    this.counts.cut++
    this.#end(place)
  }

  #end(place: Place): void {
    this.#leave(place)
    place.socket.destroy()
  }

  #seat(place: Place): void {
    const { address } = place
    this.#clients.add(place)
    address.line.add(place)
    if (this.#isLarge(address)) this.#large.add(address)
  }

  #keep(place: Place): void {
    this.#unseat(place)
    this.#members.add(place)
    place.isGuest = false
  }

  #leave(place: Place): void {
    this.#unseat(place)
    this.#members.delete(place)
    if (this.clients <= this.#options.clients * (1 - FREE_PART)) this.#shortage.end({ ...this.counts })
  }

  #unseat(place: Place): void {
    const { address } = place
    this.#mute.delete(place)
    this.#clients.delete(place)
    address.line.delete(place)
    if (!this.#isLarge(address)) this.#large.delete(address)
    if (address.line.size === 0 && this.#addresses.get(address.name) === address)
      this.#addresses.delete(address.name)
  }

  #isLarge({ line }: Address): boolean {
    return line.size > Math.max(1, this.#options.clients * SHARE)
  }

  #addressOf(name: string): Address {
    const known = this.#addresses.get(name)
    if (known !== undefined) return known
    const address = { name, line: new Line<Place>() }
    this.#addresses.set(name, address)
    return address
  }
}
