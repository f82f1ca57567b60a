/** A KEYS_FILE for a test: each key is named after what it is for, and is long enough to be one. */
import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface KeyRow {
  readonly can: readonly string[]
  readonly prefix?: string
  readonly org_id?: string
}

export class KeysFile implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'larder-keys-'))
  readonly path = join(this.#folder, 'keys.json')

  constructor(rows: Readonly<Record<string, KeyRow>>) {
    this.write(rows)
  }

  write(rows: Readonly<Record<string, KeyRow>>): void {
    const keys = Object.entries(rows).map(([name, row]) => ({
      name,
      sha256: hash('sha256', keyOf(name)),
      ...row,
    }))
    this.writeText(JSON.stringify({ keys }))
  }

  writeText(text: string): void {
    writeFileSync(this.path, text)
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true })
  }
}

export function keyOf(name: string): string {
  return `the-key-of-${name}`
}

export function withKey(name: string): Record<string, string> {
  return { 'api-key': keyOf(name) }
}
