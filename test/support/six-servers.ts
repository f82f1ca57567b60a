/** The same stories over six servers of Redis, and over six of Valkey: three primaries and a replica of each, and nodes over them. */
import { NodesOverRedis, type NodesOverRedisOptions } from './engine.ts'
import { RedisCluster } from './redis-cluster.ts'
import { needTool, needValkey, VALKEY_SERVER } from './tool.ts'

type Nodes = NodesOverRedis<RedisCluster>

const KINDS = [
  {
    name: 'Redis',
    program: 'redis-server',
    need: (context: Mocha.Context) => needTool(context, 'redis-server'),
  },
  { name: 'Valkey', program: VALKEY_SERVER, need: needValkey },
]

/** One cluster for all stories of a kind, in their order: what one of them has killed stays dead. */
export function overSixServers(
  who: string,
  options: NodesOverRedisOptions,
  stories: (nodes: () => Nodes) => void,
): void {
  for (const { name, program, need } of KINDS) {
    describe(`${who} six servers of ${name}`, () => {
      let nodes: Nodes | undefined
      before(async function () {
        needTool(this, 'redis-cli')
        need(this)
        nodes = await NodesOverRedis.over(await RedisCluster.start({ hasReplicas: true, program }), options)
      })
      after(() => nodes?.[Symbol.asyncDispose]())
      stories(() => {
        if (nodes === undefined) throw new Error('they are started before the first story')
        return nodes
      })
    })
  }
}
