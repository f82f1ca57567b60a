/** What a service does with the files of TLS: it shows what they say, renews it, and takes nothing that cannot be used. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Agent, get } from 'node:https'
import { connect as connectBare } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect, type TLSSocket } from 'node:tls'
import { expect } from 'chai'
import { pino } from 'pino'
import { systemClock } from '../../shared/clock.ts'
import { Settings } from '../../shared/config.ts'
import { createHttpMetrics } from '../../shared/http/metrics.ts'
import { readTls, Tls } from '../../shared/tls.ts'
import { Authority, type Pair, replace } from '../support/authority.ts'
import { needTool } from '../support/tool.ts'
import { until } from '../support/until.ts'
import { startTestService } from './http/start.ts'

interface Said {
  readonly level: string
  readonly msg: string
  readonly reason?: string
}

function listeningLog() {
  const said: Said[] = []
  const write = (line: string) => void said.push(JSON.parse(line))
  const log = pino({ formatters: { level: (level) => ({ level }) } }, { write })
  return { log, said }
}

/** The name in the certificate that is shown on a new connection. */
async function shownAt(port: number, ca: Buffer): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', ca })
  await once(socket, 'secureConnect')
  const name = nameShown(socket)
  socket.destroy()
  return name
}

function nameShown(socket: TLSSocket): string {
  return String(socket.getPeerCertificate().subject.CN)
}

async function hello(port: number, agent: Agent): Promise<{ body: string; shown: string }> {
  const request = get({ port, host: '127.0.0.1', path: '/hello', agent })
  const [response] = await once(request, 'response')
  const shown = nameShown(response.socket)
  return { body: await text(response), shown }
}

