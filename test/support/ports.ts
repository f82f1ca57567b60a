/** Ports that nobody listens on. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Below what systems give to outgoing connections, one of which could otherwise take a port meanwhile. */
const LOWEST = 20_000
const ABOVE = 32_000
const ATTEMPTS_MAX = 100

/** That many different ports: each was free a moment ago, all at the same time. */
export async function freePorts<Count extends number>(count: Count): Promise<Ports<Count>> {
  const held: Server[] = []
  const ports: number[] = []
  try {
    for (let attempt = 0; ports.length < count; attempt++) {
      if (attempt === ATTEMPTS_MAX) throw new Error(`no ${count} free ports found`)
      const port = randomInt(LOWEST, ABOVE)
      const server = await hold(port)
      if (server === undefined) continue
      held.push(server)
      ports.push(port)
    }
  } finally {
    await Promise.all(held.map((server) => once(server.close(), 'close')))
  }
  return ports as Ports<Count>
}

/** As many numbers as were asked for, so that each can be taken out by its name. */
type Ports<Count extends number, Found extends number[] = []> = Found['length'] extends Count
  ? Found
  : Ports<Count, [...Found, number]>

async function hold(port: number): Promise<Server | undefined> {
  const server = createServer()
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
    return server
  } catch {
    return undefined // It is taken: another one will do.
  }
}
