/** What both services measure of themselves; the page at /metrics is the registry's text. */
import { collectDefaultMetrics, Registry } from 'prom-client'
import { AnswerCounts } from './answer-counts.ts'

export interface HttpMetrics {
  readonly registry: Registry
  readonly answers: AnswerCounts
}

export function createHttpMetrics(): HttpMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return { registry, answers: new AnswerCounts(registry) }
}
