/** Both ways in which commands of Redis come: by a port of their own, where one is asked for, and over HTTP. */
import type { Route } from '../../shared/http/route.ts'
import { type DoorOptions, factsOf, RedisDoor, type Seats } from './door.ts'
import { createExecution } from './execution.ts'
import { redisRoutes } from './rest.ts'

export interface DoorsOptions extends Omit<DoorOptions, 'port' | 'seats'> {
  /** 0 lets the system choose; none without. */
  readonly respPort: number | undefined
}

export class RedisDoors {
  readonly routes: readonly Route[]
  readonly #options: DoorsOptions
  #door: RedisDoor | undefined

  constructor(options: DoorsOptions) {
    this.#options = options
    // Whoever comes by HTTP has shown his key there.
    const execution = createExecution({ ...options, server: factsOf(options), admit: () => false })
    this.routes = redisRoutes({ ...options, execution })
  }

  get port(): number | undefined {
    return this.#door?.port
  }

  /** @throws when the port cannot be had. */
  async listen(seats: Seats): Promise<void> {
    const { respPort: port } = this.#options
    if (port !== undefined) this.#door = await RedisDoor.listen({ ...this.#options, port, seats })
  }

  /** Takes nobody any more, answers what is under way, and closes. */
  async close(): Promise<void> {
    await this.#door?.close()
  }
}
