/** The style of the code, executed: what reads well today must not decay unseen. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect } from 'chai'
import { mayImport } from './support/rooms.ts'

const ROOT = join(import.meta.dirname, '..')
const FILE_LINES_MAX = 250
const FUNCTION_LINES_MAX = 50

interface Source {
  readonly path: string
  readonly text: string
  readonly lines: readonly string[]
  /** Paths of our own files that it imports. */
  readonly imports: readonly string[]
}

function read(path: string): Source {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const imports = [...text.matchAll(/(?:from |import |import\()'(\.[^']+\.ts)'/g)].map(([, target = '']) =>
    relative(ROOT, join(ROOT, dirname(path), target)),
  )
  return { path, text, lines: text.split('\n'), imports }
}

const all = globSync('{shared,uplink,node,client,scripts,test}/**/*.ts', {
  cwd: ROOT,
  exclude: (path) => /(?:^|\/)(?:node_modules|dist)$/.test(path),
})
  .sort()
  .map(read)
const product = all.filter(({ path }) => /^(shared|uplink|node|client(?!\/test))\//.test(path))
/** What runs elsewhere has no edges: it is handed no clock. */
const servers = product.filter(({ path }) => !path.startsWith('client/'))

function offenders(sources: readonly Source[], pattern: RegExp, allowed: readonly string[] = []): string[] {
  return sources
    .filter(({ path }) => !allowed.includes(path))
    .flatMap(({ path, lines }) =>
      lines.flatMap((line, index) => (pattern.test(line) ? `${path}:${index + 1}` : [])),
    )
}

/** A function ends at the brace of its own indentation: the code is formatted. */
function longFunctions({ path, lines }: Source): string[] {
  const starts =
    /^( *)(?:export )?(?:(?:static |override )?(?:async )?(?:function\*? )?[#\w[\].]+(?:<.*>)?\(.*\).*|const \w+ = .*=>) \{$/
  return lines.flatMap((line, start) => {
    const indent = starts.exec(line)?.[1]
    if (indent === undefined || /^ *(?:if|for|while|switch|describe|it)\b/.test(line)) return []
    const end = lines.findIndex((other, index) => index > start && other.startsWith(`${indent}}`))
    return end - start > FUNCTION_LINES_MAX ? `${path}:${start + 1} (${end - start} lines)` : []
  })
}

describe('the source', () => {
  it('keeps its files and functions short', () => {
    expect(all.filter(({ lines }) => lines.length > FILE_LINES_MAX).map(({ path }) => path)).to.deep.equal([])
    expect(product.flatMap(longFunctions)).to.deep.equal([])
  })

  it('says on top of every file what it is for', () => {
    expect(product.filter(({ text }) => !text.startsWith('/**')).map(({ path }) => path)).to.deep.equal([])
  })

  it('imports in one direction only', () => {
    const wrong = product.flatMap(({ path, imports }) =>
      imports.filter((target) => !mayImport(path, target)).map((target) => `${path} imports ${target}`),
    )
    expect(wrong).to.deep.equal([])
  })

  it('has no circle of imports', () => {
    const importsOf = new Map(product.map(({ path, imports }) => [path, imports]))
    const done = new Set<string>()
    const circles: string[] = []
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) circles.push([...trail, path].join(' > '))
      if (done.has(path) || trail.includes(path)) return
      for (const target of importsOf.get(path) ?? []) visit(target, [...trail, path])
      done.add(path)
    }
    for (const { path } of product) visit(path, [])
    expect(circles).to.deep.equal([])
  })

  it('reads the environment and the time at its edges alone', () => {
    const edges = ['shared/clock.ts', 'shared/run.ts']
    expect(
      offenders(servers, /process\.env|process\.exit/, [...edges, 'node/main.ts', 'uplink/main.ts']),
    ).to.deep.equal([])
    expect(
      offenders(servers, /Date\.now|(?<!\.)\bset(?:Timeout|Interval)\(|Math\.random/, edges),
    ).to.deep.equal([])
    expect(offenders(all, /\.unref\(/)).to.deep.equal([])
  })

  it('says in one way what is there now or comes later', () => {
    const dialects = /instanceof Promise\b|\| Promise<|\): Promise<.*> \| undefined/
    expect(offenders(servers, dialects, ['shared/eventual.ts'])).to.deep.equal([])
  })

  it('keeps entries, placement and the registry pure', () => {
    const pure = product.filter(({ path }) =>
      /^node\/entries\/|placement\.ts$|uplink\/registry\.ts$|recency|expiry\.ts$/.test(path),
    )
    expect(pure.length).to.be.above(6)
    expect(offenders(pure, /\bawait\b|\basync\b|from 'node:(?!buffer)/)).to.deep.equal([])
  })

  it('has no junk drawers, no inflated titles and no way around the types', () => {
    expect(
      all.filter(({ path }) => /util|helper|common|misc/i.test(path)).map(({ path }) => path),
    ).to.deep.equal([])
    expect(
      offenders(
        product,
        /class \w*(?:Manager|Service|Helper|Processor|Provider|Factory|Impl)\b(?<!HttpService)/,
      ),
    ).to.deep.equal([])
    const self = ['test/tidy.test.ts']
    expect(
      offenders(all, /^(?! *\/?\*).*: any\b|<any>|as any\b|@ts-|biome-ignore|as unknown as|\benum \w/, self),
    ).to.deep.equal([])
  })

  it('exports no value that nobody imports', () => {
    const dead = product.flatMap(({ path, text }) =>
      [...text.matchAll(/^export (?:async |abstract )?(?:const|function\*?|class) (\w+)/gm)]
        .map(([, name = '']) => name)
        .filter(
          (name) => !all.some((other) => other.path !== path && new RegExp(`\\b${name}\\b`).test(other.text)),
        )
        .map((name) => `${path}: ${name}`),
    )
    expect(dead).to.deep.equal([])
  })

  it('leaves no test out and lets none sleep', () => {
    const tests = all.filter(({ path }) => path.startsWith('test/') && path !== 'test/tidy.test.ts')
    expect(offenders(tests, /\.only\(|\bsleep\(|\bxit\(|\.retries\(/)).to.deep.equal([])
  })

  it('has no hooks outside of a describe block: they would run for every test of all files', () => {
    const tests = all.filter(({ path }) => path.startsWith('test/'))
    expect(offenders(tests, /^(?:before|after)(?:Each)?\(/)).to.deep.equal([])
  })
})
