/**
 * A slow API that the nodes cache: there is one with ROUTES_FILE=scripts/routes.json and npm run demo-api.
 *
 * It is shown, and not in the books: where it does not answer, the play goes on without.
 */
import { randomUUID } from 'node:crypto'
import type { Client, Request } from './client.ts'

export interface Timed {
  /** The node that was asked. */
  readonly through: string
  readonly tookMs: number
}

export class SlowApi {
  readonly #client: Client
  readonly #request: Request
  /** Which the API answered. */
  readonly first: Timed

  /** Asks for the first time. Nothing where the nodes know no such API. */
  static async find(client: Client): Promise<SlowApi | undefined> {
    const headers = { org_id: `kitchen ${randomUUID()}`, authorization: 'Bearer demo' }
    const request = { path: '/server/object(42)/header', headers }
    const first = await timed(client, request)
    return first && new SlowApi(client, request, first)
  }

  private constructor(client: Client, request: Request, first: Timed) {
    this.#client = client
    this.#request = request
    this.first = first
  }

  again(): Promise<Timed | undefined> {
    return timed(this.#client, this.#request)
  }
}

async function timed(client: Client, request: Request): Promise<Timed | undefined> {
  const node = client.nodes.next()
  const startedAtMs = performance.now()
  try {
    const { status } = await client.send(node, request)
    return status === 200 ? { through: node.name, tookMs: performance.now() - startedAtMs } : undefined
  } catch {
    return undefined // Whatever it is, requests that count notice it too.
  }
}
