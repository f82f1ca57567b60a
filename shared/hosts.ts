/**
 * By which names a process may be called while nobody needs a key. A page of any site can give that site's name the address
 * of this machine, and is then of one origin with what answers here (DNS rebinding); but it still calls it by that name. An
 * address is nobody's name, so that it may always be called by one.
 */
import { isIP } from 'node:net'
import { bareHost, isHost, type Settings } from './config.ts'

/** `localhost`, where it listens, where others find it, and ALLOWED_HOSTS. */
export function readHosts(
  settings: Settings,
  { host, url }: { host: string; url?: string | undefined },
): Hosts {
  const named = settings.list('ALLOWED_HOSTS')
  for (const name of named)
    if (name !== '*' && !isHost(name) && isIP(bareHost(name)) === 0)
      settings.problem(`ALLOWED_HOSTS=${name}: a name without a port, like cache.example, or *`)
  const advertised = URL.parse(url ?? '')?.hostname
  return new Hosts(['localhost', host, ...(advertised === undefined ? [] : [advertised]), ...named])
}

export class Hosts {
  readonly #names: ReadonlySet<string>
  readonly #areAll: boolean
  /** What most calls say is looked at once. */
  #last: string | undefined

  constructor(names: readonly string[]) {
    this.#names = new Set(names.map((name) => plain(name)))
    this.#areAll = names.includes('*')
  }

  /** Whether what stands in `Host` is such a name, with or without a port. Who says none was not led here by one. */
  include(host: string | undefined): boolean {
    if (host === undefined || this.#areAll || host === this.#last) return true
    const isGood = this.#isGood(host)
    if (isGood) this.#last = host
    return isGood
  }

  #isGood(host: string): boolean {
    const [, name] = /^(\[[^\]]*\]|[^:]+)(?::\d*)?$/.exec(host) ?? []
    return name !== undefined && (isIP(bareHost(name)) > 0 || this.#names.has(plain(name)))
  }
}

/** Whether there was more than one `Host`, which the server has joined: each on the way may have gone by another. */
export function isSeveral(host: string | undefined): boolean {
  return host?.includes(',') === true
}

/** A dot at its end changes nothing about a name. */
function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}
