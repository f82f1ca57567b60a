/** The examples of clients that people copy, in every language that is here: what they print is what the page says. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { Cluster } from '../support/cluster.ts'
import { ROOT } from '../support/process.ts'
import { needTool, TOOL_PATH } from '../support/tool.ts'

const IDS = ['4000', '4001', '4002', '4003']
const LANGUAGES = {
  js: { file: 'example.mjs', command: [process.execPath] },
  python: { file: 'example.py', command: ['python3'] },
  go: { file: 'example.go', command: ['go', 'run'] },
} as const
type Language = keyof typeof LANGUAGES

describe('client: examples', function () {
  this.timeout(180_000)
  let cluster: Cluster
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'larder-examples-'))
    cluster = await Cluster.start({ ids: IDS })
  })
  after(async () => {
    await cluster?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  /** Where what it names is here. */
  const real = (code: string) =>
    code
      .replaceAll(/127\.0\.0\.1:(400[0-3])/g, (_, id) => new URL(cluster.url(id)).host)
      .replaceAll(/(?<=from ')larder-client(?=')/g, join(ROOT, 'client', 'larder.ts'))

  for (const [page, languages] of [
    ['client/README.md', ['js']],
    ['docs/clients.md', ['js', 'python', 'go']],
  ] as const) {
    for (const language of languages) {
      it(`${page}: ${language}`, async function () {
        if (language !== 'js') needTool(this, language === 'python' ? 'python3' : 'go')
        const text = await readFile(join(ROOT, page), 'utf8')
        const blocks = [...text.matchAll(patternOf(language))]
        expect(blocks).length(1)
        const [, code = '', printed] = blocks[0] ?? []
        const { file, command } = LANGUAGES[language]
        await writeFile(join(folder, file), real(code))
        const [program, ...args] = command
        const env = { ...process.env, PATH: TOOL_PATH, GOFLAGS: '-mod=mod' }
        const { stdout } = await promisify(execFile)(program, [...args, file], { cwd: folder, env })
        expect(stdout).equal(printed)
      })
    }
  }
})

/** What is to be run, and what it prints. */
function patternOf(language: Language): RegExp {
  return new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`\\n\\n\`\`\`text\\n(.*?)^\`\`\``, 'gms')
}
