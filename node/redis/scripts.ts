/**
 * The scripts that the engine runs, a file a kind: what each takes and answers stands on top of it. A file is the body of a
 * function of KEYS and ARGV, so that others can be about several of them: it answers, or, where anything is to be changed, gives
 * a function that does that and answers.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a script takes. */
export type Argument = string | number | Uint8Array

export interface Script {
  readonly name: string
  readonly lua: string
  /** Absent where a call says it. */
  readonly numberOfKeys?: number
}

/** Those that are about one thing, by how many keys they have. */
const KEYS = { read: 1, value: 3, counter: 4, limit: 1, reactions: 7, response: 5, sole: 11 } as const

/** What is about one thing, and goes with others of its turn (`many.lua`). */
export type SingleName = keyof typeof KEYS
export const isSingle = (name: string): name is SingleName => name in KEYS
export const keyCountOf = (name: SingleName): number => KEYS[name]

function read(name: string): string {
  return readFileSync(join(import.meta.dirname, `${name}.lua`), 'utf8')
}

function body(name: string, ...before: readonly string[]): string {
  return `local function ${name}(KEYS, ARGV)\n${[...before, name].map(read).join('\n')}end\n`
}

/** In an order in which each is behind those that it is about. */
const SINGLES: Readonly<Record<SingleName, string>> = {
  read: body('read'),
  value: body('value', 'keys'),
  counter: body('counter', 'keys'),
  limit: body('limit'),
  reactions: body('reactions'),
  response: body('response'),
  sole: body('sole'),
}

const SOLE = ['value', 'counter', 'reactions'] as const

/** `uses` are those that it is about. */
function script(
  name: string,
  own: string,
  { keys, uses = [] }: { readonly keys?: number; readonly uses?: readonly SingleName[] } = {},
): Script {
  const carriedOut = `local answer = ${name}(KEYS, ARGV)\nif type(answer) == 'function' then answer = answer() end\nreturn noted(answer)\n`
  const lua = [read('notes'), read('conditions'), ...uses.map((one) => SINGLES[one]), own, carriedOut].join(
    '',
  )
  return { name: `larder_${name}`, lua, ...(keys !== undefined && { numberOfKeys: keys }) }
}

const single = (name: SingleName, uses: readonly SingleName[] = []) =>
  script(name, SINGLES[name], { keys: KEYS[name], uses })
const several = (name: string, uses: readonly SingleName[] = []) => script(name, body(name), { uses })

function many(): Script {
  const names = Object.keys(KEYS).filter(isSingle)
  const rows = names.map((name) => `${name} = { keys = ${KEYS[name]}, body = ${name} }`)
  const table = `local SCRIPTS = { ${rows.join(', ')} }\n`
  return script('many', `${table}${body('many')}`, { uses: names })
}

export const SCRIPTS = {
  read: single('read'),
  value: single('value'),
  counter: single('counter'),
  limit: single('limit'),
  reactions: single('reactions'),
  response: single('response'),
  sole: single('sole', SOLE),
  together: several('together', [...SOLE, 'sole']),
  listing: several('listing'),
  activity: several('activity'),
  purge: several('purge'),
  contents: several('contents'),
  many: many(),
} as const
/** What those run who watch, at a primary itself. */
export const OF_PRIMARY = {
  changes: { ...several('changes'), lua: read('changes'), numberOfKeys: 1 },
  ended: { ...several('ended'), numberOfKeys: 0 },
  empty: { ...several('empty'), numberOfKeys: 0 },
} as const

export type ScriptName = Exclude<keyof typeof SCRIPTS, 'many'>
