/** A file of settings in JSON, read strictly: everything that is wrong with it is told, each with its line. */
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import type { ZodType, z } from 'zod'
import { sayMisfit } from './misfit.ts'

/** What is wrong, and where it stands. */
export type FileProblem = readonly [at: readonly (string | number)[], what: string]

/** `problemsOf` looks at what fits the schema. */
export function parseFile<T extends ZodType>(
  marked: string,
  schema: T,
  problemsOf: (file: z.infer<T>) => readonly FileProblem[],
): { file: z.infer<T> } | { problems: string[] } {
  // Some editors put a byte order mark before all else (RFC 8259, section 8.1).
  const text = marked.replace(/^\ufeff/, '')
  const errors: ParseError[] = []
  const tree = parseTree(text, errors, { disallowComments: true })
  const [error] = errors
  if (tree === undefined || error !== undefined) {
    const what = error ? printParseErrorCode(error.error) : 'it is empty'
    return { problems: [`line ${lineOf(text, error?.offset ?? 0)}: not JSON (${what})`] }
  }
  const doubled = doubledIn(tree).map(
    (name) => `line ${lineOf(text, name.offset)}: ${name.value}: it stands there twice`,
  )
  if (doubled.length > 0) return { problems: doubled }
  const parsed = schema.safeParse(JSON.parse(text), { error: sayMisfit })
  const problems = parsed.success ? problemsOf(parsed.data) : parsed.error.issues.flatMap(placesOf)
  if (parsed.success && problems.length === 0) return { file: parsed.data }
  const told = problems.map(
    ([at, what]) => `line ${lineOf(text, offsetOf(tree, at))}: ${at.join('.')}: ${what}`,
  )
  return { problems: told }
}

/** The names of fields that their objects have already: of two, only the last would count. */
function doubledIn({ type, children = [] }: Node): Node[] {
  const names = type === 'object' ? children.flatMap(({ children = [] }) => children.slice(0, 1)) : []
  const known = new Set<unknown>()
  const doubled = names.filter(({ value }) => known.size === known.add(value).size)
  return [...doubled, ...children.flatMap(doubledIn)]
}

/** A field that nobody knows is a problem of its own, where it stands. */
function placesOf(issue: z.core.$ZodIssue): FileProblem[] {
  const at = issue.path.map(asKey)
  if (issue.code !== 'unrecognized_keys') return [[at, issue.message]]
  return issue.keys.map((name) => [[...at, name], 'there is no such field'])
}

function asKey(part: PropertyKey): string | number {
  return typeof part === 'number' ? part : String(part)
}

/** Of the value at this place, or of what is nearest around it. */
function offsetOf(tree: Node, at: readonly (string | number)[]): number {
  for (let depth = at.length; depth > 0; depth--) {
    const node = findNodeAtLocation(tree, at.slice(0, depth))
    if (node !== undefined) return node.offset
  }
  return tree.offset
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
