/**
 * A real Kafka broker for a test: scripts/kafka.sh on a port of its own. What it keeps outlives its process, so
 * that it can be killed and started again, and goes when it is disposed of.
 *
 * Java only, as a test stops and kills the process of the broker, and that of a container is not ours.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Admin, Consumer, Producer } from '@platformatic/kafka'
import { Registry } from 'prom-client'
import { Listener } from '../../node/sources/kafka/listener.ts'
import { createListenerMetrics } from '../../node/sources/kafka/listener-metrics.ts'
import { systemClock } from '../../shared/clock.ts'
import { createLog } from '../../shared/log.ts'
import { freePorts } from './ports.ts'
import { ROOT } from './process.ts'
import { until } from './until.ts'

const SCRIPT = join(ROOT, 'scripts', 'kafka.sh')
const ENVIRONMENT = { ...process.env, KAFKA_WITH: 'java' }

/** Skips what needs a broker where none can be started. In CI that fails instead. */
export function needKafka(context: Mocha.Context): void {
  if (spawnSync(SCRIPT, ['--check'], { env: ENVIRONMENT }).status === 0) return
  if (process.env['CI']) throw new Error('Java 17 or Maven is not installed')
  process.stderr.write(
    `skipped, as Java 17 or Maven is not installed: ${context.test?.parent?.fullTitle()}\n`,
  )
  context.skip()
}

export interface Sent {
  readonly topic: string
  readonly partition?: number
  readonly value: string | null
}

export class KafkaBroker implements AsyncDisposable {
  readonly #port: number
  readonly #folder: string
  #script: ChildProcess

  static async start(): Promise<KafkaBroker> {
    const [port] = await freePorts(1)
    const folder = await mkdtemp(join(tmpdir(), 'larder-kafka-'))
    return new KafkaBroker(port, folder, await run(port, folder))
  }

  private constructor(port: number, folder: string, script: ChildProcess) {
    this.#port = port
    this.#folder = folder
    this.#script = script
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`
  }

  async createTopic(topic: string, partitions = 1): Promise<void> {
    await using admin = closing(new Admin(this.#options()))
    await admin.client.createTopics({ topics: [topic], partitions, replicas: 1 })
  }

  async addPartitions(topic: string, count: number): Promise<void> {
    await using admin = closing(new Admin(this.#options()))
    await admin.client.createPartitions({ topics: [{ name: topic, count }] })
  }

  async deleteTopic(topic: string): Promise<void> {
    await using admin = closing(new Admin(this.#options()))
    await admin.client.deleteTopics({ topics: [topic] })
  }

  async send(messages: readonly Sent[]): Promise<void> {
    await using producer = closing(new Producer(this.#options()))
    await producer.client.send({
      messages: messages.map(({ topic, partition, value }) => ({
        topic,
        ...(partition !== undefined && { partition }),
        ...(value !== null && { value: Buffer.from(value) }),
      })),
    })
  }

  /** By partition; -1 where nothing has been committed. */
  async committed(groupId: string, topic: string, partitions = 1): Promise<number[]> {
    await using consumer = closing(new Consumer({ ...this.#options(), groupId }))
    const wanted = [...Array(partitions).keys()]
    const offsets = await consumer.client.listCommittedOffsets({ topics: [{ topic, partitions: wanted }] })
    return wanted.map((partition) => Number(offsets.get(topic)?.[partition] ?? -1))
  }

  /** Gone from one moment to the next; what it has kept stays. */
  async kill(): Promise<void> {
    await this.#signal('SIGKILL')
    await ended(this.#script)
  }

  /** On the same port, with what it has kept. */
  async restart(): Promise<void> {
    await this.kill()
    this.#script = await run(this.#port, this.#folder)
  }

  /** It keeps its connections, and answers nothing. */
  async hang(): Promise<void> {
    await this.#signal('SIGSTOP')
  }

  async resume(): Promise<void> {
    await this.#signal('SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #signal(signal: NodeJS.Signals): Promise<void> {
    if (this.#script.exitCode !== null) return
    process.kill(Number(await readFile(join(this.#folder, 'broker.pid'), 'utf8')), signal)
  }

  #options() {
    return { clientId: 'test', bootstrapBrokers: [this.address], retries: 5, retryDelay: 100 }
  }
}

/** A listener that notes what it hears, and can be told to fail. */
export class Ears implements AsyncDisposable {
  /** Topic and value, with a space between. */
  readonly heard: string[] = []
  readonly values: (Buffer | null)[] = []
  readonly metrics = createListenerMetrics(new Registry())
  readonly listener: Listener
  /** Whether this value cannot be handled just now. */
  fails: (value: string) => boolean = () => false

  constructor(broker: KafkaBroker, topics: readonly string[], groupId: string) {
    this.listener = new Listener({
      brokers: [broker.address],
      groupId,
      clientId: 'ears',
      topics,
      clock: systemClock,
      log: createLog('ears', process.env['LOG_LEVEL'] ?? 'silent'),
      metrics: this.metrics,
      handle: async ({ topic, value }) => {
        if (this.fails(`${value}`)) throw new Error('the owner is out of reach')
        this.heard.push(`${topic} ${value}`)
        this.values.push(value)
      },
    })
    this.listener.start()
  }

  async hears(...texts: string[]): Promise<void> {
    await until(
      async () => texts.filter((text) => !this.heard.includes(text)),
      (missing) => missing.length === 0,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.listener[Symbol.asyncDispose]()
  }
}

/** Of a metric, over all its labels. */
export async function sumOf(metric: { get(): Promise<{ values: { value: number }[] }> }): Promise<number> {
  const { values } = await metric.get()
  return values.reduce((sum, { value }) => sum + value, 0)
}

function closing<Client extends { close(): Promise<void> }>(client: Client) {
  return { client, [Symbol.asyncDispose]: () => client.close() }
}

/** The script takes the broker along when this process is gone, as its input ends then. */
async function run(port: number, folder: string): Promise<ChildProcess> {
  const script = spawn(SCRIPT, [String(port), folder], { env: ENVIRONMENT, stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  script.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  for await (const line of createInterface(script.stdout)) {
    if (!line.startsWith('kafka: ready')) continue
    script.stdout.resume()
    return script
  }
  await ended(script)
  throw new Error(`kafka did not start on port ${port}:\n${said}`)
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}
