/** What those are told who watch over an engine, in the words of the API: the same as over members. */
import { toldOverAll } from '../contract/watchers.ts'
import { type Engine, NodesOverRedis } from '../support/engine.ts'
import { RedisServer } from '../support/redis.ts'
import { RedisCluster } from '../support/redis-cluster.ts'
import { needTool, needValkey, VALKEY_SERVER } from '../support/tool.ts'

const ids = ['a', 'b']
const KEYS = ['soup', 'stew'] as const
/** A whole state of a cluster takes its time where a machine has much else to do. */
const over = async (engine: Engine) =>
  await NodesOverRedis.over(engine, { ids, node: { PEER_TIMEOUT_MS: '10000' } })

describe('those who watch a Redis', () => {
  toldOverAll(KEYS, async (context) => {
    needTool(context, 'redis-server')
    return await over(await RedisServer.start())
  })
})

describe('those who watch a cluster of Redis', () => {
  toldOverAll(KEYS, async (context) => {
    needTool(context, 'redis-server')
    return await over(await RedisCluster.start())
  })
})

describe('those who watch a cluster of Valkey', () => {
  toldOverAll(KEYS, async (context) => {
    needValkey(context)
    return await over(await RedisCluster.start({ program: VALKEY_SERVER }))
  })
})
