/** What passes between this member and the others. */
import { Counter, type Registry } from 'prom-client'

export interface ClusterMetrics {
  readonly forwardedCommands: Counter<'peer'>
  readonly forwardedBatches: Counter<'peer'>
  readonly forwardFailures: Counter<'peer' | 'code'>
  readonly rerouted: Counter<'code'>
  readonly uplinkFailures: Counter<'call'>
}

export function createClusterMetrics(registry: Registry): ClusterMetrics {
  const registers = [registry]
  return {
    forwardedCommands: new Counter({
      name: 'larder_forwarded_commands_total',
      help: 'Commands sent to the member that owns their key.',
      labelNames: ['peer'],
      registers,
    }),
    forwardedBatches: new Counter({
      name: 'larder_forwarded_batches_total',
      help: 'Batches that those commands travelled in.',
      labelNames: ['peer'],
      registers,
    }),
    forwardFailures: new Counter({
      name: 'larder_forward_failures_total',
      help: 'Batches that failed: REFUSED was not carried out, UNREACHABLE may have been.',
      labelNames: ['peer', 'code'],
      registers,
    }),
    rerouted: new Counter({
      name: 'larder_rerouted_commands_total',
      help: 'Commands routed a second time, by a newer view.',
      labelNames: ['code'],
      registers,
    }),
    uplinkFailures: new Counter({
      name: 'larder_uplink_failures_total',
      help: 'Calls to uplink that failed; the member goes on with the view it has.',
      labelNames: ['call'],
      registers,
    }),
  }
}
