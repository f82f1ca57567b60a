/** What an uplink measures of itself, besides its answers. */
import { Counter, Gauge, type Registry } from 'prom-client'

export interface UplinkMetrics {
  readonly epoch: Gauge
  readonly members: Gauge
  readonly awaited: Gauge
  readonly watchers: Gauge
  readonly dropped: Counter<'why'>
  readonly strangers: Counter
  readonly keptOut: Counter
  readonly probes: Counter<'outcome'>
  readonly storeErrors: Counter
}

export function createUplinkMetrics(registry: Registry): UplinkMetrics {
  const registers = [registry]
  return {
    epoch: new Gauge({ name: 'larder_uplink_epoch', help: 'The epoch of the newest known view.', registers }),
    members: new Gauge({
      name: 'larder_uplink_members',
      help: 'Members of the newest known view.',
      registers,
    }),
    awaited: new Gauge({
      name: 'larder_uplink_awaited_members',
      help: 'Members that held slots when all were stopped, and are neither back nor given up.',
      registers,
    }),
    watchers: new Gauge({
      name: 'larder_uplink_watchers',
      help: 'Requests parked for the next view.',
      registers,
    }),
    dropped: new Counter({
      name: 'larder_uplink_dropped_total',
      help: 'Members that this uplink dropped, by what it found when it looked.',
      labelNames: ['why'],
      registers,
    }),
    strangers: new Counter({
      name: 'larder_uplink_not_understood_total',
      help: 'Lives of members that were refused because others speak no format that they speak.',
      registers,
    }),
    keptOut: new Counter({
      name: 'larder_uplink_kept_out_total',
      help: 'Looks by which a member was kept out, or left out, as others do not reach it at its address.',
      registers,
    }),
    probes: new Counter({
      name: 'larder_uplink_probes_total',
      help: 'Looks at members that had not renewed for long, were reported, or whose id another wanted.',
      labelNames: ['outcome'],
      registers,
    }),
    storeErrors: new Counter({
      name: 'larder_uplink_store_errors_total',
      help: 'Commands that the store of the registry did not answer, or not well.',
      registers,
    }),
  }
}
