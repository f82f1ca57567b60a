/**
 * The real HAProxy with the real haproxy.cfg, unchanged; a second file adds a socket to ask it about its nodes.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Environment } from '../../shared/config.ts'
import { freePorts } from './ports.ts'
import { TestProcess } from './process.ts'
import { TOOL_PATH } from './tool.ts'
import { until } from './until.ts'

export class Haproxy implements AsyncDisposable {
  readonly url: string
  readonly #process: TestProcess
  readonly #directory: string

  /** `nodePorts` are those of node-1 to node-4, on this machine; what else haproxy.cfg goes by is in `settings`. */
  static async start(
    nodePorts: readonly [number, number, number, number],
    settings: Environment = {},
  ): Promise<Haproxy> {
    const [port] = await freePorts(1)
    const directory = await mkdtemp(join(tmpdir(), 'larder-haproxy-'))
    const socket = join(directory, 'socket')
    const extra = join(directory, 'extra.cfg')
    await writeFile(extra, `global\n    stats socket ${socket} level user\n`)
    const addresses = nodePorts.map((nodePort, index) => [`NODE_${index + 1}`, `127.0.0.1:${nodePort}`])
    const environment = {
      PATH: TOOL_PATH,
      LB_PORT: String(port),
      ...Object.fromEntries(addresses),
      ...settings,
    }
    const child = new TestProcess('haproxy', ['-db', '-f', 'haproxy.cfg', '-f', extra], { environment })
    const scheme = settings['LB_CERT'] === undefined ? 'http' : 'https'
    return new Haproxy(child, `${scheme}://127.0.0.1:${port}`, directory)
  }

  private constructor(child: TestProcess, url: string, directory: string) {
    this.#process = child
    this.url = url
    this.#directory = directory
  }

  /** Waits until its health check has found this. */
  async sees(server: string, state: 'UP' | 'DOWN'): Promise<void> {
    await until(
      () => this.#stateOf(server),
      (answer) => answer === state,
    )
  }

  /** A server is taken for UP until it has been checked: that counts as no answer here. */
  async #stateOf(server: string): Promise<string> {
    try {
      const rows = (await this.#ask('show stat')).split('\n').map((line) => line.split(','))
      const [header = []] = rows
      const row = rows.find(([backend, name]) => backend === 'nodes' && name === server) ?? []
      const column = (name: string) => row[header.indexOf(name)] ?? ''
      return /^L[467]/.test(column('check_status')) ? column('status') : 'not checked yet'
    } catch (error) {
      return `${error} ${this.#process.stderr}`
    }
  }

  async #ask(command: string): Promise<string> {
    const socket = connect(join(this.#directory, 'socket'))
    socket.end(`${command}\n`)
    return await text(socket)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop()
    await rm(this.#directory, { recursive: true })
  }
}
