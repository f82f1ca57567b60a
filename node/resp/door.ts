/**
 * The door for clients of Redis: a second one beside HTTP, over the same dispatch.
 *
 *     socket ─▶ Reader ─▶ Pipeline ─▶ a row of the table ─▶ commands ─▶ Dispatch
 *     socket ◀─ Writer ◀─ replies, in the order of what was asked
 */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:tls'
import type { Registry } from 'prom-client'
import { type Clock, pause, type Timer } from '../../shared/clock.ts'
import { LarderError } from '../../shared/errors.ts'
import type { Eventual } from '../../shared/eventual.ts'
import { Guesses } from '../../shared/http/guesses.ts'
import { Takers } from '../../shared/http/takers.ts'
import type { InFlight } from '../../shared/in-flight.ts'
import type { Keys } from '../../shared/keys.ts'
import type { Log } from '../../shared/log.ts'
import type { Tls } from '../../shared/tls.ts'
import type { Dispatch } from '../dispatch.ts'
import { Connection } from './connection.ts'
import { createExecution, type ExecutionOptions } from './execution.ts'
import { CommandMetrics } from './metrics.ts'
import type { Execution, Row, ServerFacts } from './row.ts'
import { Session } from './session.ts'
import { Table } from './table.ts'
import { ErrorReply, type Told } from './writer.ts'

/** A command that has not arrived whole by then is cut off. */
const ARRIVAL_MAX_MS = 30_000
const LOOK_EVERY_MS = 1000
const HANDSHAKE_MAX_MS = 10_000
/** What is said of a command beside its words. */
const BESIDE_BYTES = 64 * 1024
/** How long what is under way may still take when the door closes. */
const CLOSE_MAX_MS = 5000

/** Where connections have their places, at whichever door they come. */
export interface Seats {
  enter(socket: Socket, isQuiet: () => boolean): void
  /** Something is asked on it. @returns whether there is no place for it. */
  asks(socket: Socket): boolean
  readonly max: number
}

/** What there is to be told of a process where nobody is connected. */
export function factsOf(
  options: Pick<DoorOptions, 'version' | 'runId' | 'clock' | 'bytesMax' | 'notReady'>,
): ServerFacts {
  const { version, runId, clock, bytesMax, notReady } = options
  return {
    version,
    runId,
    startedAtMs: clock.wall(),
    bytesMax,
    sessions: new Set(),
    connectionsMax: Infinity,
    port: 0,
    counts: { commands: 0, connections: 0 },
    get notReady() {
      return notReady()
    },
  }
}

export interface DoorOptions {
  readonly host: string
  readonly port: number
  readonly dispatch: Dispatch
  readonly keys: Keys
  readonly tls: Tls | undefined
  readonly clock: Clock
  readonly turns: ExecutionOptions['turns']
  readonly log: Log
  readonly registry: Registry
  readonly inFlight: InFlight
  readonly seats: Seats
  readonly wrong: { inc(labels: { of: 'key' }): void }
  readonly bodyBytesMax: number
  readonly bytesMax: number
  readonly backend: Execution['backend']
  readonly version: string
  readonly runId: string
  notReady(): string | undefined
}

export class RedisDoor {
  readonly #options: DoorOptions
  readonly #server: Server
  readonly #table: Table
  readonly #metrics: CommandMetrics
  readonly #takers: Takers
  readonly #guesses: Guesses
  readonly #execution: Execution
  readonly #connections = new Set<Connection>()
  readonly #sessions = new Set<Session>()
  readonly #held = { bytes: 0 }
  readonly #isLogged: boolean
  #looking: Timer | undefined
  #count = 0

  /** @throws when the port cannot be had. */
  static async listen(options: DoorOptions): Promise<RedisDoor> {
    const door = new RedisDoor(options)
    const listening = once(door.#server.listen(options.port, options.host), 'listening')
    // Of two ports it is this one that cannot be had.
    await listening.catch((error) => Promise.reject(Object.assign(error, { setting: 'RESP_PORT' })))
    return door
  }

  private constructor(options: DoorOptions) {
    this.#options = options
    const { tls, clock, registry, inFlight, log } = options
    this.#isLogged = log.isLevelEnabled('debug')
    this.#table = new Table(options.bodyBytesMax)
    this.#metrics = new CommandMetrics(registry, () => this.#connections.size)
    this.#takers = new Takers(options)
    this.#guesses = new Guesses(options)
    this.#execution = createExecution({
      ...options,
      admit: (session, key, user) => this.#admit(session, key, user),
      server: this.#facts(),
    })
    this.#server = listener(tls, (socket) => this.#welcome(socket))
    inFlight.holders.add(this.#held)
    this.#looking = clock.after(LOOK_EVERY_MS, () => this.#look())
  }

