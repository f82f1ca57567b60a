/** An authority of its own, made by openssl for as long as a test lasts, and certificates that it has signed. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from '../../shared/config.ts'

export interface Pair {
  readonly certFile: string
  readonly keyFile: string
}

export class Authority implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'larder-tls-'))
  readonly caFile: string
  readonly #key: string

  constructor() {
    this.caFile = join(this.folder, 'ca.pem')
    this.#key = join(this.folder, 'ca.key')
    const days = ['-days', '2', '-subj', '/CN=Larder tests']
    openssl(['req', '-x509', ...NEW_KEY, '-keyout', this.#key, '-out', this.caFile, ...days])
  }

  /** As certificates tell who has signed them. */
  get ca(): Buffer {
    return readFileSync(this.caFile)
  }

  /** A certificate for these hosts, as openssl writes them: `IP:127.0.0.1`, `DNS:node-1`. */
  sign(name: string, hosts = 'IP:127.0.0.1,DNS:localhost'): Pair {
    const pair = { certFile: join(this.folder, `${name}.pem`), keyFile: join(this.folder, `${name}.key`) }
    openssl([
      ...['req', '-x509', '-CA', this.caFile, '-CAkey', this.#key, ...NEW_KEY, '-days', '2'],
      ...['-keyout', pair.keyFile, '-out', pair.certFile, '-subj', `/CN=${name}`],
      ...['-addext', `subjectAltName=${hosts}`, '-addext', 'basicConstraints=CA:FALSE'],
    ])
    return pair
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true })
  }
}

/** Puts one in the place of the other, as whatever renews certificates does. */
export function replace(old: Pair, { certFile, keyFile }: Pair): void {
  copyFileSync(certFile, old.certFile)
  copyFileSync(keyFile, old.keyFile)
}

export function settingsOf({ certFile, keyFile }: Pair, { caFile }: Pick<Authority, 'caFile'>): Environment {
  return { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, TLS_CA_FILE: caFile }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc']

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
