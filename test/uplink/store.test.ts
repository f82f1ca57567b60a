import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import RedisMock from 'ioredis-mock'
import { createRedis } from '../../uplink/redis.ts'
import { RedisServer } from '../support/redis.ts'
import { needTool } from '../support/tool.ts'
import { itKeepsTheRegistry } from './store-contract.ts'

describe('store: embedded', () => {
  let host = ''
  beforeEach(() => {
    host = randomUUID()
  })
  itKeepsTheRegistry(() => new RedisMock({ host, lazyConnect: true, enableOfflineQueue: false }))
})

describe('store: Redis', () => {
  let server: RedisServer | undefined

  before(async function () {
    needTool(this, 'redis-server')
    server = await RedisServer.start()
  })
  beforeEach(async () => {
    const redis = new Redis(server?.url ?? '')
    await redis.flushall()
    redis.disconnect()
  })
  after(() => server?.[Symbol.asyncDispose]())

  itKeepsTheRegistry(() => createRedis(server?.url))
})
