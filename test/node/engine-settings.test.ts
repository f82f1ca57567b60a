/** ENGINE_URL: what is understood, and what stops the start. */
import { expect } from 'chai'
import { readConfig } from '../../node/config.ts'
import type { Environment } from '../../shared/config.ts'

const engineIn = (environment: Environment) => readConfig(environment).engine

describe('the settings of an engine', () => {
  it('are none without ENGINE_URL', () => {
    expect(engineIn({})).to.equal(undefined)
  })

  it('name one server, or some of a cluster', () => {
    expect(engineIn({ ENGINE_URL: 'redis://cache' })).to.deep.equal({
      addresses: [{ host: 'cache', port: 6379 }],
      replicasWanted: 0,
      tls: undefined,
    })
    const urls = 'rediss://u:p%40ss@[::1]:7000/, rediss://u:p%40ss@10.0.0.2:7001'
    expect(engineIn({ ENGINE_URL: urls, ENGINE_WAIT_REPLICAS: '2' })).to.deep.equal({
      addresses: [
        { host: '::1', port: 7000, username: 'u', password: 'p@ss' },
        { host: '10.0.0.2', port: 7001, username: 'u', password: 'p@ss' },
      ],
      replicasWanted: 2,
      tls: {},
    })
  })

  for (const url of ['http://cache', 'cache:6379', 'redis://', 'redis://cache/3', 'redis://cache?db=3'])
    it(`are refused as ${url}`, () => {
      expect(() => engineIn({ ENGINE_URL: url })).to.throw('ENGINE_URL: URLs like')
    })

  it('are refused beside UPLINK_URL, or where the addresses do not belong together', () => {
    const ENGINE_URL = 'redis://:secret@a,redis://:other@b'
    const read = () => engineIn({ ENGINE_URL, UPLINK_URL: 'http://127.0.0.1:4500' })
    expect(read).to.throw(/ENGINE_URL and UPLINK_URL/)
    expect(read).to.throw(/same user and password/)
    expect(read).not.to.throw(/secret/)
  })

  it('bound the replicas that are waited for', () => {
    expect(() => engineIn({ ENGINE_WAIT_REPLICAS: '-1' })).to.throw('ENGINE_WAIT_REPLICAS')
  })
})
