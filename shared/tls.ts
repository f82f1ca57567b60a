/**
 * TLS of a process: what it shows to whoever connects, and what it checks those by whom it calls: members and uplink. Other
 * calls, as to upstream APIs, are no business of it. The files are read at start and, on SIGHUP, anew: connections
 * go on with what they began with, and files that cannot be used leave everything as it was.
 */
import type { Agent as HttpAgent } from 'node:http'
import { type AgentOptions, Agent as HttpsAgent } from 'node:https'
import type { Duplex } from 'node:stream'
import type { SecureContext } from 'node:tls'
import type { Registry } from 'prom-client'
import { audit } from './audit.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Settings } from './config.ts'
import { messageOf } from './errors.ts'
import type { Log } from './log.ts'
import { tellGauge } from './metrics.ts'
import { isNamedBy, type Loaded, loadTls, type TlsFiles } from './tls-files.ts'

/** For a call to a member, or to uplink; `undefined` leaves it to Node. */
export type AgentOf = (url: URL) => HttpAgent | undefined

/** A certificate that ends sooner is warned of, at start and when it is read. */
const ENDS_SOON_MS = 7 * 86_400_000

export function registerTlsMetrics(registry: Registry, tls: Tls | undefined): void {
  tellGauge(registry, {
    name: 'larder_certificate_left_seconds',
    help: 'For how long the certificate that is shown to whoever connects is still good; +Inf where none is shown.',
    read: () => (tls?.leftMs ?? Infinity) / 1000,
  })
}

/** Nothing where no file is named. */
export function readTls(settings: Settings): Tls | undefined {
  const [certFile, keyFile] = [settings.text('TLS_CERT_FILE'), settings.text('TLS_KEY_FILE')]
  const files = { certFile, keyFile, caFile: settings.text('TLS_CA_FILE') }
  if ((certFile === undefined) !== (keyFile === undefined)) {
    const missing = certFile === undefined ? 'TLS_CERT_FILE' : 'TLS_KEY_FILE'
    settings.problem(`${missing} is missing: TLS_CERT_FILE and TLS_KEY_FILE go together`)
  }
  if (Object.values(files).every((file) => file === undefined)) return undefined
  try {
    return new Tls(files, systemClock)
  } catch (error) {
    settings.problem(messageOf(error))
    return undefined
  }
}

export class Tls {
  readonly #files: TlsFiles
  readonly #clock: Pick<Clock, 'wall'>
  /** For whoever takes an agent by the URL; its connections are kept. */
  readonly agentOf: AgentOf
  readonly #renewed: ((served: NonNullable<Loaded['served']>) => void)[] = []
  #loaded: Loaded

  /** @throws Error that says what is wrong with the files. */
  constructor(files: TlsFiles, clock: Pick<Clock, 'wall'>) {
    this.#files = files
    this.#clock = clock
    this.#loaded = loadTls(files, clock.wall())
    const agent = this.agent({ keepAlive: true })
    this.agentOf = ({ protocol }) => (protocol === 'https:' ? agent : undefined)
  }

  /** What it shows; nothing where it speaks HTTP in the clear. */
  get served(): Loaded['served'] {
    return this.#loaded.served
  }

  get scheme(): 'http' | 'https' {
    return this.served === undefined ? 'http' : 'https'
  }

  /** To be told of what is shown from now on. */
  onRenewal(run: (served: NonNullable<Loaded['served']>) => void): void {
    this.#renewed.push(run)
  }

  /** Reads the files anew. Never throws: what is wrong with them is logged, and what was read before stays. */
  renew(log: Log): void {
    try {
      this.#loaded = loadTls(this.#files, this.#clock.wall())
    } catch (error) {
      log.error({ reason: messageOf(error) }, 'the TLS files cannot be used: what was read before stays')
      return
    }
    const { served } = this.#loaded
    if (served !== undefined) for (const run of this.#renewed) run(served)
    audit(log, { what: 'the TLS files were read anew', ends: served?.certificate.validTo })
  }

  /** For how long what is shown is still good; for ever where nothing is. */
  get leftMs(): number {
    return (this.served?.certificate.validToDate.getTime() ?? Infinity) - this.#clock.wall()
  }

  /** What will keep others from calling this process at its URL, now or soon. */
  doubtsOf(url: string): string[] {
    const { served } = this
    const { protocol, hostname } = new URL(url)
    if (served === undefined || protocol !== 'https:') return []
    const { certificate } = served
    return [
      ...(isNamedBy(certificate, hostname)
        ? []
        : [`TLS_CERT_FILE does not name ${hostname}: others that check it will not call this process there`]),
      ...(this.leftMs > ENDS_SOON_MS ? [] : [`TLS_CERT_FILE ends soon, on ${certificate.validTo}`]),
    ]
  }

  /** An agent whose connections are checked by the authority that counts when they are opened. */
  agent(options: AgentOptions): HttpsAgent {
    return new CheckingAgent(options, () => this.#loaded.trusted)
  }
}

class CheckingAgent extends HttpsAgent {
  readonly #trusted: () => SecureContext | undefined

  constructor(options: AgentOptions, trusted: () => SecureContext | undefined) {
    // A session that is taken up again is not checked again.
    super({ ...options, maxCachedSessions: 0 })
    this.#trusted = trusted
  }

  override createConnection(
    options: AgentOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const secureContext = this.#trusted()
    return super.createConnection({ ...options, ...(secureContext && { secureContext }) }, callback)
  }
}
