/** A node over each backend, for tests that are the same over both. */
import type { Environment } from '../../../shared/config.ts'
import { startNodeOverRedis } from '../../support/engine.ts'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { needTool } from '../../support/tool.ts'

export type Started = Pick<TestNode, 'node' | 'url'> & AsyncDisposable

/** Describes the same of a node that keeps everything itself, and of one over Redis. */
export function overEach(
  names: readonly [own: string, overRedis: string],
  suite: (start: (environment: Environment) => Promise<Started>) => void,
): void {
  const [own, overRedis] = names
  describe(own, () => suite(startTestNode))

  describe(overRedis, () => {
    before(function () {
      needTool(this, 'redis-server')
    })
    suite(startNodeOverRedis)
  })
}
