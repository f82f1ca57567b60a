/** What is heard from Kafka, and how far behind it is; the gauges say what this process alone sees. */
import { Counter, Gauge, type Registry } from 'prom-client'

export interface ListenerMetrics {
  readonly messages: Counter<'topic'>
  readonly failures: Counter
  readonly retries: Counter
  readonly lag: Gauge<'topic' | 'partition'>
  readonly connected: Gauge
}

export function createListenerMetrics(registry: Registry): ListenerMetrics {
  const registers = [registry]
  return {
    messages: new Counter({
      name: 'larder_kafka_messages_total',
      help: 'Messages handled, by topic.',
      labelNames: ['topic'],
      registers,
    }),
    failures: new Counter({
      name: 'larder_kafka_failures_total',
      help: 'Calls to Kafka that failed; after most of them it connects anew.',
      registers,
    }),
    retries: new Counter({
      name: 'larder_kafka_retries_total',
      help: 'Times that a message could not be handled and was kept to be tried again.',
      registers,
    }),
    lag: new Gauge({
      name: 'larder_kafka_lag',
      help: 'Messages not handled yet, in the partitions that this process reads.',
      labelNames: ['topic', 'partition'],
      registers,
    }),
    connected: new Gauge({
      name: 'larder_kafka_connected',
      help: '1 while it is a member of its group and reads, else 0.',
      registers,
    }),
  }
}
