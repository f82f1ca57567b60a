/** The page in a real browser, as a test looks at it: no error may come of it, and pictures of it are kept. */
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import type { Chromium } from '../support/browser.ts'

const PICTURES = join(import.meta.dirname, 'pictures')
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** What a browser says of an answer that is none of success: of a member that is away, or of a key that is none. */
const EXPECTED = /^Failed to load resource/

export class WatchedPage {
  readonly page: Page
  /** What is wrong with it: scripts that fail, and what its policy forbids. */
  readonly errors: string[]

  static async open(
    browser: Chromium,
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<WatchedPage> {
    const page = await browser.open('about:blank', { viewport: { width: 1280, height: 900 }, ...options })
    const shown = new WatchedPage(page)
    await page.goto(url)
    return shown
  }

  private constructor(page: Page) {
    const errors: string[] = []
    this.page = page
    this.errors = errors
    page.on('pageerror', (error) => errors.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED.test(message.text())) errors.push(message.text())
    })
  }

  text(selector: string): Promise<string> {
    return this.page.locator(selector).innerText()
  }

  /** Waits until it says so. */
  async says(selector: string, pattern: RegExp): Promise<void> {
    await this.page.locator(selector).filter({ hasText: pattern }).first().waitFor({ timeout: 20_000 })
  }

  async picture(name: string): Promise<void> {
    mkdirSync(PICTURES, { recursive: true })
    await this.page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true })
  }

  /** What axe finds that people would stumble over, each with where. */
  async findings(): Promise<string[]> {
    await this.page.evaluate(AXE)
    return await this.page.evaluate(async () => {
      const { violations } = await Reflect.get(globalThis, 'axe').run()
      return violations.map(
        ({ id, nodes }: { id: string; nodes: { html: string }[] }) =>
          `${id}: ${nodes.map(({ html }) => html).join(' ')}`,
      )
    })
  }
}
