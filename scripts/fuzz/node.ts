/** A node of its own that is tried, and whether it still serves, and has nothing that nobody asked it for. */
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pause, systemClock } from '../../shared/clock.ts'
import { freePorts } from '../../test/support/ports.ts'
import { COMPILED } from '../compiled.ts'
import type { Target } from './door.ts'

const START_MAX_MS = 30_000
const LOOK_EVERY_MS = 50
const ANSWER_MAX_MS = 10_000
/** It is there from the beginning, and nothing that is tried is about it. */
const KEPT = 'kept'
const VALUE = '"soup"'

export class FuzzedNode implements Target, AsyncDisposable {
  readonly port: number
  readonly respPort: number
  readonly apiKey: string
  readonly secret: string
  readonly #child: ChildProcess
  readonly #agent = new Agent({ keepAlive: true })
  #end: string | undefined
  #stderr = ''

  /** @throws when it does not get ready. */
  static async start(): Promise<FuzzedNode> {
    const [port, respPort = 0] = await freePorts(2)
    const [apiKey, secret] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')]
    const own = {
      PORT: String(port),
      RESP_PORT: String(respPort),
      DATA_DIR: 'off',
      LOG_LEVEL: 'error',
      API_KEY: apiKey,
      CLUSTER_SECRET: secret,
    }
    const child = fork(join(import.meta.dirname, '../../node/main.ts'), {
      env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILED, ...own },
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    })
    const node = new FuzzedNode(child, { port, respPort, apiKey, secret })
    for (let leftMs = START_MAX_MS; ; leftMs -= LOOK_EVERY_MS) {
      if ((await node.#statusOf('GET', '/readyz')) === 200) break
      if (leftMs <= 0 || node.#end !== undefined) throw new Error(`the node is not ready: ${node.#end ?? ''}`)
      await pause(systemClock, LOOK_EVERY_MS)
    }
    await node.#statusOf('PUT', `/api/v1/kv/${KEPT}`, VALUE)
    return node
  }

  private constructor(child: ChildProcess, { port, respPort, apiKey, secret }: Target) {
    this.#child = child
    this.port = port
    this.respPort = respPort
    this.apiKey = apiKey
    this.secret = secret
    child.stderr?.setEncoding('utf8').on('data', (said: string) => {
      this.#stderr += said
    })
    child.once('exit', (code, signal) => {
      this.#end = `the node has ended (${signal ?? code}): ${this.#stderr}`
    })
  }

  /** What is wrong with it now. @param forbidden keys that it may not have. */
  async trouble(forbidden: readonly string[]): Promise<string | undefined> {
    const kept = await this.#statusOf('GET', `/api/v1/kv/${KEPT}`)
    if (kept !== 200) return this.#end ?? `it does not serve any more: ${kept}`
    for (const key of forbidden) {
      const status = await this.#statusOf('GET', `/api/v1/kv/${key}`)
      if (status !== 404) return `a smuggled request was carried out, or it answers ${status}`
    }
    return undefined
  }

  async #statusOf(method: string, path: string, body?: string): Promise<number | string> {
    try {
      const headers = { 'api-key': this.apiKey, ...(body && { 'content-type': 'application/json' }) }
      const call = request({ port: this.port, host: '127.0.0.1', path, method, headers, agent: this.#agent })
      call.setTimeout(ANSWER_MAX_MS, () => call.destroy(new Error('no answer')))
      const [response] = await once(call.end(body), 'response')
      await text(response)
      return response.statusCode
    } catch (error) {
      return String(error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy()
    if (this.#end !== undefined) return
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }
}
