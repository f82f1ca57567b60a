/** Who watches, and what they are told. */
import { Counter, type Registry } from 'prom-client'
import { tellGauge } from '../../shared/metrics.ts'

export interface FeedMetrics {
  readonly told: Counter
  readonly gaps: Counter
  readonly refused: Counter
}

export interface FeedNumbers {
  watchers(): number
  /** Of changes, where that is in this process. */
  readonly remembered?: { readonly size: number; readonly bytes: number } | undefined
}

export function createFeedMetrics(registry: Registry, { watchers, remembered }: FeedNumbers): FeedMetrics {
  const registers = [registry]
  tellGauge(registry, {
    name: 'larder_watchers',
    help: 'Who is told of changes through this member.',
    read: watchers,
  })
  if (remembered !== undefined) {
    tellGauge(registry, {
      name: 'larder_feed_changes',
      help: 'Changes to what this member owns that are remembered for those who watch, each thing once.',
      read: () => remembered.size,
    })
    tellGauge(registry, {
      name: 'larder_feed_bytes',
      help: 'What these take in memory, about.',
      read: () => remembered.bytes,
    })
  }
  return {
    told: new Counter({
      name: 'larder_watch_events_total',
      help: 'Changes that watchers were told of here, each watcher counted.',
      registers,
    }),
    gaps: new Counter({
      name: 'larder_watch_gaps_total',
      help: 'How often a watcher was told that he has missed changes.',
      registers,
    }),
    refused: new Counter({
      name: 'larder_watch_refused_total',
      help: 'Watchers that were refused, as too many watch here already.',
      registers,
    }),
  }
}
