/** By which names a process may be called, and by which nobody can have been led to it. */
import { expect } from 'chai'
import { Settings } from '../../shared/config.ts'
import { Hosts, readHosts } from '../../shared/hosts.ts'

const read = (ALLOWED_HOSTS = '') =>
  readHosts(new Settings({ ALLOWED_HOSTS }), { host: 'kitchen', url: 'http://One.Example:4000' })

describe('the names of a process', () => {
  for (const host of [
    ...['localhost', 'LOCALHOST', 'localhost.', 'localhost:4000', 'localhost:', 'kitchen:1', 'one.example'],
    ...[
      '127.0.0.1',
      '127.0.0.1:4000',
      '10.1.2.3:80',
      '[::1]',
      '[::1]:4000',
      '[fe80::1%eth0]:1',
      '0.0.0.0:4000',
    ],
  ])
    it(`include ${host}`, () => expect(read().include(host)).to.equal(true))

  for (const host of [
    ...['', ' ', ':', ':4000', 'evil.example', 'evil.example:4000', 'localhost.evil.example', 'xlocalhost'],
    ...[
      'localhost..',
      'sub.localhost',
      'localhost:4000:80',
      'localhost:x',
      'localhost@evil.example',
      'a localhost',
    ],
    ...[
      '127.0.0.1.evil.example',
      '127.1',
      '0x7f.0.0.1',
      '2130706433',
      '127.0.0.1,evil.example',
      '::1',
      '[::1',
    ],
    ...[
      '[evil.example]',
      '[]',
      'localhost/',
      'evil.example#localhost',
      'localhost\t',
      'http://localhost',
      '*',
    ],
  ])
    it(`do not include ${JSON.stringify(host)}`, () => {
      const hosts = read()
      expect(hosts.include('localhost')).to.equal(true)
      expect(hosts.include(host)).to.equal(false)
      expect(hosts.include(host), 'and again').to.equal(false)
    })

  it('are more where ALLOWED_HOSTS says so, and all with a star', () => {
    const hosts = read('cache.example, Other.Example')
    for (const host of ['cache.example:443', 'other.example', 'localhost'])
      expect(hosts.include(host)).to.equal(true)
    for (const host of ['a.cache.example', 'example']) expect(hosts.include(host)).to.equal(false)
    expect(read('*').include('evil.example')).to.equal(true)
  })

  it('do not count for whoever calls by none, as no browser does', () => {
    expect(new Hosts([]).include(undefined)).to.equal(true)
  })
})
