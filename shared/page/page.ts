/**
 * The page that one keeps open, of a node and of uplink: files for browsers as they lie here, read once. None of them holds any
 * data, so that everybody may have them; what the page shows it asks for, with a key where one is needed.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, join } from 'node:path'
import accepts from 'accepts'
import { z } from 'zod'
import { LarderError } from '../errors.ts'
import { andThen } from '../eventual.ts'
import { knownForm, knows } from '../http/entity-tags.ts'
import type { HttpRequest } from '../http/request.ts'
import { empty, type HttpResponse } from '../http/response.ts'
import type { Route } from '../http/route.ts'
import { rightsRoute } from './rights.ts'

export { Journal } from './journal.ts'
export { Showing } from './showing.ts'
export type { ClusterStatus } from './status.ts'
export { Statuses } from './statuses.ts'

interface PageFile {
  readonly headers: Readonly<Record<string, string>>
  readonly etag: string
  readonly body: string
}

const APP = join(import.meta.dirname, 'app')
const HTML = 'index.html'
const CHARTS = 'uPlot.iife.min.js'
const STYLE = 'style.css'
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}
/** Its own files, and calls of the process that it comes from. */
const SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** `front` is what those get at `/` who do not ask for HTML. */
export function pageRoutes(service: 'node' | 'uplink', front: Route): Route[] {
  const { resolve } = createRequire(import.meta.url)
  const names = readdirSync(APP).filter((name) => extname(name) in TYPES && name !== HTML)
  const texts = new Map(names.map((name) => [name, readFileSync(join(APP, name), 'utf8')]))
  const modules = names.filter((name) => name.endsWith('.js'))
  texts.set(CHARTS, readFileSync(resolve(`uplot/dist/${CHARTS}`), 'utf8'))
  texts.set(STYLE, readFileSync(resolve('uplot/dist/uPlot.min.css'), 'utf8') + texts.get(STYLE))
  const files = new Map([...texts].map(([name, text]) => [name, pageFile(name, text)]))
  return [frontRoute(front, pageFile(HTML, htmlOf(service, modules))), rightsRoute, fileRoute(files)]
}

/** Which of the two it is of, and all scripts at once, not each when another one asks for it. */
function htmlOf(service: string, modules: readonly string[]): string {
  const links = modules.map((name) => `<link rel="modulepreload" href="api/v1/page/${name}">`)
  return readFileSync(join(APP, HTML), 'utf8')
    .replace('data-service=""', `data-service="${service}"`)
    .replace('</head>', `${links.join('\n')}\n</head>`)
}

function pageFile(name: string, body: string): PageFile {
  const headers = {
    'content-type': TYPES[extname(name)] ?? '',
    // Asked for each time, and sent where it has changed: an upgrade shows at once.
    'cache-control': 'no-cache',
    'content-security-policy': SECURITY_POLICY,
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
  }
  return { headers, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`, body }
}

function frontRoute(front: Route, page: PageFile): Route {
  const wantsPage = ({ message }: HttpRequest) =>
    accepts(message).type(['application/json', 'text/html']) === 'text/html'
  const varying = (answer: HttpResponse): HttpResponse => ({
    ...answer,
    headers: { ...answer.headers, vary: 'accept' },
  })
  const content = { ...front.answers[200]?.content, 'text/html': z.string() }
  return {
    ...front,
    answers: { ...front.answers, 200: { description: 'Yes.', ...front.answers[200], content } },
    accessOf: (request) => (wantsPage(request) ? 'open' : front.access),
    handle: (request) =>
      wantsPage(request) ? varying(answerWith(page, request)) : andThen(front.handle(request), varying),
  }
}

function fileRoute(files: ReadonlyMap<string, PageFile>): Route {
  return {
    method: 'GET',
    path: '/api/v1/page/{name}',
    summary: 'What the page at / is made of.',
    access: 'open',
    isUnlisted: true,
    answers: { 200: { description: 'A script, or a style.' } },
    errors: ['NO_SUCH_PATH'],
    handle(request) {
      const name = request.captures[0] ?? ''
      const file = files.get(name)
      if (file === undefined) throw new LarderError('NO_SUCH_PATH', 'The page has no such file.')
      return answerWith(file, request)
    },
  }
}

function answerWith({ headers, etag, body }: PageFile, request: HttpRequest): HttpResponse {
  const known = request.header('if-none-match')
  const form = knownForm(etag, known)
  if (knows(known, form)) return empty(304, { ...headers, etag: form })
  return { status: 200, headers: { ...headers, etag }, body }
}
