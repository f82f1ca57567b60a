/** Ports for the processes of a chaos run: each keeps its own through all its lives. */
import { ensureFree } from '../ports.ts'

/** Below what systems give to outgoing connections, which could otherwise take the port of a dead process. */
const LOWEST = 20_000
const ABOVE = 32_000
const ATTEMPTS_MAX = 200

/** That many different ports on which nobody listened a moment ago. By plain chance: the seed does not matter here. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  for (let attempt = 0; ports.size < count; attempt++) {
    if (attempt === ATTEMPTS_MAX) throw new Error(`no ${count} free ports found`)
    const port = LOWEST + Math.floor(Math.random() * (ABOVE - LOWEST))
    if (await isFree(port)) ports.add(port)
  }
  return [...ports]
}

async function isFree(port: number): Promise<boolean> {
  try {
    await ensureFree([port], undefined)
    return true
  } catch {
    return false // It is taken: another one will do.
  }
}
