import { expect } from 'chai'
import { readConfig } from '../../uplink/config.ts'

describe('uplink settings', () => {
  it('has a default for each', () => {
    const { hosts, keys, ...others } = readConfig({})
    expect([hosts.include('localhost'), hosts.include('a.example'), keys.areNeeded]).deep.equal([
      true,
      false,
      false,
    ])
    expect(others).deep.equal({
      host: '127.0.0.1',
      port: 4500,
      clusterSecrets: [],
      redisUrl: undefined,
      leaseMs: 3000,
      copies: 2,
      logLevel: 'info',
      tls: undefined,
    })
  })

  it('cannot be changed', () => {
    expect(readConfig({})).frozen
  })

  it('names every problem in one message', () => {
    const wrong = {
      PORT: '70000',
      HOST: '0.0.0.0',
      LEASE_MS: '299',
      COPIES: '0',
      LOG_LEVEL: 'loud',
      REDIS_URL: 'x',
    }
    const read = () => readConfig(wrong)
    for (const name of [...Object.keys(wrong), 'CLUSTER_SECRET']) expect(read).throws(name)
  })

  it('takes Redis with and without TLS, and nothing else', () => {
    expect(readConfig({ REDIS_URL: 'rediss://cache:6380/1' }).redisUrl).equal('rediss://cache:6380/1')
    for (const url of ['http://cache:6379', 'redis://', 'redis://:x:y@']) {
      expect(() => readConfig({ REDIS_URL: url }), url).throws('REDIS_URL')
    }
  })

  it('keeps a password out of the message', () => {
    expect(() => readConfig({ REDIS_URL: 'rediz://:hunter2@cache:6379' })).throws(/^((?!hunter2).)*$/s)
  })
})
