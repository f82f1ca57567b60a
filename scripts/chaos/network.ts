/**
 * The network between the processes of a chaos run: a TCP proxy in front of each, and cuts between any two.
 *
 * Who calls is read off the first request of a connection, as members say it in a header; uplink does not. What
 * crosses a cut is held, not refused: connections stay open and carry nothing, new ones too, as when cables
 * are pulled. When the cut is healed they are closed.
 */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { pause, systemClock } from '../../shared/clock.ts'
import { MEMBER_HEADER } from '../../shared/view.ts'

export const UPLINK = 'uplink'

const HEAD_BYTES_MAX = 16 * 1024
const CALLER = new RegExp(`\\r\\n${MEMBER_HEADER}: *([^\\r\\n]+)`, 'i')

export type Pair = readonly [one: string, other: string]

export class Network {
  readonly #cuts = new Set<string>()
  readonly #links = new Set<Link>()
  /** How much later everything arrives that goes to a process or comes from it. */
  readonly #delaysMs = new Map<string, number>()

  isCut(one: string, other: string): boolean {
    return this.#cuts.has(keyOf(one, other))
  }

  cut(pairs: readonly Pair[]): void {
    for (const pair of pairs) this.#cuts.add(keyOf(...pair))
    for (const link of this.#links) if (link.isAcrossCut) link.isHeld = true
  }

  heal(pairs: readonly Pair[]): void {
    for (const pair of pairs) this.#cuts.delete(keyOf(...pair))
    for (const link of this.#links) if (link.isHeld && !link.isAcrossCut) link.destroy()
  }

  healAll(): void {
    this.#cuts.clear()
    this.#delaysMs.clear()
    this.heal([])
  }

  /** 0 ends it. */
  delay(name: string, delayMs: number): void {
    this.#delaysMs.set(name, delayMs)
  }

  delayMsOf(one: string, other: string): number {
    return Math.max(this.#delaysMs.get(one) ?? 0, this.#delaysMs.get(other) ?? 0)
  }

  /** Takes a connection to this process in hand. */
  carry(caller: Socket, target: string, targetPort: number): void {
    const link = new Link(this, { caller, target, targetPort })
    this.#links.add(link)
    void link.run().finally(() => this.#links.delete(link))
  }

  destroyLinksTo(target: string): void {
    for (const link of this.#links) if (link.target === target) link.destroy()
  }
}

/** Where the others reach one process. It can be closed, as nobody listens at the port of a dead one. */
export class Front {
  readonly name: string
  readonly port: number
  readonly #network: Network
  readonly #targetPort: number
  #server: Server | undefined

  constructor(network: Network, options: { name: string; port: number; targetPort: number }) {
    this.#network = network
    this.name = options.name
    this.port = options.port
    this.#targetPort = options.targetPort
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async open(): Promise<void> {
    if (this.#server !== undefined) return
    this.#server = createServer((socket) => this.#network.carry(socket, this.name, this.#targetPort))
    await once(this.#server.listen(this.port, '127.0.0.1'), 'listening')
  }

  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const closed = once(server.close(), 'close')
    this.#network.destroyLinksTo(this.name)
    await closed
  }
}

/** One connection: from a caller, through this process, to a target. */
class Link {
  readonly target: string
  readonly #network: Network
  readonly #caller: Socket
  readonly #targetPort: number
  readonly #released = Promise.withResolvers<void>()
  #callerName: string | undefined
  #callee: Socket | undefined
  #isDestroyed = false
  /** Whether it has ever been across a cut: then it carries nothing any more. */
  isHeld = false

  constructor(network: Network, options: { caller: Socket; target: string; targetPort: number }) {
    this.#network = network
    this.#caller = options.caller
    this.target = options.target
    this.#targetPort = options.targetPort
  }

  get isAcrossCut(): boolean {
    return this.#callerName !== undefined && this.#network.isCut(this.#callerName, this.target)
  }

  async run(): Promise<void> {
    this.#watch(this.#caller)
    const head = await this.#readHead()
    if (head === undefined) return this.destroy()
    this.#callerName = CALLER.exec(head.toString('latin1'))?.[1]?.trim() ?? UPLINK
    this.isHeld = this.isAcrossCut
    if (this.isHeld) return await this.#released.promise
    const callee = connect(this.#targetPort, '127.0.0.1')
    this.#callee = callee
    this.#watch(callee)
    await Promise.all([
      this.#forward(this.#caller, callee, head),
      this.#forward(callee, this.#caller, undefined),
    ])
  }

  /** What comes until a request has shown its headers; nothing when the connection ends before. */
  async #readHead(): Promise<Buffer | undefined> {
    let head = Buffer.alloc(0)
    while (!head.includes('\r\n\r\n') && head.length < HEAD_BYTES_MAX) {
      const chunk = await nextChunk(this.#caller)
      if (chunk === undefined) return undefined
      head = Buffer.concat([head, chunk])
    }
    return head
  }

  async #forward(from: Socket, to: Socket, first: Buffer | undefined): Promise<void> {
    for (let chunk = first ?? (await nextChunk(from)); chunk !== undefined; chunk = await nextChunk(from)) {
      const delayMs = this.#network.delayMsOf(this.#callerName ?? UPLINK, this.target)
      if (delayMs > 0) await pause(systemClock, delayMs)
      if (this.isHeld) return await this.#released.promise
      if (!to.writable) return // It has said that it is over; its end closes both.
      if (!to.write(chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')]).catch(() => {})
    }
    if (this.isHeld) return await this.#released.promise
    to.end()
  }

  /** An end closes with the other, unless a cut is between them. */
  #watch(socket: Socket): void {
    socket.setNoDelay(true)
    socket.on('error', () => {}) // The end that follows says all there is to say.
    socket.on('close', () => {
      if (!this.isHeld) this.destroy()
    })
  }

  destroy(): void {
    if (this.#isDestroyed) return
    this.#isDestroyed = true
    this.#caller.destroy()
    this.#callee?.destroy()
    this.#released.resolve()
  }
}

/** What a socket has to say next; nothing once it has ended. It is read no further meanwhile. */
async function nextChunk(socket: Socket): Promise<Buffer | undefined> {
  for (;;) {
    const chunk: Buffer | null = socket.read()
    if (chunk !== null) return chunk
    if (socket.readableEnded || socket.destroyed) return undefined
    const { promise, resolve } = Promise.withResolvers<void>()
    const events = ['readable', 'end', 'close'] as const
    for (const event of events) socket.on(event, resolve)
    await promise
    for (const event of events) socket.off(event, resolve)
  }
}

function keyOf(one: string, other: string): string {
  return [one, other].sort().join('|')
}
