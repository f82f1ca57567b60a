/** The programs of the image, and the secret of a composition, without a container. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import type { Environment } from '../../shared/config.ts'
import { Authority } from '../support/authority.ts'
import { freePorts } from '../support/ports.ts'
import { ROOT, run, startService, TestProcess } from '../support/process.ts'
import { needTool } from '../support/tool.ts'

const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`
const BESIDE = { PATH, DATA_DIR: 'off', LOG_LEVEL: 'silent' }
/** The command of the image. */
const NODE = ['node', 'node/main.ts']
const inImage = () => [join(ROOT, 'deploy/docker/entrypoint'), NODE] as const

function ran(program: string, args: readonly string[], environment: Environment) {
  return run(`deploy/docker/${program}`, args, { PATH, ...environment })
}

describe('the image', () => {
  it('starts a node that is alone with a secret that nobody knows, and asks it whether it is ready', async () => {
    const [port] = await freePorts(1)
    const settings = { ...BESIDE, PORT: String(port), HOST: '0.0.0.0' }
    await using _node = await startService('node', { ...settings, ALLOW_ANONYMOUS: 'on' }, inImage)
    expect((await ran('probe', ['/readyz'], settings)).code).to.equal(0)
    expect((await ran('probe', ['/nowhere'], settings)).code).to.equal(1)
    const asMember = await fetch(`http://127.0.0.1:${port}/cluster/status`, {
      headers: { authorization: 'Bearer undefined' },
    })
    expect(asMember.status).to.equal(401)
  })

  it('asks over TLS where that is spoken', async function () {
    needTool(this, 'openssl')
    using authority = new Authority()
    const { certFile: TLS_CERT_FILE, keyFile: TLS_KEY_FILE } = authority.sign('node', 'DNS:node-1')
    const [port] = await freePorts(1)
    const settings = { ...BESIDE, PORT: String(port), TLS_CERT_FILE, TLS_KEY_FILE }
    await using node = new TestProcess(process.execPath, ['node/main.ts'], {
      environment: { ...settings, LOG_LEVEL: 'info' },
    })
    await node.says('listening')
    expect((await ran('probe', ['/livez'], settings)).code).to.equal(0)
    expect((await ran('probe', ['/nowhere'], settings)).code).to.equal(1)
  })

  it('says that nobody is there', async () => {
    const [port] = await freePorts(1)
    expect((await ran('probe', ['/livez'], { PORT: String(port) })).code).to.equal(1)
  })

  for (const settings of [{ UPLINK_URL: 'http://127.0.0.1:1', ADVERTISE_URL: 'http://a:1' }, {}] as const) {
    it(`makes up nothing else: ${JSON.stringify(settings)}`, async () => {
      const { code, stderr } = await ran('entrypoint', NODE, { ...BESIDE, ...settings, HOST: '0.0.0.0' })
      expect(code).to.equal(1)
      expect(stderr).to.include('ALLOW_ANONYMOUS=on')
      expect(stderr.includes('CLUSTER_SECRET')).to.equal('UPLINK_URL' in settings)
    })
  }

  it('starts no uplink that others can reach without a secret', async () => {
    const { code, stderr } = await ran('entrypoint', ['node', 'uplink/main.ts'], { HOST: '0.0.0.0' })
    expect(code).to.equal(1)
    expect(stderr).to.include('CLUSTER_SECRET')
  })
})

describe('scripts/secret.sh FILE', () => {
  const folder = mkdtempSync(join(tmpdir(), 'larder-secret-'))
  after(() => rmSync(folder, { recursive: true }))
  const secret = /^CLUSTER_SECRET=[0-9a-f]{64}$/m

  it('makes the setting, for nobody else to read, and leaves one that is there', async () => {
    const file = join(folder, 'new')
    expect((await run('scripts/secret.sh', [file])).code).to.equal(0)
    const text = readFileSync(file, 'utf8')
    expect(text).to.match(secret)
    expect(statSync(file).mode & 0o777).to.equal(0o600)
    expect(await run('scripts/secret.sh', [file])).to.include({ code: 0 })
    expect(readFileSync(file, 'utf8')).to.equal(text)
  })

  it('keeps what else is set, also on a last line that has not ended', async () => {
    const file = join(folder, 'old')
    writeFileSync(file, 'COPIES=3')
    await run('scripts/secret.sh', [file])
    expect(readFileSync(file, 'utf8'))
      .to.match(/^COPIES=3\n/)
      .and.to.match(secret)
  })
})
