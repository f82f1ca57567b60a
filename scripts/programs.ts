/** What there is to start: uplink and nodes, each with the environment that makes it this one. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { authority, type Environment } from '../shared/config.ts'

export interface Program {
  readonly kind: 'uplink' | 'node'
  /** How it is called in messages. */
  readonly name: string
  readonly entry: string
  readonly url: string
  readonly environment: Environment
}

/** Where clients need a key, members need a secret: who starts all of them need not think of one. It is good for this run. */
export function withSecret(environment: Environment): Environment {
  const areKeysNeeded = environment['API_KEY'] || environment['KEYS_FILE']
  if (!areKeysNeeded || environment['CLUSTER_SECRET']) return environment
  return { ...environment, CLUSTER_SECRET: randomBytes(32).toString('hex') }
}

export function uplinkProgram(environment: Environment, port: number): Program {
  const url = localUrl(environment, port)
  return program('uplink', port, { ...environment, PORT: String(port) }, url)
}

/** How far the port for clients of Redis is from that of the node. */
const RESP_DISTANCE = 2400

/** Where the node on this port speaks with clients of Redis, where there is such a port. */
export function respPortOf(port: number): number[] {
  return port + RESP_DISTANCE < 2 ** 16 ? [port + RESP_DISTANCE] : []
}

/** A node that joins the uplink at `uplinkUrl`; without an id of its own it gets that of its address. */
export function nodeProgram(
  environment: Environment,
  options: { port: number; uplinkUrl: string; id?: string; respPort?: number | undefined },
): Program {
  const { port, uplinkUrl, id, respPort } = options
  const url = localUrl(environment, port)
  const redis = respPort === undefined ? '' : String(respPort)
  const own = { PORT: String(port), NODE_ID: id, ADVERTISE_URL: url, UPLINK_URL: uplinkUrl, RESP_PORT: redis }
  return program('node', port, { ...environment, ...own }, url)
}

/** What this process calls is checked by TLS_CA_FILE too, besides what Node trusts; to be called before anything is. */
export function trustAuthority({ TLS_CA_FILE: path }: Environment): void {
  if (path) setDefaultCACertificates([...getCACertificates('default'), readFileSync(path, 'utf8')])
}

/** Where a process of this environment can be reached from this machine. */
export function localUrl({ HOST, TLS_CERT_FILE }: Environment, port: number): string {
  const everywhere: Record<string, string> = { '': '127.0.0.1', '0.0.0.0': '127.0.0.1', '::': '::1' }
  const host = HOST ?? ''
  return `${TLS_CERT_FILE ? 'https' : 'http'}://${authority(everywhere[host] ?? host, port)}`
}

function program(kind: Program['kind'], port: number, environment: Environment, url: string): Program {
  const entry = join(import.meta.dirname, '..', kind, 'main.ts')
  return { kind, name: `${kind} on port ${port}`, entry, url, environment }
}
