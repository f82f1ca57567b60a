/** Asks another member for a channel: an upgrade of HTTP. */
import { type Agent, request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import type { Clock } from '../../../shared/clock.ts'
import { CHANNEL_PROTOCOL } from './channel.ts'
import { isNotConnected } from './not-connected.ts'

/** Whoever answered there, or something in between, speaks HTTP only; nothing was asked. */
export class NoChannelError extends Error {
  /** It said nothing: it may as well be busy, or stand still. */
  readonly isSilent: boolean

  constructor(message: string, { isSilent = false, ...options }: ErrorOptions & { isSilent?: boolean } = {}) {
    super(message, options)
    this.isSilent = isSilent
  }
}

export interface OpeningOptions {
  readonly target: RequestOptions
  /** Which keeps no connection. */
  readonly agent: Agent
  readonly headers: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/**
 * Whatever keeps it from becoming a channel but a connection that cannot be had, requests may still get through.
 * @throws NoChannelError, or what the connection throws, with its `code`.
 */
export function openSocket({
  target,
  agent,
  headers,
  clock,
  timeoutMs,
  signal,
}: OpeningOptions): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const request = target.protocol === 'https:' ? httpsRequest : httpRequest
  const connecting = request({
    ...target,
    signal,
    agent,
    headers: { ...headers, connection: 'upgrade', upgrade: CHANNEL_PROTOCOL },
  })
  const without = (cause: unknown) => {
    reject(new NoChannelError('it takes no channel', { cause }))
    connecting.destroy()
  }
  const timer = clock.after(timeoutMs, () => {
    reject(new NoChannelError('it does not answer', { isSilent: true }))
    connecting.destroy()
  })
  connecting.on('upgrade', (_response, socket: Socket, head: Buffer) => {
    timer.cancel()
    if (signal.aborted) socket.destroy()
    // The other one may ask at once.
    else if (head.length > 0) socket.unshift(head)
    resolve(socket)
  })
  connecting.on('response', ({ statusCode }) => without(`it answers ${statusCode}`))
  connecting.on('error', (error) =>
    isNotConnected(error) || signal.aborted ? reject(error) : without(error),
  )
  connecting.on('close', () => timer.cancel())
  connecting.end()
  return promise
}
