/** A node in this process, on a port of its own, that says nothing and whose time stands still. */
import { pino } from 'pino'
import { readConfig } from '../../node/config.ts'
import { type Node, startNode } from '../../node/node.ts'
import type { Environment } from '../../shared/config.ts'
import { FakeClock } from './clock.ts'

export interface TestNode extends AsyncDisposable {
  readonly node: Node
  readonly clock: FakeClock
  /** Without a slash at its end. */
  readonly url: string
}

/** `environment` is what the process would be started with, like `{ API_KEY: 'k' }`. */
export async function startTestNode(environment: Environment = {}): Promise<TestNode> {
  const clock = new FakeClock()
  const config = readConfig({ PORT: '0', DATA_DIR: 'off', ...environment })
  const node = await startNode(config, { log: pino({ level: 'silent' }), clock, onFatal() {} })
  return {
    node,
    clock,
    url: `http://127.0.0.1:${node.port}`,
    async [Symbol.asyncDispose]() {
      let stopped = false
      const stopping = Promise.resolve(node[Symbol.asyncDispose]()).finally(() => {
        stopped = true
      })
      while (!stopped) await clock.advance(1000) // A stopping node gives others the time to notice.
      await stopping
    },
  }
}

/** In a describe block: each of its tests has a node of its own, which is handed to `take` before. */
export function eachOnNode(take: (node: TestNode) => void): void {
  let node: TestNode
  beforeEach(async () => {
    node = await startTestNode()
    take(node)
  })
  afterEach(() => node[Symbol.asyncDispose]())
}
