/**
 * The tests that start no process and listen on no port, so that they all together take seconds: those from which no
 * chain of imports leads to what does either. While they run Node denies both, so that a wrong guess is noticed.
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
/** The mock of Redis brings a shell with it, though nobody uses that. */
const STARTS =
  /^import (?:\{[^}]*\b(?:createServer|fork|spawn\w*|exec\w*)\b[^}]*\} from 'node:|.* 'ioredis-mock'$)/m
/** Of our own files, where types alone do not count: nothing of them is left to run. */
const IMPORTED = /^import (?!type )[^']*'(\.[^']+\.ts)'|\bimport\('(\.[^']+\.ts)'\)/gm

/** Texts by path, from the top of the repository on. */
type Sources = ReadonlyMap<string, string>

export function readSources(): Sources {
  const paths = globSync('{shared,uplink,node,scripts,test}/**/*.ts', { cwd: ROOT }).sort()
  return new Map(paths.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]))
}

export function fastTests(sources: Sources): string[] {
  const startsNothing = (path: string) => !STARTS.test(sources.get(path) ?? '')
  const tests = [...sources.keys()].filter((path) => path.endsWith('.test.ts'))
  return tests.filter((path) => [...reachOf(path, sources)].every(startsNothing))
}

/** The file itself, and all that is loaded with it. */
function reachOf(path: string, sources: Sources): ReadonlySet<string> {
  const reached = new Set([path])
  for (const each of reached) // What is added meanwhile comes later.
    for (const [, target, late = target] of (sources.get(each) ?? '').matchAll(IMPORTED))
      reached.add(join(dirname(each), late ?? ''))
  return reached
}
