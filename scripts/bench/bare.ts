/**
 * The yardstick: what Node's HTTP server alone costs for the same answers.
 *
 *     GET  /api?key=         what was posted
 *     POST /api              parses the body and keeps the data in a Map
 *     POST /api/v1/batch     parses the body and looks every key up
 *     GET  .../sized/{bytes} JSON of this length; also for the cache that is measured beside it
 *     GET  /metrics          the CPU time and memory of this process
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { integerOf } from '../../shared/placement.ts'

/** Who the answers say that owns the keys. */
const node = process.env['NODE_ID'] ?? ''
const values = new Map<string, unknown>()
/** By path, put together once, so that it is no part of the yardstick; the same with ids. */
const answers = new Map<string, string>()
const ids = new Map<string, string>()

const server = createServer((request, response) => {
  const { method, url = '' } = request
  if (method === 'POST') return readWhole(request, (body) => give(response, answerTo(url, body)))
  if (url === '/metrics') return response.end(metrics())
  give(response, answers.get(url) ?? sized(url))
})
server.listen(Number(process.env['PORT']), '127.0.0.1', () => process.send?.('listening'))
process.on('disconnect', () => process.exit())

function answerTo(url: string, body: string): string {
  if (url !== '/api') return JSON.stringify({ results: JSON.parse(body).ops.map(lookUp) })
  const { key, data } = JSON.parse(body)
  const answer = JSON.stringify({ key, id: idOf(key), node, data })
  if (!values.has(key)) answers.set(`/api?key=${key}`, answer)
  values.set(key, data)
  return answer
}

function lookUp({ key }: { key: string }): object {
  return { status: 200, key, id: idOf(key), node, data: values.get(key), etag: TAG }
}

/** As long as that of a node, which is of the write. */
const TAG = '"1838893484163074-bareBareBareBareBare"'

function give(response: ServerResponse, body: string): void {
  const head = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  }
  response.writeHead(200, head).end(body)
}

function readWhole(request: IncomingMessage, then: (body: string) => void): void {
  let body = ''
  request.setEncoding('utf8').on('data', (text: string) => {
    body += text
  })
  request.on('end', () => then(body))
}

function idOf(key: string): string {
  const known = ids.get(key)
  if (known !== undefined) return known
  const id = `${integerOf(key)}`
  ids.set(key, id)
  return id
}

function sized(path: string): string {
  const frame = JSON.stringify({ text: '' })
  const text = 'x'.repeat(Number(path.split('/').at(-1)) - frame.length)
  const answer = JSON.stringify({ text })
  answers.set(path, answer)
  return answer
}

function metrics(): string {
  const { user, system } = process.cpuUsage()
  return `process_cpu_seconds_total ${(user + system) / 1e6}\nprocess_resident_memory_bytes ${process.memoryUsage.rss()}\n`
}
