/**
 * Who is let in where: by which name, from which page, and with which key or secret. Members show each other the secret of the
 * cluster; where there is none, they are let in from this machine alone.
 */
import type { IncomingMessage } from 'node:http'
import { isLoopback } from '../config.ts'
import { LarderError } from '../errors.ts'
import { Hosts, isSeveral } from '../hosts.ts'
import type { Keys } from '../keys.ts'
import { Origins } from '../origins.ts'
import { canAny, EVERYTHING, type Right, type Rights } from '../rights.ts'
import { Secrets } from '../secrets.ts'
import { MEMBER_HEADER } from '../view.ts'
import { headerOf } from './request.ts'
import type { Route } from './route.ts'

export interface Credentials {
  /** What callers show; without any, everyone is let in who is not turned away by what follows. */
  readonly keys?: Keys | undefined
  /** What members show to each other. */
  readonly memberSecrets?: readonly string[]
  /** Whether what is for callers is also for whoever shows such a secret, and for nobody without one or a key. */
  readonly isForMembers?: boolean
  /** The names by which it may be called while nobody needs a key; all where nothing is said. */
  readonly hosts?: Hosts
  readonly origins?: Origins
}

type Asked = Pick<Route, 'access' | 'method' | 'needs' | 'passesAuthorization'>

export class Guard {
  readonly origins: Origins
  readonly #keys: Keys | undefined
  readonly #secrets: Secrets
  readonly #hasSecrets: boolean
  readonly #isForMembers: boolean
  readonly #hosts: Hosts

  constructor(credentials: Credentials) {
    const { keys, memberSecrets = [], isForMembers = false } = credentials
    this.#keys = keys
    this.#secrets = new Secrets(memberSecrets)
    this.#hasSecrets = memberSecrets.length > 0
    this.#isForMembers = isForMembers
    this.#hosts = credentials.hosts ?? new Hosts(['*'])
    this.origins = credentials.origins ?? new Origins()
  }

  /** What whoever asks may do, or the error that he gets instead. */
  admit(route: Asked, message: IncomingMessage): Rights | LarderError {
    const unwelcome = this.unwelcome(message, route)
    if (unwelcome !== undefined) return unwelcome
    if (route.access === 'open') return EVERYTHING
    if (route.access === 'member')
      return this.#isMember(message) ? EVERYTHING : unauthorized(this.needed(route))
    const rights = this.#rightsOf(route, message)
    if (rights === undefined) return unauthorized(this.needed(route))
    return canAny(rights, needsOf(route)) ? rights : forbidden(needsOf(route))
  }

  /** Why a call is turned away whoever makes it: for the name that it calls, or the page that makes it. */
  unwelcome(message: IncomingMessage, route?: Asked): LarderError | undefined {
    const { host } = message.headers
    if (isSeveral(host)) return new LarderError('BAD_REQUEST', 'Host: it stands there more than once.')
    if (!this.#hosts.include(host) && this.#mindsHost(route) && !this.#showsSecret(message))
      return new LarderError(
        'MISDIRECTED',
        `${host}: not a name of this process; ALLOWED_HOSTS can have more.`,
      )
    if (this.origins.mayCall(message)) return undefined
    return new LarderError(
      'FORBIDDEN',
      'A page of another origin calls: CORS_ORIGINS names those that may. Nothing was done.',
    )
  }

  /** Whether a member, or uplink, shows itself; where there is no secret, whether somebody calls itself one. */
  isMember(message: IncomingMessage): boolean {
    return this.#isMember(message) && (this.#hasSecrets || message.headers[MEMBER_HEADER] !== undefined)
  }

  /** How a caller shows who he is, for one who does not. */
  needed({ access, passesAuthorization = false }: Asked): { scheme: string; detail: string } {
    if (access === 'member') return BY_SECRET
    if (this.#isForMembers) return BY_SECRET_OR_KEY
    return passesAuthorization ? BY_HEADER : BY_KEY
  }

  get #areKeysNeeded(): boolean {
    return this.#keys?.areNeeded === true
  }

  get #isOpen(): boolean {
    return !this.#areKeysNeeded && !this.#isForMembers
  }

  /** Whoever has to show something anyway may call by any name, and probes tell nothing. */
  #mindsHost(route: Asked | undefined): boolean {
    if (route?.access === 'member') return !this.#hasSecrets
    return route?.access !== 'open' && this.#isOpen
  }

  #rightsOf({ passesAuthorization }: Asked, message: IncomingMessage): Rights | undefined {
    if (this.#isOpen) return EVERYTHING
    const { headers } = message
    const byHeader = this.#keys?.rightsOf(headerOf(headers, 'api-key'))
    if (byHeader !== undefined || passesAuthorization) return byHeader
    const shown = this.#isForMembers ? credentialOf(headers.authorization) : tokenOf(headers.authorization)
    if (this.#isForMembers && this.#hasSecrets && this.#secrets.accept(shown)) return EVERYTHING
    return this.#keys?.rightsOf(shown)
  }

  /** Who has to show a key is not to get in by another door: without a secret that one is shut. */
  #isMember(message: IncomingMessage): boolean {
    if (this.#hasSecrets) return this.#showsSecret(message)
    return !this.#areKeysNeeded && isLoopback(message.socket.remoteAddress ?? '')
  }

  #showsSecret({ headers }: IncomingMessage): boolean {
    return this.#hasSecrets && this.#secrets.accept(tokenOf(headers.authorization))
  }
}

function needsOf({ method, needs }: Asked): readonly Right[] {
  return needs ?? (method === 'GET' ? READ : WRITE)
}

const READ: readonly Right[] = ['read']
const WRITE: readonly Right[] = ['write']

function tokenOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
}

/** A person in front of a browser is asked for a password, whatever the name. */
function credentialOf(authorization: string | undefined): string | undefined {
  const [, basic] = /^Basic +([\w+/]+=*)$/i.exec(authorization ?? '') ?? []
  if (basic === undefined) return tokenOf(authorization)
  return Buffer.from(basic, 'base64')
    .toString()
    .replace(/^[^:]*:/, '')
}

const BY_KEY = {
  scheme: 'ApiKey, Bearer',
  detail: 'Send a valid key in the header api-key, or as authorization: Bearer <key>.',
}
const BY_HEADER = {
  scheme: 'ApiKey',
  detail: 'Send a valid key in the header api-key; authorization is for the upstream API here.',
}
const BY_SECRET = {
  scheme: 'Bearer',
  detail: 'Send the secret of the cluster: authorization: Bearer <CLUSTER_SECRET>.',
}
const BY_SECRET_OR_KEY = {
  scheme: 'Bearer, Basic realm="larder", charset="UTF-8"',
  detail:
    'Send the secret of the cluster, or a key that has the right "metrics", as authorization: Bearer <secret or key>, or as a password.',
}

function unauthorized({ detail }: { readonly detail: string }): LarderError {
  return new LarderError('UNAUTHORIZED', detail)
}

function forbidden(needs: readonly Right[]): LarderError {
  return new LarderError(
    'FORBIDDEN',
    `This key may not do that: it has not the right to ${needs.join(' or ')}.`,
  )
}
