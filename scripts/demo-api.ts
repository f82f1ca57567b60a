/**
 * An API to try the cached responses with: `node scripts/demo-api.ts [PORT]`, by default on port 4600.
 *
 * It is slow on purpose, so that a cache in front of it can be felt, and counts how often it is asked:
 *
 *     GET  /services/api/v1/object({id})/header   an object of the organisation in the header org_id
 *     GET  /services/api/v1/templates/{id}        a template of it
 *     GET  /calls                                 {"calls":n}: how many of these two there were
 *     POST /change/{id}                           raises the version of whatever has this id
 *
 * Both know If-None-Match. It keeps nothing and asks for no credentials, and so listens on 127.0.0.1 where HOST does not say
 * otherwise. Ctrl-C stops it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { pause, systemClock } from '../shared/clock.ts'
import { showHelp } from './help.ts'

const DEFAULT_PORT = 4600
const host = process.env['HOST'] || '127.0.0.1'
const ANSWER_AFTER_MS = 800
const RESOURCES = [
  { type: 'object', pattern: /^\/services\/api\/v1\/object\(([^/]+)\)\/header$/ },
  { type: 'template', pattern: /^\/services\/api\/v1\/templates\/([^/]+)$/ },
] as const
const CHANGE = /^\/change\/([^/]+)$/

const USAGE = `usage: npm run demo-api -- [PORT]    (default ${DEFAULT_PORT}); --help, --version

Listens on 127.0.0.1, or on HOST.`

showHelp(process.argv.slice(2), USAGE)
const port = Number(process.argv[2] ?? DEFAULT_PORT)
if (process.argv.length > 3 || !Number.isInteger(port) || port < 1 || port > 65_535) {
  console.error(USAGE)
  process.exit(2)
}

const versions = new Map<string, number>()
let calls = 0

const server = createServer((request, response) => void answer(request, response))
server.once('error', ({ message }) => {
  console.error(`demo-api: ${message}`)
  process.exit(1)
})
server.listen(port, host, () => {
  console.log(`demo-api: answers at http://${host}:${port}, ${ANSWER_AFTER_MS} ms late. Ctrl-C stops it.`)
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => server.close().closeAllConnections())

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '/' } = request
  const path = URL.parse(url, 'http://127.0.0.1')?.pathname ?? '/'
  request.resume()
  if (method === 'GET' && path === '/calls') return give(response, 200, { calls })
  const changed = decoded(CHANGE.exec(path)?.[1])
  if (method === 'POST' && changed !== undefined) return give(response, 200, raise(changed))
  for (const { type, pattern } of RESOURCES) {
    const id = decoded(pattern.exec(path)?.[1])
    if (method === 'GET' && id !== undefined) return await giveResource(request, response, { type, id })
  }
  give(response, 404, { error: 'there is nothing here', path })
}

async function giveResource(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { type, id }: { type: string; id: string },
): Promise<void> {
  const call = ++calls
  const org = String(headers['org_id'] ?? 'nobody')
  console.log(`demo-api: call ${call}: ${type} ${id} for ${org}`)
  await pause(systemClock, ANSWER_AFTER_MS)
  const version = versions.get(id) ?? 1
  response.setHeader('etag', `"${version}"`)
  if (headers['if-none-match'] === `"${version}"`) response.writeHead(304).end()
  else give(response, 200, { type, id, org, version })
}

function raise(id: string): { id: string; version: number } {
  const version = (versions.get(id) ?? 1) + 1
  versions.set(id, version)
  return { id, version }
}

function give(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`)
}

/** `undefined` for what is not there or is no percent-encoded UTF-8. */
function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return undefined
  }
}
