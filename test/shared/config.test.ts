/** Settings: defaults, units, and one message for all that is wrong. */
import { expect } from 'chai'
import { identify, readConfig } from '../../node/config.ts'
import { ConfigError } from '../../shared/config.ts'

const [SECRET, OTHER_SECRET] = ['what-members-show', 'what-members-take']
const KEY = 'a-wooden-spoon-0'

function problemsOf(environment: Record<string, string>): string {
  try {
    readConfig(environment)
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigError)
    return String(error)
  }
  throw new Error('accepted')
}

describe('the settings of a node', () => {
  it('have the defaults of docs/settings.md', () => {
    const config = readConfig({})
    expect(config).to.include({
      host: '127.0.0.1',
      port: 4000,
      shardLimit: 4,
      queueMax: 10_000,
      peerTimeoutMs: 2000,
    })
    expect(config).to.include({ bodyBytesMax: 8 * 2 ** 20, bytesMax: 512 * 2 ** 20, logLevel: 'info' })
    expect(config.inFlightBytesMax).to.equal(256 * 2 ** 20)
    expect(config.uplinkUrls).to.deep.equal([])
    expect(identify(config, 4000)).to.deep.equal({ id: '127.0.0.1:4000', url: 'http://127.0.0.1:4000' })
  })

  it('take bytes with a unit, lists with commas, and an empty value as none', () => {
    const config = readConfig({
      MAX_BYTES: '64MiB',
      MAX_BODY: '1000',
      UPLINK_URL: 'http://a:1, http://b:2/',
      PORT: '',
    })
    expect(config).to.include({ bytesMax: 64 * 2 ** 20, bodyBytesMax: 1000, port: 4000 })
    expect(config.uplinkUrls).to.deep.equal(['http://a:1', 'http://b:2'])
  })

  it('are all named in one message when they are wrong', () => {
    const wrong = {
      PORT: '65536',
      SHARD_LIMIT: '0',
      MAX_QUEUE: 'many',
      MAX_BODY: '8 megabytes',
      MAX_BYTES: '-1',
      PEER_TIMEOUT_MS: '1.5',
      UPLINK_URL: 'localhost:4500',
      NODE_ID: '../etc',
      ADVERTISE_URL: 'ftp://x',
      LOG_LEVEL: 'loud',
    }
    const message = problemsOf(wrong)
    for (const name of Object.keys(wrong)) expect(message).to.include(`${name}=`)
  })

  it('leave room in flight for the largest body', () => {
    expect(problemsOf({ MAX_INFLIGHT_BYTES: '4MiB' })).to.include('at least MAX_BODY, which is 8388608')
    expect(problemsOf({ MAX_BODY: '64MiB', MAX_INFLIGHT_BYTES: '63MiB' })).to.include(
      'MAX_INFLIGHT_BYTES=66060288',
    )
    expect(readConfig({ MAX_INFLIGHT_BYTES: '8MiB' }).inFlightBytesMax).to.equal(8 * 2 ** 20)
  })

  it('need a secret as soon as others can reach the node', () => {
    expect(problemsOf({ HOST: '0.0.0.0' })).to.include('CLUSTER_SECRET')
    expect(problemsOf({ HOST: '127.0.0.1.example.com' })).to.include('CLUSTER_SECRET')
    expect(problemsOf({ HOST: '0.0.0.0', API_KEY: KEY })).to.include('CLUSTER_SECRET')
    expect(readConfig({ HOST: '0.0.0.0', CLUSTER_SECRET: SECRET, API_KEY: KEY }).host).to.equal('0.0.0.0')
    for (const HOST of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
      expect(readConfig({ HOST }).host).to.equal(HOST)
  })

  it('need a key as soon as others can reach the node, or to be told that nobody needs one', () => {
    const beyond = { HOST: '0.0.0.0', CLUSTER_SECRET: SECRET }
    for (const environment of [beyond, { ...beyond, ALLOW_ANONYMOUS: 'off' }])
      expect(problemsOf(environment)).to.include('set API_KEY or KEYS_FILE, or ALLOW_ANONYMOUS=on')
    for (const wrong of ['true', 'ON', '1', ' ']) {
      const problems = problemsOf({ ...beyond, ALLOW_ANONYMOUS: wrong })
      expect(problems).to.include(`ALLOW_ANONYMOUS=${wrong}: on or off`)
    }
    expect(problemsOf({ HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'on' })).to.include('set CLUSTER_SECRET')
    expect(readConfig({ ...beyond, ALLOW_ANONYMOUS: 'on' }).host).to.equal('0.0.0.0')
  })

  it('that cannot work together are named, all of them', () => {
    const uplink = { UPLINK_URL: 'http://127.0.0.1:4500' }
    const cases: readonly [Record<string, string>, string][] = [
      [{ ...uplink, HOST: '0.0.0.0', CLUSTER_SECRET: SECRET }, 'need an ADVERTISE_URL'],
      [{ ...uplink, HOST: '::', CLUSTER_SECRET: SECRET }, 'need an ADVERTISE_URL'],
      [{ ADVERTISE_URL: 'http://0.0.0.0:4000' }, 'an address that others can call'],
      [{ ADVERTISE_URL: 'http://[::]:4000' }, 'an address that others can call'],
      [{ ADVERTISE_URL: 'http://one:4000/larder' }, 'without a path'],
      [{ ADVERTISE_URL: 'http://one:0' }, 'a URL like'],
      [{ UPLINK_URL: 'http://127.0.0.1:4000' }, 'that is this node'],
      [{ UPLINK_URL: 'http://one:4000', ADVERTISE_URL: 'http://one:4000/' }, 'that is this node'],
      [{ PEER_TIMEOUT_MS: '49' }, 'PEER_TIMEOUT_MS=49'],
      [{ PEER_TIMEOUT_MS: '100001' }, 'PEER_TIMEOUT_MS=100001'],
      [{ MAX_BODY: '257MiB' }, 'at most 256 MiB'],
      [{ RESP_PORT: '4000' }, 'RESP_PORT=4000: another port than PORT'],
      [{ HOST: 'http://127.0.0.1' }, 'HOST=http://127.0.0.1'],
      ...['0', '00.0.0.0', '0.', '0x0', '127.1', 'a.0'].map((HOST): [{ HOST: string }, string] => [
        { HOST },
        `HOST=${HOST}: an address or a name`,
      ]),
      ...['UPLINK_URL', 'ENGINE_URL', 'KAFKA_BROKERS', 'ALLOWED_HOSTS', 'CORS_ORIGINS', 'API_KEY'].flatMap(
        (name): [Record<string, string>, string][] => [
          [{ [name]: ' ' }, `${name}: there is none in it`],
          [{ [name]: ',\t,' }, `${name}: there is none in it`],
        ],
      ),
      [{ API_KEY: `${KEY},${'k'.repeat(4097)}` }, 'API_KEY: at most 4096 characters each'],
      [{ HOST: '127.0.0.1:4000' }, 'HOST=127.0.0.1:4000'],
      [{ ALLOWED_HOSTS: 'cache.example,cache.example:4000' }, 'ALLOWED_HOSTS=cache.example:4000'],
      [{ ALLOWED_HOSTS: '*.example' }, 'ALLOWED_HOSTS=*.example'],
      [{ CORS_ORIGINS: '*' }, 'CORS_ORIGINS=* lets every page call'],
      [{ CORS_ORIGINS: 'https://shop.example/path' }, 'CORS_ORIGINS=https://shop.example/path'],
      [{ CORS_ORIGINS: 'shop.example' }, 'CORS_ORIGINS=shop.example'],
      [{ CORS_ORIGINS: 'https://*.shop.example' }, 'CORS_ORIGINS=https://*.shop.example'],
      [{ CORS_ORIGINS: 'null' }, 'CORS_ORIGINS=null'],
      [{ KEYS_FILE: 'no/such/file.json' }, 'KEYS_FILE=no/such/file.json: ENOENT'],
    ]
    for (const [environment, problem] of cases) expect(problemsOf(environment)).to.include(problem)
    const all = Object.assign({}, ...cases.slice(4).map(([environment]) => environment), { HOST: '0.0.0.0' })
    expect(problemsOf(all).split('\n  - ')).to.have.length.of.at.least(5)
  })

  it('that look alike and can work are taken', () => {
    for (const environment of [
      { UPLINK_URL: 'http://127.0.0.1:4500', HOST: '127.0.0.1', PORT: '0' },
      {
        UPLINK_URL: 'http://127.0.0.1:4500',
        HOST: '0.0.0.0',
        ADVERTISE_URL: 'http://10.0.0.1:4000/',
        CLUSTER_SECRET: SECRET,
        API_KEY: KEY,
      },
      { HOST: '0.0.0.0', CLUSTER_SECRET: SECRET, ALLOW_ANONYMOUS: 'on' },
      { HOST: 'larder_node-1.internal.', CLUSTER_SECRET: SECRET, API_KEY: KEY },
      { WAIT_FOR_HOLDERS_MS: '0', SYNC_INTERVAL_MS: '0', DATA_DIR: 'off' },
      { MAX_BODY: '256MiB', MAX_BYTES: '1MiB' },
    ])
      expect(readConfig(environment).logLevel).to.equal('info')
  })

  it('show the first of several secrets, and take them all', () => {
    const { clusterSecrets } = readConfig({ CLUSTER_SECRET: `${SECRET}, ${OTHER_SECRET}` })
    expect(clusterSecrets).to.deep.equal([SECRET, OTHER_SECRET])
    expect(readConfig({}).clusterSecrets).to.deep.equal([])
  })

  it('take no secret, and no key, that can be guessed or that no header carries, and repeat none', () => {
    const key = 'a-wooden-spoon-0'
    for (const name of ['CLUSTER_SECRET', 'API_KEY']) {
      for (const wrong of [
        `${key},too-short`,
        ',',
        ' ',
        ' , ,',
        `${key},pinch of salt and pepper`,
        `${key},schöpflöffel-rot`,
      ]) {
        const problems = problemsOf({ [name]: wrong })
        expect(problems).to.include(name)
        for (const part of [key, 'too-short', 'pinch', 'rot']) expect(problems).to.not.include(part)
      }
      expect(readConfig({ [name]: `${key},${'x'.repeat(16)}` })).to.include({ port: 4000 })
    }
  })

  it('repeat no password that a URL has', () => {
    for (const name of ['UPLINK_URL', 'ADVERTISE_URL'])
      for (const wrong of [
        'http://chef:s3cret@10.0.0.1:4500',
        'http://chef:s3c,ret@10.0.0.1:4500/path',
        'http://s3cret@0.0.0.0:4000',
        'chef:s3cret@uplink:4500',
        'http://chef:s3cret@/',
        'http://10.0.0.1:4500/?token=s3cret',
      ]) {
        const problems = problemsOf({ [name]: wrong })
        expect(problems, wrong)
          .to.include(name)
          .and.not.to.match(/s3c|ret/)
      }
  })

  it('need a secret where members would else have to show each other a key, which is none', () => {
    const keyed = { UPLINK_URL: 'http://127.0.0.1:4500', API_KEY: 'a-wooden-spoon-0' }
    expect(problemsOf(keyed)).to.include('UPLINK_URL and API_KEY need a CLUSTER_SECRET')
    const both = { ...keyed, CLUSTER_SECRET: `${SECRET},a-wooden-spoon-0` }
    expect(problemsOf(both)).to.include('CLUSTER_SECRET and API_KEY have one in common')
    for (const environment of [
      { ...keyed, CLUSTER_SECRET: SECRET },
      { ...keyed, UPLINK_URL: '' },
      { ...keyed, API_KEY: '' },
    ])
      expect(readConfig(environment).port).to.equal(4000)
  })

  it('name a member on IPv6 with brackets', () => {
    expect(identify(readConfig({ HOST: '::1' }), 4000).url).to.equal('http://[::1]:4000')
  })
})
