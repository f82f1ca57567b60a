/** The style of the code, executed: what reads well today must not decay unseen. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect } from 'chai'

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

/**
 * Of every room: its face, the one file that others import, and which others it may look into. Where there is no face, all of
 * it is spoken by everybody. Into itself, and into `shared`, a room may always look; what stands beside the rooms, as
 * the engine does, looks into no more, and so speaks no protocol.
 */
interface Room {
  readonly face?: string
  readonly sees: readonly string[]
}

const ROOMS: Readonly<Record<string, Room>> = {
  shared: { sees: [] },
  'shared/http': { sees: [] },
  client: { face: 'larder.ts', sees: [] },
  'client/adapters': { sees: ['client'] },
  uplink: { face: 'uplink.ts', sees: ['shared/http'] },
  'node/entries': { sees: [] },
  'node/memory': { face: 'memory.ts', sees: ['node/entries', 'node/memory/packed'] },
  'node/memory/packed': { face: 'values.ts', sees: ['node/entries'] },
  'node/shard': { face: 'shards.ts', sees: ['node/entries', 'node/memory', 'node/engine.ts'] },
  'node/feed': {
    face: 'feed.ts',
    sees: ['node/entries', 'node/memory', 'node/cluster/members', 'node/watching.ts'],
  },
  'node/storage': { face: 'storage.ts', sees: ['node/entries'] },
  'node/cluster/wire': { face: 'calls.ts', sees: ['node/entries'] },
  'node/cluster/peers': {
    face: 'peers.ts',
    sees: ['shared/http', 'node/entries', 'node/engine.ts', 'node/cluster/wire', 'node/cluster/metrics.ts'],
  },
  'node/cluster/members': {
    face: 'members.ts',
    sees: ['node/entries', 'node/cluster/wire', 'node/cluster/peers', 'node/cluster/metrics.ts'],
  },
  'node/cluster/slots': {
    face: 'slots.ts',
    sees: [
      'node/entries',
      'node/engine.ts',
      'node/cluster/wire',
      'node/cluster/peers',
      'node/cluster/members',
      'node/cluster/metrics.ts',
    ],
  },
  'node/cluster': {
    face: 'cluster-backend.ts',
    sees: [
      'shared/http',
      'node/entries',
      'node/backend.ts',
      'node/engine.ts',
      'node/watching.ts',
      'node/cluster/wire',
      'node/cluster/peers',
      'node/cluster/members',
      'node/cluster/slots',
    ],
  },
  'node/redis': {
    face: 'redis-backend.ts',
    sees: ['shared/http', 'node/entries', 'node/backend.ts', 'node/engine.ts', 'node/engine-settings.ts'],
  },
  'node/sources/kafka': { face: 'kafka.ts', sees: ['node/kafka-settings.ts'] },
  'node/sources': {
    face: 'sources.ts',
    sees: [
      'node/engine.ts',
      'node/entries',
      'node/route-table.ts',
      'node/kafka-settings.ts',
      'node/sources/kafka',
    ],
  },
  'node/resp': { face: 'doors.ts', sees: ['shared/http', 'node/dispatch.ts'] },
  'node/http': {
    face: 'routes.ts',
    sees: ['shared/http', 'node/dispatch.ts', 'node/watching.ts', 'node/route-table.ts'],
  },
}
/** Where the parts of all rooms are created and joined. */
const JOINTS: readonly string[] = ['node/node.ts', 'node/member.ts', 'node/main.ts']
/** What stands beside the rooms, and sees more than `shared`. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  'node/config.ts': [
    'node/engine-settings.ts',
    'node/route-file.ts',
    'node/route-table.ts',
    'node/kafka-settings.ts',
  ],
  'node/route-file.ts': ['node/route-table.ts'],
  'node/backend.ts': ['shared/http', 'node/engine.ts', 'node/watching.ts'],
  'node/dispatch.ts': ['node/engine.ts', 'node/permission.ts'],
  'node/reads.ts': ['node/dispatch.ts'],
}

function mayImport(from: string, target: string): boolean {
  const [room, other] = [dirname(from), dirname(target)]
  if (JOINTS.includes(from)) return target.startsWith('node/') || target.startsWith('shared/')
  if (room === other && room in ROOMS) return true
  const seen = ['shared', ...(BESIDE[from] ?? ROOMS[room]?.sees ?? [])]
  if (seen.includes(target)) return true
  const face = ROOMS[other]?.face
  return seen.includes(other) && (face === undefined || target === `${other}/${face}`)
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
