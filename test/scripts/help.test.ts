/** Every script and service says what it is, and of which version, before it does anything. */
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import packageJson from '../../package.json' with { type: 'json' }
import { ROOT } from '../support/process.ts'

/** What others source, or import. */
const PARTS = ['help.sh', 'install.sh', 'request.sh']

const shell = globSync('scripts/*.sh', { cwd: ROOT }).filter(
  (path) => !PARTS.includes(path.replace('scripts/', '')),
)
const programs = globSync('scripts/*.ts', { cwd: ROOT }).filter((path) =>
  readFileSync(join(ROOT, path), 'utf8').includes('process.argv'),
)

async function say(path: string, argument: string): Promise<string> {
  const [command, args] = path.endsWith('.sh')
    ? [join(ROOT, path), [argument]]
    : [process.execPath, [path, argument]]
  const { stdout } = await promisify(execFile)(command, args, { cwd: ROOT })
  return stdout
}

describe('scripts: what they say of themselves', () => {
  for (const path of [...shell, ...programs, 'node/main.ts', 'uplink/main.ts']) {
    it(`${path} --help, --version`, async () => {
      expect(await say(path, '--help')).to.match(/^usage: /)
      expect(await say(path, '--version')).to.equal(`${packageJson.version}\n`)
    })
  }

  it('a service starts with no argument that it does not understand', async () => {
    const error = await say('node/main.ts', '--port=4000').catch((thrown) => thrown)
    expect(error).to.include({ code: 2 })
    expect(error.stderr).to.include('--port=4000: not understood').and.to.include('usage: ')
  })
})