  get port(): number {
    const address = this.#server.address()
    return address === null || typeof address === 'string' ? 0 : address.port
  }

  /** Takes nobody any more, answers what is under way, and closes. */
  async close(): Promise<void> {
    const { clock, inFlight } = this.#options
    this.#server.close()
    for (const connection of this.#connections) connection.close()
    const untilMs = clock.now() + CLOSE_MAX_MS
    while (this.#connections.size > 0 && clock.now() < untilMs) await pause(clock, 10)
    for (const connection of this.#connections) connection.cut()
    this.#looking?.cancel()
    this.#guesses.stop()
    inFlight.holders.delete(this.#held)
  }

  #welcome(socket: Socket): void {
    const { keys, clock, seats, log } = this.#options
    const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket
    const address = `${remoteAddress}:${remotePort}`
    const session = new Session({
      id: ++this.#count,
      keys,
      address,
      localAddress: `${localAddress}:${localPort}`,
      startedAtMs: clock.wall(),
    })
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 300_000)
    const connection = new Connection(socket, {
      session,
      table: this.#table,
      execution: this.#execution,
      limits: this.#limits,
      note: this.#note.bind(this, address),
      onHeld: (more) => {
        this.#held.bytes += more
      },
      onUntaken: (untaken) => this.#takers.follow(socket, untaken),
      isGuest: () => seats.asks(socket),
      now: () => performance.now(),
      log: (reason) => log.debug({ address, reason }, 'a client of Redis is cut off'),
    })
    this.#connections.add(connection)
    this.#sessions.add(session)
    socket.once('close', () => {
      this.#connections.delete(connection)
      this.#sessions.delete(session)
    })
    seats.enter(socket, () => connection.isQuiet)
  }

  get #limits() {
    const { inFlight, bodyBytesMax } = this.#options
    return {
      commandBytesMax: bodyBytesMax + BESIDE_BYTES,
      hasRoomFor(bytes: number) {
        const hasRoom = inFlight.hasRoomFor(bytes, false)
        if (!hasRoom) inFlight.refuse('body')
        return hasRoom
      },
    }
  }

  #facts(): ServerFacts {
    const [door, facts] = [this, factsOf(this.#options)]
    return {
      ...facts,
      sessions: this.#sessions,
      connectionsMax: this.#options.seats.max,
      get port() {
        return door.port
      },
      get counts() {
        return { commands: door.#metrics.total, connections: door.#count }
      },
      get notReady() {
        return facts.notReady
      },
    }
  }

  /** Whoever tries many waits ever longer for what comes of it. */
  #admit(session: Session, key: string, user: string | undefined): Eventual<boolean> {
    if (session.show(key, user)) return true
    const { wrong, clock } = this.#options
    wrong.inc({ of: 'key' })
    const waitMs = this.#guesses.note(session.address.replace(/:\d+$/, ''), 'key')
    if (waitMs === undefined)
      throw new LarderError('TOO_MANY_GUESSES', 'Too many wrong keys come from this address.')
    return waitMs === 0 ? false : pause(clock, waitMs).then(() => false)
  }

  #note(address: string, row: Row | undefined, startedAtMs: number, reply: Told): void {
    const elapsedMs = performance.now() - startedAtMs
    const [command, isError] = [row?.name ?? 'unknown', reply instanceof ErrorReply]
    this.#metrics.count(command, elapsedMs / 1000, isError)
    if (this.#isLogged)
      this.#options.log.debug({ address, command, outcome: isError ? 'error' : 'ok', elapsedMs }, 'answered')
  }

  #look(): void {
    const { clock } = this.#options
    const sinceMs = performance.now() - ARRIVAL_MAX_MS
    for (const one of this.#connections) if ((one.arrivingSinceMs ?? Infinity) < sinceMs) one.cut()
    this.#looking = clock.after(LOOK_EVERY_MS, () => this.#look())
  }
}

function listener(tls: Tls | undefined, welcome: (socket: Socket) => void): Server {
  if (tls?.served === undefined) return createServer({ noDelay: true, allowHalfOpen: true }, welcome)
  const { cert, key } = tls.served
  const options = { cert, key, handshakeTimeout: HANDSHAKE_MAX_MS, allowHalfOpen: true }
  const server: SecureServer = createSecureServer(options, welcome)
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  tls.onRenewal((served) => server.setSecureContext({ cert: served.cert, key: served.key }))
  return server
}
