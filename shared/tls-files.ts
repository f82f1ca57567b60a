/** The files of TLS: read, and looked at as a whole before any of them is used. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import { bareHost } from './config.ts'
import { messageOf } from './errors.ts'

/** Paths, as the settings have them. */
export interface TlsFiles {
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
  readonly caFile?: string | undefined
}

export interface Loaded {
  readonly served:
    | { readonly cert: Buffer; readonly key: Buffer; readonly certificate: X509Certificate }
    | undefined
  /** By which others are checked; by the authorities that Node knows where there is none. */
  readonly trusted: SecureContext | undefined
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** @throws Error that names the setting and says what is wrong with its file. */
export function loadTls({ certFile, keyFile, caFile }: TlsFiles, nowMs: number): Loaded {
  return {
    served: certFile === undefined || keyFile === undefined ? undefined : serve(certFile, keyFile, nowMs),
    trusted: caFile === undefined ? undefined : trust(caFile),
  }
}

function serve(certFile: string, keyFile: string, nowMs: number): Loaded['served'] {
  const [cert, key] = [read('TLS_CERT_FILE', certFile), read('TLS_KEY_FILE', keyFile)]
  const certificate = looked(
    `TLS_CERT_FILE=${certFile}`,
    'a certificate in PEM',
    () => new X509Certificate(cert),
  )
  const own = looked(`TLS_KEY_FILE=${keyFile}`, 'a private key in PEM, without a passphrase', () =>
    createPrivateKey(key),
  )
  if (!certificate.checkPrivateKey(own))
    throw new Error(`TLS_KEY_FILE=${keyFile}: not the key of TLS_CERT_FILE`)
  if (certificate.validToDate.getTime() <= nowMs)
    throw new Error(`TLS_CERT_FILE=${certFile}: it has ended, on ${certificate.validTo}`)
  looked(`TLS_CERT_FILE=${certFile}`, 'what TLS can use', () => createSecureContext({ cert, key }))
  return { cert, key, certificate }
}

function trust(caFile: string): SecureContext {
  const ca = read('TLS_CA_FILE', caFile).toString('latin1').match(CERTIFICATE) ?? []
  if (ca.length === 0) throw new Error(`TLS_CA_FILE=${caFile}: one certificate in PEM, or several`)
  return looked(`TLS_CA_FILE=${caFile}`, 'certificates in PEM', () => {
    for (const certificate of ca) new X509Certificate(certificate)
    return createSecureContext({ ca })
  })
}

function read(name: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new Error(`${name}=${path}: ${messageOf(cause)}`, { cause })
  }
}

function looked<T>(what: string, expected: string, look: () => T): T {
  try {
    return look()
  } catch (cause) {
    throw new Error(`${what}: ${expected} is needed (${messageOf(cause)})`, { cause })
  }
}

/** Whether whoever calls this host takes the certificate for its own. */
export function isNamedBy(certificate: X509Certificate, hostname: string): boolean {
  const host = bareHost(hostname)
  return (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined
}
