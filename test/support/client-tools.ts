/** What makes clients of /openapi.json, where `scripts/client-tools.sh` has brought it. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const ROOT = join(import.meta.dirname, '..', '..')
const TOOLS = join(ROOT, 'node_modules', '.cache', 'client-tools')
const PYTHON_BIN = join(TOOLS, 'venv', 'bin')
const MAKERS = {
  typescript: join(TOOLS, 'node_modules', '.bin', 'openapi-typescript'),
  python: join(PYTHON_BIN, 'openapi-python-client'),
} as const

/** Skips what needs it where it is not there. In CI that fails instead. */
export function needMaker(context: Mocha.Context, language: keyof typeof MAKERS): void {
  if (existsSync(MAKERS[language])) return
  const missing = 'run ./scripts/client-tools.sh to make clients'
  if (process.env['CI']) throw new Error(missing)
  process.stderr.write(`skipped, ${missing}: ${context.test?.parent?.fullTitle()}\n`)
  context.skip()
}

/** A folder in which what is written finds what the tools have brought; and what is run in it. */
export class Workshop implements AsyncDisposable {
  readonly folder: string

  static async open(): Promise<Workshop> {
    const folder = await mkdtemp(join(tmpdir(), 'larder-clients-'))
    await symlink(join(TOOLS, 'node_modules'), join(folder, 'node_modules'))
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
    return new Workshop(folder)
  }

  private constructor(folder: string) {
    this.folder = folder
  }

  /** What makes a client in this language. */
  make(language: keyof typeof MAKERS, ...args: readonly string[]): Promise<string> {
    return this.run(MAKERS[language], ...args)
  }

  /** What it prints. @throws with what it prints where it fails. */
  async run(program: string, ...args: readonly string[]): Promise<string> {
    const env = { ...process.env, PATH: `${PYTHON_BIN}:${process.env['PATH']}`, PYTHONDONTWRITEBYTECODE: '1' }
    try {
      const { stdout, stderr } = await promisify(execFile)(program, args, { cwd: this.folder, env })
      return stdout + stderr
    } catch (cause) {
      const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string }
      throw new Error(`${program} ${args.join(' ')}:\n${stdout}${stderr}`, { cause })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true })
  }
}
