/** What this member knows of the cluster: read off its membership and its peers when somebody asks. */
import { Gauge, type Registry } from 'prom-client'
import { tellGauge } from '../../shared/metrics.ts'
import type { Members } from './members/members.ts'
import type { Peers } from './peers/peers.ts'
import type { Slots } from './slots/slots.ts'

export interface Gauged {
  readonly members: Members
  readonly peers: Peers
  readonly slots: Slots
}

export function registerClusterGauges(registry: Registry, { members, peers, slots }: Gauged): void {
  registerSlotGauges(registry, slots)
  tellGauge(registry, {
    name: 'larder_epoch',
    help: 'The epoch of the view in force here; it should be the same on all members.',
    read: () => members.placed?.epoch ?? 0,
  })
  tellGauge(registry, {
    name: 'larder_members',
    help: 'Members in the view in force here.',
    read: () => members.placed?.view.members.length ?? 0,
  })
  new Gauge({
    name: 'larder_forward_queue_length',
    help: 'Commands that wait for the next batch to a peer.',
    labelNames: ['peer'],
    registers: [registry],
    collect() {
      this.reset()
      for (const peer of peers) this.set({ peer: peer.member.id }, peer.waiting)
    },
  })
  new Gauge({
    name: 'larder_clock_skew_seconds',
    help: 'How far the clock of another member is ahead of the one here, negative where it is behind.',
    labelNames: ['peer'],
    registers: [registry],
    collect() {
      this.reset()
      for (const {
        member,
        contact: { aheadMs },
      } of peers)
        if (aheadMs !== undefined) this.set({ peer: member.id }, aheadMs / 1000)
    },
  })
}

function registerSlotGauges(registry: Registry, slots: Slots): void {
  const { holdings, doubts, outstanding } = slots
  new Gauge({
    name: 'larder_slots',
    help: 'Slots by what this member is to them; those that are arriving are among the others.',
    labelNames: ['role'],
    registers: [registry],
    collect() {
      for (const [role, count] of Object.entries(holdings.counts)) this.set({ role }, count)
    },
  })
  tellGauge(registry, {
    name: 'larder_slots_waiting',
    help: 'Slots owned here that are not served until members that held them last are back.',
    read: () => outstanding.waiting.slots,
  })
  new Gauge({
    name: 'larder_slots_overdue',
    help: 'Slots that have been arriving for more than thirty seconds, by what keeps them.',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { reason, slots } of outstanding.overdue) this.set({ reason }, slots)
    },
  })
  tellGauge(registry, {
    name: 'larder_slots_short',
    help: 'Slots owned here that have fewer whole copies than COPIES.',
    read: () => doubts.short.slots,
  })
  tellGauge(registry, {
    name: 'larder_slots_short_seconds',
    help: 'For how long, the longest of them.',
    read: () => doubts.short.seconds,
  })
}
