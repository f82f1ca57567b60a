/** What passes between this member and the others. */
import { Counter, Gauge, type Registry } from 'prom-client'

/** Of the copies of slots, and of slots that move. */
interface SlotMetrics {
  readonly missedChanges: Counter<'peer'>
  readonly mendedSlots: Counter<'peer'>
  readonly movedEntries: Counter<'peer'>
  readonly lostSlots: Counter
  readonly asideEntries: Gauge<'peer'>
}

/** Of those who do not understand each other, or are not believed. */
interface StrangerMetrics {
  readonly notUnderstood: Counter<'peer'>
  readonly disbelieved: Counter<'peer'>
  readonly secretRefused: Counter<'by'>
}

export interface ClusterMetrics extends SlotMetrics, StrangerMetrics {
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
    ...createStrangerMetrics(registers),
    ...createSlotMetrics(registers),
  }
}

function createStrangerMetrics(registers: Registry[]): StrangerMetrics {
  return {
    notUnderstood: new Counter({
      name: 'larder_not_understood_total',
      help: 'Calls between this member and another that one of the two has not understood: their versions differ too much.',
      labelNames: ['peer'],
      registers,
    }),
    disbelieved: new Counter({
      name: 'larder_disbelieved_total',
      help: 'Calls of another member that were refused, as they spoke of a time that cannot be.',
      labelNames: ['peer'],
      registers,
    }),
    secretRefused: new Counter({
      name: 'larder_secret_refused_total',
      help: 'Calls that another member, or uplink, has refused, as it does not take the secret of this one.',
      labelNames: ['by'],
      registers,
    }),
  }
}

function createSlotMetrics(registers: Registry[]): SlotMetrics {
  return {
    missedChanges: new Counter({
      name: 'larder_missed_changes_total',
      help: 'Changes that a replica has not taken in time: its slots are short of a copy until they are mended.',
      labelNames: ['peer'],
      registers,
    }),
    mendedSlots: new Counter({
      name: 'larder_mended_slots_total',
      help: 'Slots that a replica was found to lack something of, and was given it.',
      labelNames: ['peer'],
      registers,
    }),
    movedEntries: new Counter({
      name: 'larder_moved_entries_total',
      help: 'Entries given to another member, as it now holds their slots.',
      labelNames: ['peer'],
      registers,
    }),
    asideEntries: new Gauge({
      name: 'larder_aside_entries',
      help: 'Entries that another member does not take though it answers: it has no copy of them, and the log names them.',
      labelNames: ['peer'],
      registers,
    }),
    lostSlots: new Counter({
      name: 'larder_lost_slots_total',
      help: 'Slots taken over when nobody was left who had all of them.',
      registers,
    }),
  }
}
