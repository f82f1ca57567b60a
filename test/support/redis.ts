/** A real redis-server for a test: its own process, its own port, nothing on disk. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { freePorts } from './ports.ts'

/** Skips what needs redis-server where there is none. In CI that fails instead: there it must not go unnoticed. */
export function needRedis(context: Mocha.Context): void {
  if (spawnSync('redis-server', ['--version']).error === undefined) return
  if (process.env['CI']) throw new Error('redis-server is not installed')
  process.stderr.write(`skipped, as redis-server is not installed: ${context.test?.parent?.fullTitle()}\n`)
  context.skip()
}

export class RedisServer implements AsyncDisposable {
  readonly #port: number
  #process: ChildProcess

  static async start(): Promise<RedisServer> {
    const [port] = await freePorts(1)
    return new RedisServer(port, await spawnRedis(port))
  }

  private constructor(port: number, process: ChildProcess) {
    this.#port = port
    this.#process = process
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`
  }

  /** Gone, with all it knew. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exit
  }

  /** On the same port as before, and empty. */
  async restart(): Promise<void> {
    await this.kill()
    this.#process = await spawnRedis(this.#port)
  }

  /** It keeps its connections, and answers nothing. */
  hang(): void {
    this.#process.kill('SIGSTOP')
  }

  resume(): void {
    this.#process.kill('SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}

async function spawnRedis(port: number): Promise<ChildProcess> {
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const redis = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'ignore'] })
  for await (const line of createInterface(redis.stdout)) {
    if (!line.includes('Ready to accept connections')) continue
    redis.stdout.resume() // Or it blocks, once the pipe is full.
    return redis
  }
  throw new Error(`redis-server did not start on port ${port}`)
}
