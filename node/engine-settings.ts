/** Where what is kept is, where that is a Redis or Valkey and not the members themselves. */
import { readFileSync } from 'node:fs'
import type { Settings } from '../shared/config.ts'

export interface EngineAddress {
  readonly host: string
  readonly port: number
  readonly username?: string
  readonly password?: string
}

export interface EngineSettings {
  /** One, or some of the members of a cluster. */
  readonly addresses: readonly EngineAddress[]
  /** How many replicas have to have a write before it is answered, as far as they come in time. */
  readonly replicasWanted: number
  /** Where it speaks TLS: by which authorities it is checked, in PEM, besides those that Node knows. */
  readonly tls: { readonly ca?: string } | undefined
}

const PORT = 6379
const REPLICAS_MAX = 100

/** `undefined` where members keep it. */
export function readEngine(settings: Settings): EngineSettings | undefined {
  const replicasWanted = settings.integer('ENGINE_WAIT_REPLICAS', { fallback: 0, min: 0, max: REPLICAS_MAX })
  const urls = settings.list('ENGINE_URL').map((text) => URL.parse(text))
  if (urls.length === 0) return undefined
  const isGood = (url: URL | null): url is URL =>
    url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '' && /^(?:\/0?)?$/.test(url.pathname)
  const good = urls.filter(isGood)
  // The value stays out of the message: it may hold a password.
  if (good.length < urls.length || good.some(({ search, hash }) => search !== '' || hash !== ''))
    settings.problem(
      'ENGINE_URL: URLs like redis://127.0.0.1:6379, or rediss:// for TLS, with commas; without a database',
    )
  const kinds = new Set(good.map(({ protocol, username, password }) => `${protocol} ${username} ${password}`))
  if (kinds.size > 1) settings.problem('ENGINE_URL: all have the same user and password, and TLS or not')
  if (settings.text('UPLINK_URL') !== undefined)
    settings.problem('ENGINE_URL and UPLINK_URL: with an engine nodes are no members, so unset one of them')
  const isTls = good[0]?.protocol === 'rediss:'
  return { addresses: good.map(addressOf), replicasWanted, tls: isTls ? authoritiesOf(settings) : undefined }
}

/** Whether the file can be used those say who need it for more (`tls.ts`). */
function authoritiesOf(settings: Settings): { readonly ca?: string } {
  const file = settings.text('TLS_CA_FILE')
  try {
    return file === undefined ? {} : { ca: readFileSync(file, 'utf8') }
  } catch {
    return {}
  }
}

/** Without what is secret. */
export function urlOf({ host, port }: EngineAddress): string {
  return `redis://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function addressOf({ hostname, port, username, password }: URL): EngineAddress {
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || PORT),
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
  }
}
