/** What both services measure of themselves; the page at /metrics is the registry's text. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import packageJson from '../../package.json' with { type: 'json' }
import { tellGauge } from '../metrics.ts'
import { AnswerCounts } from './answer-counts.ts'
import type { Places } from './places.ts'

export interface HttpMetrics {
  readonly registry: Registry
  readonly answers: AnswerCounts
  /** Keys and secrets that were shown and are none. */
  readonly wrong: Counter<'of'>
  tellPlaces(places: Places): void
}

export function createHttpMetrics(): HttpMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  tellBuild(registry)
  return {
    registry,
    answers: new AnswerCounts(registry),
    wrong: new Counter({
      name: 'larder_wrong_credentials_total',
      help: 'Keys and secrets that were shown to this process and are not right.',
      labelNames: ['of'],
      registers: [registry],
    }),
    tellPlaces: (places) => tellPlaces(registry, places),
  }
}

function tellBuild(registry: Registry): void {
  new Gauge({
    name: 'larder_build_info',
    help: 'Always 1: which version this is, and on what it runs.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version: packageJson.version, node: process.version }, 1)
}

function tellPlaces(registry: Registry, places: Places): void {
  new Gauge({
    name: 'larder_connections',
    help: 'Connections that others have opened to this process.',
    labelNames: ['of'],
    registers: [registry],
    collect() {
      this.set({ of: 'clients' }, places.clients)
      this.set({ of: 'members' }, places.members)
    },
  })
  tellGauge(registry, {
    name: 'larder_connection_places',
    help: 'How many connections of clients there can be.',
    read: () => places.max,
  })
  new Counter({
    name: 'larder_connections_ended_total',
    help: 'Connections that had to go for want of places: closed when silent, refused with 503, or cut unheard.',
    labelNames: ['how'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [how, count] of Object.entries(places.counts)) this.inc({ how }, count)
    },
  })
}
