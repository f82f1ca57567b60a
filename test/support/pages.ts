/** The documents, as what a test looks at: their examples, links, headings, and what they name. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

/** What is pasted into one shell, and what is seen there: a transcript. */
interface Example {
  readonly commands: readonly string[]
  /** Without what no terminal shows: line ends behind an answer. */
  readonly transcript: string
}

export class Page {
  readonly path: string
  readonly text: string
  /** The text without blocks of code. */
  readonly prose: string

  constructor(path: string) {
    this.path = path
    this.text = readFileSync(join(ROOT, path), 'utf8')
    this.prose = this.text.replaceAll(/^```.*?^```$/gms, '')
  }

  get titles(): string[] {
    return all(this.prose, /^# (.+)$/gm)
  }

  /** What the page answers, where it says so first of all. */
  get question(): string | undefined {
    return /^# .+\n\n\*\*(.+\?)\*\* /.exec(this.text)?.[1]
  }

  /** As they follow each other. */
  get examples(): Example[] {
    return all(this.text, /^```console\n(.*?)^```$/gms).map((block) => {
      const steps = block.split(/^\$ /m).slice(1)
      const commands = steps.map((step) => step.slice(0, step.indexOf('\n')))
      const outputs = steps.map((step) => step.slice(step.indexOf('\n') + 1))
      return { commands, transcript: transcriptOf(commands, outputs) }
    })
  }

  /** Where its links within the repository lead: to a file, and perhaps to a heading of it. */
  get links(): { readonly path: string; readonly anchor: string | undefined }[] {
    return all(this.prose, /\]\(([^)\s]+)\)/g)
      .filter((target) => !/^\w+:/.test(target))
      .map((target) => {
        const [path = '', anchor] = target.split('#')
        return { path: path === '' ? this.path : normalize(join(dirname(this.path), path)), anchor }
      })
  }

  /** The names that its headings have in links. */
  get anchors(): string[] {
    return all(this.prose, /^#+ (.+)$/gm).map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    )
  }

  /** All that the pattern's group finds in the text. */
  find(pattern: RegExp): string[] {
    return all(this.text, pattern)
  }
}

export const readme = new Page('README.md')
/** One page a question. */
export const docs = globSync('docs/*.md', { cwd: ROOT })
  .sort()
  .map((path) => new Page(path))
export const pages = [readme, ...docs, new Page('client/README.md'), new Page('CONTRIBUTING.md')]

export function transcriptOf(commands: readonly string[], outputs: readonly string[]): string {
  return commands
    .map((command, index) => `$ ${command}\n${outputs[index]?.trimEnd() ?? 'nothing was said'}`.trimEnd())
    .join('\n')
}

function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found = '']) => found)
}
