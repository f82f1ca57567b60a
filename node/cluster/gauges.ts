/** What this member knows of the cluster: read off its membership and its peers when somebody asks. */
import { Gauge, type Registry } from 'prom-client'
import { tellGauge } from '../../shared/metrics.ts'
import type { Membership } from './membership.ts'
import type { Peers } from './peers.ts'

export function registerClusterGauges(registry: Registry, membership: Membership, peers: Peers): void {
  tellGauge(registry, {
    name: 'larder_epoch',
    help: 'The epoch of the view in force here; it should be the same on all members.',
    read: () => membership.placed?.epoch ?? 0,
  })
  tellGauge(registry, {
    name: 'larder_members',
    help: 'Members in the view in force here.',
    read: () => membership.placed?.view.members.length ?? 0,
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
}
