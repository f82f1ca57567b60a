/** The server of Node on which a service answers, with limits of its own; with TLS where there is a certificate to show. */
import {
  createServer as createPlainServer,
  type IncomingMessage,
  type ServerOptions as NodeOptions,
  type Server,
} from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Tls } from '../tls.ts'
import { HEADER_BYTES_MAX } from './refusal.ts'

/** A request that has not arrived whole by then is 408. */
const ARRIVAL_MAX_MS = 30_000
/** To agree on TLS takes two answers of the other one. */
const HANDSHAKE_MAX_MS = 10_000
/** Longer than the load balancers in use keep an idle connection, so that they are the ones to close it. */
const KEEP_ALIVE_MS = 65_000

export interface ServerOptions {
  /** How long a request may take to arrive whole. */
  readonly arrivalMaxMs?: number
  /** Without, or where it serves nothing, HTTP is spoken in the clear. */
  readonly tls?: Tls | undefined
  /** Whether there is another protocol for this request; without one it is answered like any other. */
  mayUpgrade(message: IncomingMessage): boolean
}

export function createServer({ arrivalMaxMs = ARRIVAL_MAX_MS, tls, mayUpgrade }: ServerOptions): Server {
  return listener(tls, {
    maxHeaderSize: HEADER_BYTES_MAX,
    requestTimeout: arrivalMaxMs,
    headersTimeout: arrivalMaxMs,
    connectionsCheckingInterval: Math.min(1000, arrivalMaxMs),
    keepAliveTimeout: KEEP_ALIVE_MS,
    joinDuplicateHeaders: true, // So that the second of what may be there once is not dropped unseen.
    requireHostHeader: false, // Koa answers without one as well as with it.
    optimizeEmptyRequests: true,
    shouldUpgradeCallback: mayUpgrade,
  })
}

function listener(tls: Tls | undefined, options: NodeOptions): Server {
  if (tls?.served === undefined) return createPlainServer(options)
  const { cert, key } = tls.served
  const server = createSecureServer({ ...options, cert, key, handshakeTimeout: HANDSHAKE_MAX_MS })
  tls.onRenewal(({ cert, key }) => server.setSecureContext({ cert, key }))
  return server
}
