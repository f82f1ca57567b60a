/**
 * Names for processes that are started here: those that are known stand in a hosts file of their own, and whatever else they
 * look up is asked of a name server that never answers, so that it takes ten seconds and fails.
 *
 * A process sees it as its own machine's by means of a mount namespace, for which one has to be root.
 */
import { spawnSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Nobody else listens on port 53 there. */
const ADDRESS = '127.53.0.1'
const MOUNT = 'mount --bind "$0/hosts" /etc/hosts && mount --bind "$0/resolv.conf" /etc/resolv.conf'

export class NameServer implements AsyncDisposable {
  readonly #silent: Socket
  readonly #folder = mkdtempSync(join(tmpdir(), 'larder-names-'))
  readonly #known = new Map<string, string>([['localhost', '127.0.0.1']])

  static async start(): Promise<NameServer> {
    const silent = createSocket('udp4')
    await once(silent.bind(53, ADDRESS), 'listening')
    return new NameServer(silent)
  }

  private constructor(silent: Socket) {
    this.#silent = silent
    writeFileSync(join(this.#folder, 'resolv.conf'), `nameserver ${ADDRESS}\n`)
    this.#write()
  }

  /** From now on these are known by that address. */
  know(names: readonly string[], address = '127.0.0.1'): void {
    for (const name of names) this.#known.set(name, address)
    this.#write()
  }

  /** From now on it takes ten seconds to find out that there is no such name. */
  lose(...names: readonly string[]): void {
    for (const name of names) this.#known.delete(name)
    this.#write()
  }

  /** The command with these names in place of those of the machine. */
  around(command: string, args: readonly string[]): [command: string, args: readonly string[]] {
    return ['unshare', ['--mount', 'sh', '-c', `${MOUNT} && exec "$@"`, this.#folder, command, ...args]]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#silent.close(resolve))
    rmSync(this.#folder, { recursive: true })
  }

  /** In place: another file of that name would not be seen. */
  #write(): void {
    const lines = [...this.#known].map(([name, address]) => `${address} ${name}\n`)
    writeFileSync(join(this.#folder, 'hosts'), lines.join(''))
  }
}

/** Skips what needs it where it cannot be had. In CI that fails instead. */
export function needNamespaces(context: Mocha.Context): void {
  if (spawnSync('unshare', ['--mount', 'true']).status === 0) return
  if (process.env['CI']) throw new Error('unshare --mount does not work: run the tests as root')
  process.stderr.write(`skipped, as only root may unshare: ${context.test?.parent?.fullTitle()}\n`)
  context.skip()
}
