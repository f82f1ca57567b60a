/**
 * Brings every change to the other holders of its slot, before it is acknowledged.
 *
 * A replica that does not answer in time is passed over from then on: nobody waits for it again until it has answered, and
 * what it misses meanwhile is noted, to be mended, and claimed by this copy, which may be the only one that has it. A replica that knows of other holders refuses; then the change goes
 * where the later view says, be it to another owner.
 */
import type { Clock } from '../../../shared/clock.ts'
import { type Eventual, isLater, mapAll } from '../../../shared/eventual.ts'
import type { Log } from '../../../shared/log.ts'
import type { Member } from '../../../shared/view.ts'
import type { SlotEntry } from '../../entries/entry.ts'
import { verbsOf } from '../../entries/kinds.ts'
import type { PlacedView, Views } from '../members/members.ts'
import type { ClusterMetrics } from '../metrics.ts'
import { reasonNotTaken } from '../peers/peers.ts'
import type { SlotAnswer } from '../wire/calls.ts'
import type { Doubts } from './doubts.ts'
import { parcelsOf, piecesOf } from './parcels.ts'
import type { SlotPeer, SlotPeers } from './slot-peers.ts'
import type { Standings } from './standings.ts'

/** How long an acknowledgement waits for a replica that says nothing. */
const COPY_MAX_MS = 1500
/** How long a change that was refused waits for the view that tells where it belongs. */
const SETTLE_MAX_MS = 500
/** So many views may come in between. */
const TARGETS_MAX = 5

export interface ReplicatorOptions {
  readonly self: Member
  readonly clock: Clock
  readonly log: Log
  readonly metrics: ClusterMetrics
  readonly views: Views
  readonly doubts: Doubts
  readonly standings: Standings
  readonly peers: SlotPeers
  /** Called when a replica has missed something. */
  onMissed(member: Member): void
}

export class Replicator {
  readonly #options: ReplicatorOptions
  readonly #untold: SlotEntry[][] = []
  /** What others are being told. */
  readonly #underWay = new Set<readonly (readonly SlotEntry[])[]>()
  /** Who is being told of something large, in which slot. */
  readonly #telling = new Set<{ readonly member: string; readonly slot: number | undefined }>()

  constructor(options: ReplicatorOptions) {
    this.#options = options
  }

  /** Is over once every holder that can be reached has merged these changes, each command's together. */
  merged(changes: readonly (readonly SlotEntry[])[]): Eventual<void> {
    const { placed } = this.#options.views
    if (placed === undefined) return undefined
    const claimed = isAlone(placed) ? this.#claim(changes.flat()) : undefined
    if (placed.copies >= 2) return this.#tellAll(placed, changes, claimed)
    return isLater(claimed) ? claimed.then(() => {}) : undefined
  }

