/** The scripts that the engine runs, a file a kind: what each takes and answers stands on top of it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Script {
  readonly name: string
  readonly lua: string
  /** Absent where a call says it. */
  readonly numberOfKeys?: number
}

function script(name: string, numberOfKeys?: number, ...before: readonly string[]): Script {
  const texts = [...before, name].map((file) =>
    readFileSync(join(import.meta.dirname, `${file}.lua`), 'utf8'),
  )
  return { name: `larder_${name}`, lua: texts.join('\n'), ...(numberOfKeys && { numberOfKeys }) }
}

export const SCRIPTS = {
  value: script('value', 3, 'keys'),
  counter: script('counter', 4, 'keys'),
  limit: script('limit', 1),
  reactions: script('reactions', 6),
  listing: script('listing'),
  activity: script('activity'),
  response: script('response', 5),
  purge: script('purge'),
} as const
