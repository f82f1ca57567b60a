/** What is generated from /openapi.json is a client: it compiles, and what it stores it reads again. */
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { needMaker, Workshop } from '../../support/client-tools.ts'
import { startTestNode } from '../../support/node.ts'

const KEY = 'salt-and-pepper-1'
const CLIENTS = join(import.meta.dirname, 'generated')

describe('a client that is generated for TypeScript', () => {
  before(function () {
    needMaker(this, 'typescript')
  })

  it('compiles, and makes a round trip', async () => {
    await using node = await startTestNode({ API_KEY: KEY })
    await using shop = await Workshop.open()
    await writePage(shop, node.url)
    await shop.make('typescript', 'openapi.json', '--output', 'larder.ts')
    await copyFile(join(CLIENTS, 'use.ts.txt'), join(shop.folder, 'use.ts'))
    const options = [
      '--ignoreConfig',
      '--strict',
      '--noEmit',
      '--skipLibCheck',
      '--allowImportingTsExtensions',
    ]
    await shop.run('tsc', ...options, '--target', 'esnext', '--module', 'nodenext', '--types', '', 'use.ts')
    expect(await shop.run(process.execPath, 'use.ts', node.url, KEY)).to.equal('all is as it was stored\n')
  })
})

describe('a client that is generated for Python', () => {
  before(function () {
    needMaker(this, 'python')
  })

  it('compiles, and makes a round trip', async () => {
    await using node = await startTestNode({ API_KEY: KEY })
    await using shop = await Workshop.open()
    await writePage(shop, node.url)
    const told = await shop.make(
      'python',
      ...['generate', '--path', 'openapi.json', '--meta', 'none'],
      ...['--output-path', 'larder', '--fail-on-warning'],
    )
    expect(told).to.not.include('WARNING')
    await copyFile(join(CLIENTS, 'use.py.txt'), join(shop.folder, 'use.py'))
    await shop.run('python', '-W', 'error', '-m', 'compileall', '-q', 'larder')
    expect(await shop.run('python', 'use.py', node.url, KEY)).to.equal('all is as it was stored\n')
  })
})

async function writePage(shop: Workshop, url: string): Promise<void> {
  const page = await fetch(`${url}/openapi.json`, { headers: { 'api-key': KEY } })
  await writeFile(join(shop.folder, 'openapi.json'), await page.text())
}