  /** What others are being told of slots that this member has just lost, it may be the only one to have. */
  claimUnderWay(isLost: (slot: number) => boolean): void {
    for (const changes of this.#underWay)
      for (const entry of changes.flat()) if (isLost(entry.slot)) void this.#claim([entry])
  }

  async #tellAll(
    placed: PlacedView,
    changes: readonly (readonly SlotEntry[])[],
    claimed: Eventual<unknown>,
  ): Promise<void> {
    this.#underWay.add(changes)
    try {
      await Promise.all([this.#tellReplicas(placed, changes), claimed])
    } finally {
      this.#underWay.delete(changes)
    }
  }

  async #tellReplicas(placed: PlacedView, changes: readonly (readonly SlotEntry[])[]): Promise<void> {
    const { self } = this.#options
    const byReplica = new Map<Member, (readonly SlotEntry[])[]>()
    const moved: (readonly SlotEntry[])[] = []
    for (const group of changes) {
      const [first] = group
      if (first === undefined) continue
      const isOwn = placed.owns(self, first.slot)
      if (!isOwn) moved.push(group)
      for (const member of isOwn ? placed.replicasOf(first.slot) : []) {
        const groups = byReplica.get(member)
        if (groups === undefined) byReplica.set(member, [group])
        else groups.push(group)
      }
    }
    const sending = [...byReplica].flatMap(([member, groups]) => {
      const { together, alone } = parcelsOf(groups)
      return [
        ...together.map((parcel) => this.#send(member, parcel, placed)),
        ...alone.map((group) => this.#sendAlone(member, group, placed)),
      ]
    })
    // A slot may have another owner since these were made.
    sending.push(...moved.map((group) => this.#copy(group, placed, TARGETS_MAX)))
    await Promise.all(sending)
  }

  /** One piece after the other, each in its time: what is small does not wait for what is large. */
  async #sendAlone(member: Member, group: readonly SlotEntry[], placed: PlacedView): Promise<void> {
    const telling = { member: member.incarnation, slot: group[0]?.slot }
    this.#telling.add(telling)
    for (const piece of piecesOf(group)) await this.#send(member, [piece], placed)
    this.#telling.delete(telling)
  }

  /** Whether it is being told of something large in that slot: then it has not yet what this copy has. */
  isTelling({ incarnation }: Member, slot: number): boolean {
    return this.#telling.values().some((one) => one.member === incarnation && one.slot === slot)
  }

  /** All at once; only where that is refused, each command's changes for themselves. */
  async #send(member: Member, parcel: readonly (readonly SlotEntry[])[], placed: PlacedView): Promise<void> {
    const answer = await this.#stream(member, parcel.flat())
    if (answer !== 'refused') return
    await Promise.all(parcel.map((group) => this.#copy(group, placed, TARGETS_MAX)))
  }

  /** Of what nobody waits for; whatever comes up in this turn goes together. */
  tellSoon(entry: SlotEntry): void {
    if (this.#untold.push([entry]) === 1) setImmediate(() => void this.merged(this.#untold.splice(0)))
  }

  /** Whether nobody waits for it, as it has not answered. */
  isPassedOver({ incarnation }: Member): boolean {
    return this.#options.peers.find(incarnation)?.contact.isPassedOver === true
  }

  /** It answers again: from now on it is waited for. */
  resume({ incarnation }: Member): void {
    const { log, peers } = this.#options
    const peer = peers.find(incarnation)
    if (peer === undefined || !peer.contact.isPassedOver) return
    log.info({ peer: peer.member.id }, 'a replica takes changes again')
    peer.contact.isPassedOver = false
  }

  async #copy(
    group: readonly SlotEntry[],
    placed: PlacedView,
    targetsLeft: number,
    isFirst = true,
  ): Promise<void> {
    const { self, clock, views, doubts } = this.#options
    const [first] = group
    if (first === undefined) return
    const { slot } = first
    const isOwn = placed.owns(self, slot)
    const owner = placed.ownerOf(slot)
    const targets = isOwn ? placed.replicasOf(slot) : owner === undefined ? [] : [owner]
    const sending = targets.map((member) =>
      isOwn ? this.#stream(member, group) : this.#handOn(member, group),
    )
    const answers = await Promise.all(sending)
    if (!answers.includes('refused')) return
    // Who was behind has been shown this view by now.
    if (isFirst) return await this.#copy(group, placed, targetsLeft, false)
    const newer = await views.after(placed.order, clock.now() + SETTLE_MAX_MS)
    if (newer !== undefined && newer.order > placed.order && targetsLeft > 0)
      return await this.#copy(group, newer, targetsLeft - 1)
    await this.#claim(group)
    for (const [index, member] of targets.entries())
      if (answers[index] === 'refused' && isOwn) doubts.doubt(slot, member.incarnation)
  }

  async #stream(member: Member, changes: readonly SlotEntry[]): Promise<SlotAnswer | 'missed'> {
    const { clock, peers } = this.#options
    const peer = peers.of(member)
    if (peer.contact.isPassedOver) return this.#missed(member, changes)
    try {
      const [answer = 'refused'] = await peer.stream({ changes }, clock.now() + COPY_MAX_MS)
      return answer
    } catch (error) {
      // Of what is not taken by a member that answers, something is the matter with what was said.
      if (reasonNotTaken(error) === undefined) this.#passOver(peer, error)
      return this.#missed(member, changes)
    }
  }

  /** For a slot that has another owner by now; what cannot be handed on at once is offered to it later. */
  async #handOn(owner: Member, entries: readonly SlotEntry[]): Promise<SlotAnswer | 'missed'> {
    try {
      const [answer = 'refused'] = await this.#options.peers
        .of(owner)
        .ask({ type: 'give', entries }, COPY_MAX_MS)
      return answer
    } catch {
      await this.#claim(entries)
      return 'missed'
    }
  }

  async #missed(member: Member, changes: readonly SlotEntry[]): Promise<'missed'> {
    const { doubts, metrics, onMissed } = this.#options
    metrics.missedChanges.inc({ peer: member.id }, changes.length)
    for (const { slot } of changes) doubts.miss(slot, member.incarnation)
    onMissed(member)
    await this.#claim(changes)
    return 'missed'
  }

  /** Is over once an acknowledgement may rest on it. */
  #claim(entries: readonly SlotEntry[]): Eventual<unknown> {
    const { standings } = this.#options
    return mapAll(entries, ({ slot, entry }) => standings.claim(slot, verbsOf(entry).claim(entry)))
  }

  #passOver({ member, contact }: SlotPeer, error: unknown): void {
    if (!contact.isPassedOver)
      this.#options.log.warn(
        { peer: member.id, error },
        'a replica takes no changes; writes go on without it',
      )
    contact.isPassedOver = true
  }
}

/** Whether some who may hold a slot again are not told now: they are taken for absent, or nobody is left to have a copy. */
function isAlone({ view, copies, hasAbsent }: PlacedView): boolean {
  return hasAbsent || (copies === 1 && view.copies > 1)
}
