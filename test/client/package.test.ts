/** The client as others get it: built, packed, and installed in a project of theirs, in whatever runs JavaScript. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { Chromium } from '../support/browser.ts'
import { startTestNode, type TestNode } from '../support/node.ts'
import { ROOT } from '../support/process.ts'
import { skipWithout } from '../support/tool.ts'

const RUNTIMES = join(ROOT, 'node_modules', '.cache', 'client-tools', 'runtimes', 'node_modules', '.bin')

/** What is done everywhere; `url` is where a node is. */
const USE = `
  const larder = new Larder({ urls: [url] })
  const seen = [await larder.set('soup', { salt: 1 }, { ttl: 60 }) !== undefined, await larder.get('soup')]
  await larder.set('bytes', new Uint8Array([0, 255]))
  seen.push([...await larder.get('bytes')], String(await larder.counter('orders').add(5n, { ttl: 60 })))
  await larder.reactions('Stew').add('Sam', 'fire')
  seen.push(await larder.reactions('Stew').counts(), (await larder.limit('ip').take({ limit: 2, window: 60 })).allowed)
  for await (const { key } of larder.list({ prefix: 'so' })) seen.push(key)
  seen.push(await larder.get('', { timeoutMs: 5 }).catch((error) => error.name))
  seen.push(await new Larder({ urls: ['http://127.0.0.1:1'] }).get('k', { timeoutMs: 50 }).catch((error) => error.code))
  for await (const change of larder.watch({ prefix: 'so', snapshot: true })) {
    seen.push(change.type)
    if (change.type === 'snapshot-end') break
  }
  seen.push(await larder.clear(''))
  await larder.reactions('Stew').remove('Sam', 'fire')
  await larder.limit('ip').reset()
  larder.close()
`
const SEEN = [
  true,
  { salt: 1 },
  [0, 255],
  '5',
  { fire: 1 },
  true,
  'soup',
  'TypeError',
  'TIMED_OUT',
  'change',
  'snapshot-end',
  3,
]

/** All that the types say, for a compiler that lets nothing pass; it is not run. */
const TYPED = `
import { Larder, LarderError, type Allowance, type Change, type Entry } from 'larder-client'
import larderStorage from 'larder-client/better-auth'
import LarderRateLimitStore from 'larder-client/express-rate-limit'
import KeyvLarder, { KeyvLarder as Named } from 'larder-client/keyv'
import larderDriver from 'larder-client/unstorage'

interface Soup { readonly salt: number }
using larder = new Larder({ urls: ['http://127.0.0.1:4000'], apiKey: 'k', timeoutMs: 5, direct: false, waitingMax: 9 })
const soup: Soup | undefined = await larder.get<Soup>('soup', { signal: AbortSignal.timeout(5) })
const entry: Entry<Soup> | undefined = await larder.entry<Soup>(1n)
const stored: { readonly etag: string } | undefined = await larder.set('soup', soup, { ttl: 60, ifAbsent: true })
const total: bigint = await larder.counter('orders').add(5n, { ttl: 60, min: 0, max: 2n ** 62n })
const allowed: Allowance = await larder.limit('ip:1').take({ limit: 100, window: 60 })
await using presence = await larder.reactions('Stew').present('Sam', 'fire', { ttl: 30, onError(error: unknown) {} })
for await (const { key, ttl } of larder.list({ prefix: 'a' })) console.log(key.length, ttl?.toFixed())
for await (const change of larder.watch<Soup>({ prefix: 's', kinds: ['value', 'counter'], snapshot: true, signal: AbortSignal.timeout(5) })) {
  const all: Change<Soup> = change
  if (all.type === 'delete') console.log(all.reason, all.key)
  else if (all.type === 'change' && all.kind === 'value') console.log(all.value.salt.toFixed(), all.etag, all.ttl, all.id)
  else if (all.type === 'change' && all.kind === 'counter') console.log(all.value + 1n)
}
const error: unknown = new LarderError('no', { code: 'TIMED_OUT' })
if (error instanceof LarderError) console.log(error.code, error.status, error.retryable)
const urls = ['http://127.0.0.1:4000']
const stores = [new KeyvLarder({ urls }), new Named({ larder }), larderDriver({ urls }), larderStorage({ urls }), new LarderRateLimitStore({ urls })]
export { entry, stored, total, allowed, presence, stores }
`

/** A mistake a line. */
const MISTAKEN = `
await new Larder({ urls: [] }).set('soup', 1, { ttl: '60' })
await new Larder({ urls: [] }).set('soup', 1, { expires: 60 })
await new Larder({ urls: [] }).counter('orders').add('5')
for await (const _ of new Larder({ urls: [] }).watch({ kinds: ['values'] })) break
new Larder({})
import { Larder } from 'larder-client'
`

