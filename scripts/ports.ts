/**
 * Whether ports can be had, asked before anything is started: a process that already listens there would
 * otherwise answer for ours.
 */
import { once } from 'node:events'
import { createServer } from 'node:net'

/** @throws naming every port that is taken. */
export async function ensureFree(ports: readonly number[], host: string | undefined): Promise<void> {
  const problems = await Promise.all(ports.map((port) => problemWith(port, host || '127.0.0.1')))
  const found = problems.filter((problem) => problem !== undefined)
  if (found.length > 0) throw new Error(`${found.join('\n')}\nNothing was started.`)
}

async function problemWith(port: number, host: string): Promise<string | undefined> {
  const server = createServer()
  try {
    await once(server.listen(port, host), 'listening')
    await once(server.close(), 'close')
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'EADDRINUSE' ? `port ${port} is taken` : `port ${port} on ${host} cannot be had: ${code}`
  }
}
