/** A node process with a folder of its own: stopped, killed, and started again on the same port and file. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import type { Environment } from '../../shared/config.ts'
import { freePorts } from '../support/ports.ts'
import { type End, statusOf, TestProcess } from '../support/process.ts'
import { until } from '../support/until.ts'

const ID = 'pantry'

export interface Answer {
  readonly status: number
  readonly text: string
}

export interface Call {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
}

export class DiskNode implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'larder-'))
  readonly path = join(this.folder, `${ID}.db`)
  readonly url: string
  readonly #port: number
  readonly #environment: Environment
  readonly #processes: TestProcess[] = []

  /** Not started yet, so that a test may prepare the file. */
  static async prepare(environment: Environment = {}): Promise<DiskNode> {
    const [port] = await freePorts(1)
    return new DiskNode(port, environment)
  }

  static async start(environment: Environment = {}): Promise<DiskNode> {
    const node = await DiskNode.prepare(environment)
    await node.start()
    return node
  }

  private constructor(port: number, environment: Environment) {
    this.#port = port
    this.#environment = environment
    this.url = `http://127.0.0.1:${port}`
  }

  get process(): TestProcess {
    const process = this.#processes.at(-1)
    if (process === undefined) throw new Error('it was not started')
    return process
  }

  /** Resolves once it is ready. */
  async start(environment: Environment = {}): Promise<void> {
    const process = this.launch(environment)
    const readiness = () => statusOf(`${this.url}/readyz`)
    const ready = until(readiness, (status) => status === 200 || process.hasEnded)
    const isReady = await ready.then(
      () => !process.hasEnded,
      () => false,
    )
    if (isReady) return
    await process.kill() // Then all that it has said is here.
    throw new Error(`the node is not ready: ${await readiness()}\n${process.stdout}\n${process.stderr}`)
  }

  /** Does not wait for anything: for a start that fails, or takes long. */
  launch(environment: Environment = {}, fileKibMax?: number): TestProcess {
    const place = { PORT: String(this.#port), NODE_ID: ID, DATA_DIR: this.folder }
    const settings = { environment: { ...place, ...this.#environment, ...environment }, channel: true }
    const limited = ['-c', `ulimit -S -f ${fileKibMax} && exec "$0" node/main.ts`, execPath]
    const process =
      fileKibMax === undefined
        ? new TestProcess(execPath, ['node/main.ts'], settings)
        : new TestProcess('bash', limited, settings)
    this.#processes.push(process)
    return process
  }

  stop(): Promise<End> {
    return this.process.stop()
  }

  kill(): Promise<End> {
    return this.process.kill()
  }

  /** Stopped in good order, and started again. */
  async restart(environment: Environment = {}): Promise<End> {
    const end = await this.stop()
    await this.start(environment)
    return end
  }

  /** @throws when there is no answer. */
  async call(method: string, path: string, call: Call = {}): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, { method, ...call })
    return { status: response.status, text: await response.text() }
  }

  increment(key: string, value: string, once?: string): Promise<Answer> {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      ...(once !== undefined && { 'idempotency-key': once }),
    }
    const body = new URLSearchParams({ key, value }).toString()
    return this.call('POST', '/increment', { headers, body })
  }

  /** The total, or `undefined` for none. */
  async total(key: string): Promise<string | undefined> {
    const { status, text } = await this.call('GET', `/api/v1/counters/${encodeURIComponent(key)}`)
    return status === 404 ? undefined : String(JSON.parse(text).value)
  }

  async put(key: string, body: string, query = ''): Promise<number> {
    const path = `/api/v1/kv/${encodeURIComponent(key)}${query}`
    return (await this.call('PUT', path, { headers: { 'content-type': 'text/plain' }, body })).status
  }

  /** The value, or `undefined` for none. */
  async value(key: string): Promise<string | undefined> {
    const { status, text } = await this.call('GET', `/api/v1/kv/${encodeURIComponent(key)}`)
    return status === 404 ? undefined : text
  }

  async react(action: 'add' | 'remove', content: string, user: string, ttl?: number): Promise<number> {
    const body = { type: 'reaction', action, content_id: content, user_id: user, reaction_type: 'like', ttl }
    const headers = { 'content-type': 'application/json' }
    return (await this.call('POST', '/api/v1/reaction', { headers, body: JSON.stringify(body) })).status
  }

  /** How many like it. */
  async likes(content: string): Promise<number> {
    const path = `/api/v1/reaction/reactions_count/${encodeURIComponent(content)}`
    const { status, text } = await this.call('GET', path)
    return status === 404 ? 0 : (JSON.parse(text).reaction_count.like ?? 0)
  }

  async metric(name: string): Promise<number> {
    const { text } = await this.call('GET', '/metrics')
    const line = text.split('\n').find((one) => one.startsWith(`${name} `) || one.startsWith(`${name}{`))
    return Number(line?.split(' ').at(-1))
  }

  /** The lines of its log that have this message. */
  logged(message: string): Record<string, unknown>[] {
    const lines = this.process.stdout.split('\n').filter((line) => line !== '')
    return lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === message)
  }

  /** The file as another program sees it; to be closed. */
  open(): DatabaseSync & Disposable {
    const database = new DatabaseSync(this.path)
    return Object.assign(database, { [Symbol.dispose]: () => database.close() })
  }

  /** Totals as people see them. */
  numbers(): Record<string, bigint> {
    using database = this.open()
    const reading = database.prepare('SELECT key, value FROM numbers')
    reading.setReadBigInts(true)
    return Object.fromEntries(reading.all().map(({ key, value }) => [String(key), value as bigint]))
  }

  /** Runs SQL that is not ours on the file. */
  tamper(sql: string): void {
    using database = this.open()
    database.exec(sql)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()))
    rmSync(this.folder, { recursive: true, force: true })
  }
}
