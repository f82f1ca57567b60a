/**
 * Which cores servers and load generator run on, so that they do not take each other's time.
 *
 * It needs Linux and taskset (util-linux), and at least two cores; otherwise nothing is bound to any.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Cores {
  /** What is measured is here. */
  readonly server: number
  /** Where the second half of a larger cluster is. */
  readonly second: number
  /** One that is neither of these where there is one, otherwise `second`. */
  readonly generator: number
}

/** @returns nothing where processes cannot be bound, or need not be. */
export function findCores(): Cores | undefined {
  if (spawnSync('taskset', ['--version']).error !== undefined) return undefined
  const [server, second, third] = allowedCores()
  if (server === undefined || second === undefined) return undefined
  return { server, second, generator: third ?? second }
}

function allowedCores(): number[] {
  try {
    const status = readFileSync('/proc/self/status', 'utf8')
    return coresIn(/^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? '')
  } catch {
    return [] // No Linux.
  }
}

/** The numbers in a list like `0-3,8`. */
export function coresIn(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? []
    if (first === undefined) return []
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index)
  })
}

/** The command that runs Node on this core, or on any. */
export const nodeOn = (core: number | undefined) => commandOn(core, process.execPath)

/** The same of another program. */
export function commandOn(core: number | undefined, program: string): [command: string, ...args: string[]] {
  return core === undefined ? [program] : ['taskset', '-c', `${core}`, program]
}
