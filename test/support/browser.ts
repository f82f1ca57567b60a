/** A real browser, as the system has it, and sites for it to be led to: names that are this machine, as with DNS rebinding. */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { skipWithout, TOOL_PATH } from './tool.ts'

/** Debian has the first one, machines of CI often the other. */
const PROGRAM = TOOL_PATH.split(':')
  .flatMap((folder) => ['chromium', 'google-chrome'].map((name) => join(folder, name)))
  .find((path) => existsSync(path))

export interface PageFetch {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly mode?: 'cors' | 'no-cors'
}

/** What a call from a page came to, as the page is told of it. */
export interface Seen {
  /** The message of the error instead, where the page may not see the answer. */
  readonly error?: string
  readonly status?: number
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
}

export class Chromium implements AsyncDisposable {
  readonly #browser: Browser
  readonly #sites: Server

  /** Skips where there is none. */
  static need(context: Mocha.Context): void {
    if (PROGRAM === undefined) skipWithout(context, 'chromium')
  }

  /** Every name that ends in `.example` leads to this machine. */
  static async start(): Promise<Chromium> {
    const sites = createServer((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>A page</title>'),
    )
    await once(sites.listen(0, '127.0.0.1'), 'listening')
    const browser = await chromium.launch({
      ...(PROGRAM && { executablePath: PROGRAM }),
      args: ['--no-sandbox', '--host-resolver-rules=MAP *.example 127.0.0.1'],
      env: { ...process.env, PATH: TOOL_PATH },
    })
    return new Chromium(browser, sites)
  }

  private constructor(browser: Browser, sites: Server) {
    this.#browser = browser
    this.#sites = sites
  }

  /** Of a site of this name. */
  origin(name: string): string {
    return `http://${name}:${(this.#sites.address() as AddressInfo).port}`
  }

  /** With what it keeps for itself alone. */
  async open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await this.#browser.newPage(options)
    await page.goto(url)
    return page
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close()
    this.#sites.closeAllConnections()
    this.#sites.close()
    await once(this.#sites, 'close')
  }
}

/** Fetches as a script of the page does. */
export async function fetchFrom(page: Page, url: string, init: PageFetch = {}): Promise<Seen> {
  return await page.evaluate(
    async ([url, init]) => {
      try {
        const response = await fetch(url, init)
        const headers = Object.fromEntries(response.headers)
        return { status: response.status, text: await response.text(), headers }
      } catch (error) {
        return { error: String(error) }
      }
    },
    [url, init] as const,
  )
}
