/** A real redis-server for a test: its own process, its own port, nothing on disk. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePorts } from './ports.ts'
import { needTool } from './tool.ts'

export class RedisServer implements AsyncDisposable {
  readonly #run: Run
  #process: ChildProcess

  /** `more` are options of its command line; `program` is what is run where that is another server of the kind. */
  static async start(more: readonly string[] = [], program = 'redis-server'): Promise<RedisServer> {
    const [port] = await freePorts(1)
    const folder = await mkdtemp(join(tmpdir(), 'larder-redis-'))
    const run = { program, port, folder, more }
    return new RedisServer(run, await spawnRedis(run))
  }

  private constructor(run: Run, process: ChildProcess) {
    this.#run = run
    this.#process = process
  }

  get address(): string {
    return `127.0.0.1:${this.#run.port}`
  }

  get url(): string {
    return `redis://${this.address}`
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
    this.#process = await spawnRedis(this.#run)
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
    await rm(this.#run.folder, { recursive: true })
  }
}

interface Run {
  readonly program: string
  readonly port: number
  readonly more: readonly string[]
  /** Where it writes what it does not keep: whoever has replicas sends them a file. */
  readonly folder: string
}

async function spawnRedis({ program, port, folder, more }: Run): Promise<ChildProcess> {
  const options = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
    ...more,
  ]
  const redis = spawn(program, options, { stdio: ['ignore', 'pipe', 'ignore'] })
  for await (const line of createInterface(redis.stdout)) {
    if (!line.includes('Ready to accept connections')) continue
    redis.stdout.resume() // Or it blocks, once the pipe is full.
    return redis
  }
  throw new Error(`${program} did not start on port ${port}`)
}

/** A server of its own for each test of this suite, of which the tests are skipped where there is none. */
export function redisForEach(): () => RedisServer {
  let server: RedisServer | undefined
  before(function () {
    needTool(this, 'redis-server')
  })
  beforeEach(async () => {
    server = await RedisServer.start()
  })
  afterEach(() => server?.[Symbol.asyncDispose]())
  return () => {
    if (server === undefined) throw new Error('it is started before each test')
    return server
  }
}
