/**
 * Settings from the environment. Reading goes on after a wrong value, so that one message names them all.
 */
import { isIP } from 'node:net'
import { LOG_LEVELS } from './log.ts'

export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  constructor(problems: readonly string[]) {
    super(`wrong settings:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
  }
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Fewer can be guessed by trying. */
const SECRET_LENGTH_MIN = 16
/** More might leave no room for other headers. */
const SECRET_LENGTH_MAX = 4096
export const MAKES_A_SECRET = './scripts/secret.sh makes one'

const UNIT_OF_BOUNDS = 2 ** 20
const UNITS: Readonly<Record<string, number>> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }

export class Settings {
  readonly #environment: Environment
  readonly #problems: string[] = []

  constructor(environment: Environment) {
    this.#environment = environment
  }

  /** An empty value counts as unset: compose files write `NAME: ${NAME:-}`. */
  text(name: string): string | undefined {
    return this.#environment[name] || undefined
  }

  /** Several with commas. Where there is nothing but these, something was meant. */
  list(name: string): string[] {
    const entries = this.text(name)
      ?.split(',')
      .map((entry) => entry.trim())
    const named = entries?.filter((entry) => entry !== '')
    if (named?.length === 0) this.problem(`${name}: there is none in it`)
    return named ?? []
  }

  /** `why` is added where a bound is not plain. */
  integer(name: string, options: { fallback: number; min: number; max?: number; why?: string }): number {
    const { fallback, min, max = Number.MAX_SAFE_INTEGER, why } = options
    const text = this.text(name) ?? String(fallback)
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    const bounds = `an integer of at least ${min}${max < 2 ** 52 ? `, at most ${max}` : ''}`
    this.problem(`${name}=${text}: ${bounds}${why === undefined ? '' : ` (${why})`}`)
    return fallback
  }

  /** Bytes, as a number or with KiB, MiB or GiB behind it. */
  bytes(name: string, fallback: number, max = Number.MAX_SAFE_INTEGER): number {
    const text = this.text(name) ?? String(fallback)
    const [, digits = '', unit = ''] = /^(\d+) ?(KiB|MiB|GiB|)$/.exec(text) ?? []
    const value = Number(digits) * (UNITS[unit] ?? 1)
    if (Number.isSafeInteger(value) && value > 0 && value <= max) return value
    const atMost = max < 2 ** 52 ? `, at most ${max / UNIT_OF_BOUNDS} MiB` : ''
    this.problem(`${name}=${text}: bytes, like 8388608 or 8MiB (KiB, MiB, GiB)${atMost}`)
    return fallback
  }

  /** `on` or `off`, which it is where nothing is said. */
  isOn(name: string): boolean {
    const text = this.text(name) ?? 'off'
    if (text !== 'on' && text !== 'off') this.problem(`${name}=${text}: on or off`)
    return text === 'on'
  }

  url(name: string, text: string): string {
    const url = URL.parse(text)
    const isPlain = url?.search === '' && url.hash === '' && url.username === '' && url.password === ''
    if (isPlain && /^https?:$/.test(url.protocol) && url.port !== '0') {
      return url.href.replace(/\/$/, '')
    }
    this.problem(`${this.shown(name, text)}: a URL like http://127.0.0.1:4500, without a user and a query`)
    return text
  }

  /** A setting as messages repeat it, or one of its values: without, where there may be a password in it. */
  shown(name: string, value = this.text(name) ?? ''): string {
    return /[@?]/.test(this.text(name) ?? value) ? name : `${name}=${value}`
  }

  logLevel(): string {
    const level = this.text('LOG_LEVEL') ?? 'info'
    if (!LOG_LEVELS.some((known) => known === level)) {
      this.problem(`LOG_LEVEL=${level}: one of ${LOG_LEVELS.join(', ')}`)
    }
    return level
  }

  /** HOST, PORT and CLUSTER_SECRET belong together: what others can reach must know who is asking. */
  listening(defaultPort: number): { host: string; port: number; clusterSecrets: readonly string[] } {
    const host = this.text('HOST') ?? '127.0.0.1'
    const port = this.integer('PORT', { fallback: defaultPort, min: 0, max: 65535 })
    const clusterSecrets = this.secrets('CLUSTER_SECRET')
    if (!isHost(host)) this.problem(`HOST=${host}: an address or a name, without a port`)
    else if (!isLoopback(host) && clusterSecrets.length === 0) {
      this.problem(`HOST=${host} can be reached from other machines: set CLUSTER_SECRET (${MAKES_A_SECRET})`)
    }
    return { host, port, clusterSecrets }
  }

  /** Several with commas. Their values stay out of the message. */
  secrets(name: string): readonly string[] {
    const secrets = this.list(name)
    if (secrets.some((secret) => !/^[\x21-\x7e]+$/.test(secret)))
      this.problem(`${name}: visible ASCII characters only, as it travels in a header`)
    if (secrets.some(({ length }) => length < SECRET_LENGTH_MIN))
      this.problem(`${name}: at least ${SECRET_LENGTH_MIN} characters each (${MAKES_A_SECRET})`)
    if (secrets.some(({ length }) => length > SECRET_LENGTH_MAX))
      this.problem(`${name}: at most ${SECRET_LENGTH_MAX} characters each, as it travels in a header`)
    return secrets
  }

  problem(text: string): void {
    this.#problems.push(text)
  }

  /** @throws ConfigError naming every problem found so far. */
  check(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems)
  }
}

/**
 * Where a name is none, the system would look for it, and say only then that there is none. One that ends in a number is an
 * address spelled otherwise: `0` listens everywhere.
 */
export function isHost(host: string): boolean {
  if (isIP(host) > 0) return true
  return (
    !/(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/i.test(host) &&
    /^[a-z\d]([\w-]*[a-z\d])?(\.[a-z\d]([\w-]*[a-z\d])?)*\.?$/i.test(host)
  )
}

/** An address of IPv6 without the brackets that it has in a URL. */
export function bareHost(host: string): string {
  return /^\[.*\]$/.test(host) ? host.slice(1, -1) : host
}

/** Whether it stands for every address of the machine, and so for none that others could call. */
export function isWildcard(host: string): boolean {
  const bare = bareHost(host)
  return isIP(bare) > 0 && /^(?:::ffff:)?[0:.]*$/i.test(bare)
}

/** Whether only this machine is called by it, or calls from it; of IPv6 with brackets or without. */
export function isLoopback(host: string): boolean {
  const bare = bareHost(host).replace(/^::ffff:/i, '')
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'))
}

/** The authority of a URL for this host and port. */
export function authority(host: string, port: number): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
}