describe('TLS', () => {
  let authority: Authority
  let pair: Pair

  before(function () {
    needTool(this, 'openssl')
    authority = new Authority()
  })
  beforeEach(() => {
    pair = authority.sign('first')
  })
  after(() => authority?.[Symbol.dispose]())

  function problemsOf(environment: Record<string, string>): string {
    const settings = new Settings(environment)
    readTls(settings)
    try {
      settings.check()
      return ''
    } catch (error) {
      return String(error)
    }
  }

  it('is renewed without a connection being dropped, and bad files leave what there was', async () => {
    const { log, said } = listeningLog()
    const tls = new Tls(pair, systemClock)
    await using service = await startTestService({ tls })
    using kept = {
      agent: new Agent({ keepAlive: true, ca: authority.ca, maxCachedSessions: 0 }),
      [Symbol.dispose]() {},
    }
    expect(await hello(service.port, kept.agent)).to.deep.equal({ body: 'hello', shown: 'first' })

    replace(pair, authority.sign('second'))
    tls.renew(log)
    expect(await shownAt(service.port, authority.ca)).to.equal('second')
    expect(await hello(service.port, kept.agent)).to.deep.equal({ body: 'hello', shown: 'first' })

    for (const broken of ['', '-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n']) {
      writeFileSync(pair.certFile, broken)
      tls.renew(log)
      expect(await shownAt(service.port, authority.ca)).to.equal('second')
    }
    kept.agent.destroy()
    expect(said.map(({ level }) => level)).to.deep.equal(['info', 'error', 'error'])
    expect(said[1]?.reason).to.include(`TLS_CERT_FILE=${pair.certFile}`)
  })

  it('takes one place for a connection, and gives it back', async () => {
    const metrics = createHttpMetrics()
    const open = async () => {
      const page = await metrics.registry.getSingleMetricAsString('larder_connections')
      return Number(/of="clients"\} (\d+)/.exec(page)?.[1])
    }
    await using service = await startTestService({ tls: new Tls(pair, systemClock), metrics })
    const agent = new Agent({ keepAlive: true, ca: authority.ca, maxCachedSessions: 0 })
    for (let count = 0; count < 3; count++) await hello(service.port, agent)
    expect(await open()).to.equal(1)
    const mute = connectBare(service.port, '127.0.0.1')
    await once(mute, 'connect')
    await until(open, (count) => count === 2)
    mute.destroy()
    agent.destroy()
    await until(open, (count) => count === 0)
  })

  it('gives places that say nothing, before TLS or after, to those that ask something', async () => {
    const descriptors = { clients: 4, kept: 2, outgoing: 2 }
    await using service = await startTestService({ tls: new Tls(pair, systemClock), descriptors })
    const silent = Array.from({ length: 5 }, () => connectBare(service.port, '127.0.0.1'))
    for (const socket of silent) socket.on('error', () => {})
    const secured = connect({ port: service.port, host: '127.0.0.1', ca: authority.ca })
    secured.on('error', () => {})
    const agent = new Agent({ ca: authority.ca, maxCachedSessions: 0 })
    await until(
      () => hello(service.port, agent).catch((error) => ({ body: String(error), shown: '' })),
      ({ body }) => body === 'hello',
    )
    for (const socket of [...silent, secured]) socket.destroy()
  })

  it('ends though somebody has not agreed on TLS', async () => {
    const service = await startTestService({ tls: new Tls(pair, systemClock) })
    const mute = connectBare(service.port, '127.0.0.1')
    await once(mute, 'connect')
    await service[Symbol.asyncDispose]()
    await once(mute.resume(), 'close')
  })

  it('closes a connection on which HTTP is spoken in the clear, and goes on', async () => {
    await using service = await startTestService({ tls: new Tls(pair, systemClock) })
    const bare = connectBare(service.port, '127.0.0.1')
    bare.end('GET /hello HTTP/1.1\r\nhost: x\r\n\r\n')
    await text(bare).catch(() => '')
    const agent = new Agent({ ca: authority.ca, maxCachedSessions: 0 })
    expect((await hello(service.port, agent)).body).to.equal('hello')
    agent.destroy()
  })

  it('is checked by the authority that counts when it is connected to', async () => {
    using other = new Authority()
    const { log } = listeningLog()
    const trusting = new Tls({ caFile: other.caFile }, systemClock)
    await using service = await startTestService({ tls: new Tls(pair, systemClock) })
    const agent = trusting.agent({})
    const error = await hello(service.port, agent).catch((thrown) => thrown)
    expect(error).to.have.property('code', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
    writeFileSync(other.caFile, authority.ca)
    trusting.renew(log)
    expect((await hello(service.port, agent)).body).to.equal('hello')
  })

  it('stops the start where its files cannot be used, and says which', () => {
    const { certFile, keyFile } = pair
    const other = authority.sign('other')
    const unreadable = `${authority.folder}/none.pem`
    const cases: readonly [Record<string, string>, string][] = [
      [{ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, TLS_CA_FILE: authority.caFile }, ''],
      [{ TLS_CERT_FILE: certFile }, 'TLS_KEY_FILE is missing'],
      [{ TLS_KEY_FILE: keyFile }, 'TLS_CERT_FILE is missing'],
      [{ TLS_CERT_FILE: unreadable, TLS_KEY_FILE: keyFile }, `TLS_CERT_FILE=${unreadable}: ENOENT`],
      [{ TLS_CERT_FILE: keyFile, TLS_KEY_FILE: keyFile }, 'a certificate in PEM is needed'],
      [{ TLS_CERT_FILE: certFile, TLS_KEY_FILE: certFile }, 'a private key in PEM'],
      [{ TLS_CERT_FILE: certFile, TLS_KEY_FILE: other.keyFile }, 'not the key of TLS_CERT_FILE'],
      [{ TLS_CA_FILE: keyFile }, `TLS_CA_FILE=${keyFile}: one certificate in PEM`],
    ]
    for (const [environment, problem] of cases) {
      const said = problemsOf(environment)
      if (problem === '') expect(said).to.equal('')
      else expect(said).to.include(problem)
      expect(said).not.to.include('PRIVATE KEY')
    }
  })

  it('refuses a certificate that has ended', () => {
    const later = { wall: () => systemClock.wall() + 3 * 86_400_000 }
    expect(() => new Tls(pair, later)).to.throw('it has ended')
  })

  it('warns of a certificate that does not name where others call it', () => {
    const tls = new Tls(pair, systemClock)
    expect(tls.doubtsOf('https://127.0.0.1:4000')).to.have.length(1) // It ends soon.
    expect(tls.doubtsOf('https://node-1:4000').join()).to.include('does not name node-1')
    expect(tls.doubtsOf('http://node-1:4000')).to.deep.equal([])
  })
})
