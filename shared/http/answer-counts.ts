/**
 * How many answers there were, and how long they took, by route.
 *
 * Every request is counted here, and prom-client, which looks up labels at every call, is told of it only when
 * somebody reads /metrics.
 */
import { Counter, type Registry } from 'prom-client'
import { registerTimings, Timing } from '../timings.ts'

class RouteCounts {
  /** By method and status. */
  readonly answers = new Map<string, Map<number, number>>()
  readonly timing = new Timing()
}

export class AnswerCounts {
  readonly #routes = new Map<string, RouteCounts>()
  #total = 0

  constructor(registry: Registry) {
    const routes = this.#routes
    new Counter({
      name: 'larder_http_requests_total',
      help: 'Answers given, by route and status.',
      labelNames: ['method', 'route', 'status'],
      registers: [registry],
      collect() {
        this.reset()
        for (const [route, { answers }] of routes)
          for (const [method, statuses] of answers)
            for (const [status, count] of statuses) this.inc({ method, route, status }, count)
      },
    })
    registerTimings(registry, {
      name: 'larder_http_request_seconds',
      help: 'From the headers of a request to the end of its answer.',
      label: 'route',
      all: () => [...routes].map(([route, { timing }]) => [route, timing] as const),
    })
  }

  /** How many answers there were. */
  get total(): number {
    return this.#total
  }

  count(route: string, method: string, status: number, seconds: number): void {
    const counts = this.#routeOf(route)
    const statuses = counts.answers.get(method) ?? new Map<number, number>()
    const before = statuses.get(status)
    statuses.set(status, (before ?? 0) + 1)
    if (before === undefined) counts.answers.set(method, statuses)
    counts.timing.add(seconds)
    this.#total++
  }

  #routeOf(route: string): RouteCounts {
    const known = this.#routes.get(route)
    if (known !== undefined) return known
    const counts = new RouteCounts()
    this.#routes.set(route, counts)
    return counts
  }
}
