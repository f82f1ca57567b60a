/**
 * The scripts that the engine runs, a file a kind: what each takes and answers stands on top of it. A file is the body of a
 * function of KEYS and ARGV, so that others can be about several of them: it answers, or, where anything is to be changed, gives
 * a function that does that and answers.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Script {
  readonly name: string
  readonly lua: string
  /** Absent where a call says it. */
  readonly numberOfKeys?: number
}

function read(name: string): string {
  return readFileSync(join(import.meta.dirname, `${name}.lua`), 'utf8')
}

function body(name: string, ...before: readonly string[]): string {
  return `local function ${name}(KEYS, ARGV)\n${[...before, name].map(read).join('\n')}end\n`
}

const BODIES = {
  value: body('value', 'keys'),
  counter: body('counter', 'keys'),
  limit: body('limit'),
  reactions: body('reactions'),
  listing: body('listing'),
  activity: body('activity'),
  response: body('response'),
  purge: body('purge'),
  sole: body('sole'),
  together: body('together'),
} as const

type Name = keyof typeof BODIES

/** `uses` are those that it is about, each behind what it uses itself. */
function script(
  name: Name,
  { keys, uses = [] }: { readonly keys?: number; readonly uses?: readonly Name[] } = {},
): Script {
  const carriedOut = `local answer = ${name}(KEYS, ARGV)\nif type(answer) == 'function' then return answer() end\nreturn answer\n`
  const lua = [read('conditions'), ...[...uses, name].map((one) => BODIES[one]), carriedOut].join('')
  return { name: `larder_${name}`, lua, ...(keys && { numberOfKeys: keys }) }
}

const SOLE_USES = ['value', 'counter', 'reactions'] as const

export const SCRIPTS = {
  value: script('value', { keys: 3 }),
  counter: script('counter', { keys: 4 }),
  limit: script('limit', { keys: 1 }),
  reactions: script('reactions', { keys: 7 }),
  listing: script('listing'),
  activity: script('activity'),
  response: script('response', { keys: 5 }),
  purge: script('purge'),
  sole: script('sole', { keys: 11, uses: SOLE_USES }),
  together: script('together', { uses: [...SOLE_USES, 'sole'] }),
} as const satisfies Record<Name, Script>