describe('client: its package', function () {
  this.timeout(180_000)
  let folder: string
  let node: TestNode
  let browser: Chromium | undefined
  let site: Server

  const run = async (program: string, args: readonly string[], cwd = folder): Promise<string> => {
    try {
      const { stdout } = await promisify(execFile)(program, args, { cwd, timeout: 120_000 })
      return stdout
    } catch (cause) {
      const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string }
      throw new Error(`${program} ${args.join(' ')}:\n${stdout}${stderr}`, { cause })
    }
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'larder-client-'))
    await run('npm', ['pack', '--pack-destination', folder], join(ROOT, 'client'))
    await writeFile(join(folder, 'package.json'), '{"name":"scratch","type":"module","private":true}')
    const [tarball = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${tarball}`])
    site = createServer(async (request, response) => {
      const path = join(folder, 'node_modules', 'larder-client', request.url ?? '')
      if (!existsSync(path) || request.url === '/')
        return void response.setHeader('content-type', 'text/html').end('')
      response.setHeader('content-type', 'text/javascript').end(await readFile(path))
    })
    await once(site.listen(0, '127.0.0.1'), 'listening')
    node = await startTestNode({ CORS_ORIGINS: origin() })
    await writeFile(
      join(folder, 'use.js'),
      `import { Larder } from 'larder-client'
      const url = '${node.url}'
      ${USE}
      console.log(JSON.stringify(seen))`,
    )
  })
  after(async () => {
    await browser?.[Symbol.asyncDispose]()
    await node?.[Symbol.asyncDispose]()
    site?.closeAllConnections()
    site?.close()
    await rm(folder, { recursive: true })
  })

  const origin = () => `http://127.0.0.1:${(site.address() as AddressInfo).port}`

  it('has all that it names, and brings nobody else', async () => {
    expect(await readdir(join(folder, 'node_modules'))).deep.equal(['.package-lock.json', 'larder-client'])
    const place = join(folder, 'node_modules', 'larder-client')
    const { exports } = JSON.parse(await readFile(join(place, 'package.json'), 'utf8'))
    for (const path of Object.values<string>(exports))
      for (const file of [path, path.replace(/js$/, 'd.ts')])
        expect(existsSync(join(place, file)), file).equal(true)
    expect(await readdir(place)).include.members(['LICENSE', 'README.md'])
  })

  it('runs in every Node that is here', async () => {
    const folders = [
      ...(process.env['PATH'] ?? '').split(':').map((one) => join(one, 'node')),
      process.execPath,
    ]
    const versions = new Map<string, string>()
    for (const program of folders.filter((path) => existsSync(path))) {
      const version = (await run(program, ['--version'])).trim()
      if (Number(/^v(\d+)/.exec(version)?.[1]) >= 20) versions.set(version, program)
    }
    expect(versions.size).above(0)
    for (const [version, program] of versions)
      expect(JSON.parse(await run(program, ['use.js'])), version).deep.equal(SEEN)
  })

  for (const [runtime, args] of [
    ['bun', ['run', 'use.js']],
    ['deno', ['run', '--allow-net', '--no-prompt', 'use.js']],
  ] as const) {
    it(`runs in ${runtime}`, async function () {
      const program = join(RUNTIMES, runtime)
      if (!existsSync(program)) skipWithout(this, `${runtime} (see ./scripts/client-tools.sh)`)
      expect(JSON.parse(await run(program, args))).deep.equal(SEEN)
    })
  }

  it('runs in a browser, from another site', async function () {
    Chromium.need(this)
    browser = await Chromium.start()
    const page = await browser.open(origin())
    const seen = await page.evaluate(`(async () => {
      const { Larder } = await import('/dist/client/larder.js')
      const url = '${node.url}'
      ${USE}
      return seen
    })()`)
    expect(seen).deep.equal(SEEN)
  })

  it('has types with which the strictest compiler finds nothing wrong, and what is wrong', async () => {
    const compilerOptions = {
      target: 'es2022',
      module: 'nodenext',
      lib: ['es2022', 'dom', 'dom.asynciterable'],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noPropertyAccessFromIndexSignature: true,
      noEmit: true,
      skipLibCheck: false,
    }
    const compiled = async (file: string, code: string) => {
      await writeFile(join(folder, file), code)
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
      return await run(join(ROOT, 'node_modules', '.bin', 'tsc'), [])
    }
    expect(await compiled('typed.ts', TYPED)).equal('')
    const found = await compiled('mistaken.ts', MISTAKEN).catch(({ message }: Error) => message)
    expect([...found.matchAll(/^mistaken\.ts[(:](\d+)/gm)].map(([, line]) => line)).deep.equal([
      '2',
      '3',
      '4',
      '5',
      '6',
    ])
  })
})
