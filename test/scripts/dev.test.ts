/** Single nodes as a developer starts them, and the small scripts around them. */
import { expect } from 'chai'
import { freePorts } from '../support/ports.ts'
import { run, statusOf, TestProcess } from '../support/process.ts'
import { needTool } from '../support/tool.ts'

describe('scripts: a node for development', () => {
  it('brings an uplink where there is none, which the next one joins', async () => {
    const [uplink, first, second] = await freePorts(3)
    const environment = { UPLINK_URL: `http://127.0.0.1:${uplink}` }
    await using foo = startNode(first, 'foo', environment)
    await foo.says('foo serves')
    expect(foo.stdout).to.include('no uplink answers')
    await using bar = startNode(second, 'bar', environment)
    await bar.says('bar serves')
    expect(bar.stdout).not.to.include('no uplink answers')

    const posted = await run('scripts/curl.post.sh', [`${first}`])
    const read = await run('scripts/curl.get.sh', [`${second}`])
    expect(read.stderr).to.equal('')
    expect(read.stdout).to.equal(posted.stdout)
    expect(read.stdout).to.match(/"node":"(foo|bar)"/)

    expect(await bar.stop()).to.deep.equal({ code: 0, signal: null })
    expect(await foo.stop()).to.deep.equal({ code: 0, signal: null })
    expect(await statusOf(`${environment.UPLINK_URL}/livez`)).not.to.equal(200)
  })

  for (const args of [[], ['4000'], ['0', 'foo'], ['65536', 'foo'], ['port', 'foo'], ['4000', 'a/b']]) {
    it(`explains itself when started with: ${args.join(' ') || 'nothing'}`, async () => {
      const { code, stdout, stderr } = await run('scripts/dev.sh', args)
      expect(code).to.equal(2)
      expect(stderr).to.include('usage:')
      expect(stdout).to.equal('')
    })
  }
})

describe('scripts: curl', () => {
  before(function () {
    needTool(this, 'curl')
  })

  for (const script of ['scripts/curl.post.sh', 'scripts/curl.get.sh']) {
    it(`${script} explains itself without a port`, async () => {
      const { code, stderr } = await run(script, [])
      expect(code).to.equal(2)
      expect(stderr).to.include('usage:')
    })

    it(`${script} fails where nobody answers`, async () => {
      const [port] = await freePorts(1)
      const { code, stdout, stderr } = await run(script, [`${port}`])
      expect(code).to.equal(1)
      expect(stderr).to.include(`no answer from http://127.0.0.1:${port}/api`)
      expect(stdout).to.equal('')
    })
  }
})

describe('scripts: secret', () => {
  it('prints 256 random bits and nothing else', async () => {
    const [one, other] = [await run('scripts/secret.sh', []), await run('scripts/secret.sh', [])]
    expect(one.stdout).to.match(/^[0-9a-f]{64}\n$/)
    expect(one.stdout).not.to.equal(other.stdout)
  })
})

function startNode(port: number, id: string, environment: Record<string, string>): TestProcess {
  return new TestProcess(process.execPath, ['scripts/dev.ts', `${port}`, id], { environment })
}
