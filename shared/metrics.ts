/** What both services measure of themselves; the page at /metrics is the registry's text. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { AnswerCounts } from './http/answer-counts.ts'

export interface HttpMetrics {
  readonly registry: Registry
  readonly answers: AnswerCounts
}

export function createHttpMetrics(): HttpMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return { registry, answers: new AnswerCounts(registry) }
}

/** What is told of a number that others keep: its name, its meaning, and where to read it when somebody asks. */
export interface Told {
  readonly name: string
  readonly help: string
  read(): number
}

export function tellGauge(registry: Registry, { name, help, read }: Told): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read())
    },
  })
}

/** Of a number that only grows. */
export function tellCounter(registry: Registry, { name, help, read }: Told): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset()
      this.inc(read())
    },
  })
}
