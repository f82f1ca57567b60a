/** Whom a member does not reach: asked again and again, and told to uplink until they answer. */
import { expect } from 'chai'
import { Unreached } from '../../../../node/cluster/members/unreached.ts'
import { type Contact, failed, heard, newContact } from '../../../../node/cluster/peers/contact.ts'
import type { Member } from '../../../../shared/view.ts'
import { FakeClock } from '../../../support/clock.ts'
import { memberOf, self } from '../../../support/views.ts'

const LEASE_MS = 3000

class Scene {
  readonly clock = new FakeClock()
  readonly silent = new Set<string>()
  readonly asked: string[] = []
  readonly contacts = new Map<string, Contact>()
  members: readonly Member[] = [self, memberOf('b'), memberOf('c')]
  leaseMs = LEASE_MS
  /** How often uplink was to be told. */
  changes = 0
  readonly unreached = new Unreached({
    self,
    clock: this.clock,
    members: () => this.members,
    leaseMs: () => this.leaseMs,
    onChange: () => void this.changes++,
    peers: {
      of: ({ id }) => ({ contact: this.contactOf(id), ping: (ms) => this.#ping(id, ms) }),
      [Symbol.iterator]: () => [].values(),
    },
  })

  constructor() {
    this.unreached.start()
  }

  get told(): string[] {
    return this.unreached.all.map(({ incarnation }) => incarnation)
  }

  contactOf(id: string): Contact {
    const contact = this.contacts.get(id) ?? newContact()
    this.contacts.set(id, contact)
    return contact
  }

  /** A call that was made anyway fails. */
  fail(id: string): void {
    this.silent.add(id)
    failed(this.contactOf(id), this.clock.now(), 'no answer')
  }

  async #ping(id: string, timeoutMs: number): Promise<void> {
    this.asked.push(id)
    if (!this.silent.has(id)) return heard(this.contactOf(id), this.clock.now())
    await new Promise<void>((resolve) => void this.clock.after(timeoutMs, resolve))
    failed(this.contactOf(id), this.clock.now(), 'no answer')
  }
}

describe('whom a member does not reach', () => {
  it('is nobody while all answer, who are asked where they are to be once a lease', async () => {
    const scene = new Scene()
    await scene.clock.advance(1000)
    scene.asked.length = 0
    await scene.clock.advance(2 * LEASE_MS)
    expect([scene.asked.sort(), scene.told, scene.changes]).to.deep.equal([['b', 'b', 'c', 'c'], [], 0])
  })

  it('is looked for among many a few at a time, and less often', async () => {
    const scene = new Scene()
    scene.members = Array.from({ length: 2000 }, (_, index) => memberOf(`m${index}`))
    await scene.clock.advance(250)
    expect(scene.asked.length).to.equal(50)
    await scene.clock.advance(9750)
    expect([scene.asked.length, new Set(scene.asked).size]).to.deep.equal([2000, 2000])
  })

  it('is found out though it is heard on what it has opened itself', async () => {
    const scene = new Scene()
    scene.silent.add('b')
    await scene.clock.advance(2 * LEASE_MS)
    expect([scene.told, scene.changes]).to.deep.equal([['b-1'], 1])
  })

  it('is asked again, and told once it has failed for a part of a lease, until it answers', async () => {
    const scene = new Scene()
    scene.fail('b')
    await scene.clock.advance(LEASE_MS / 4)
    expect(scene.told).to.deep.equal([])
    await scene.clock.advance(LEASE_MS / 2)
    expect([scene.told, scene.changes]).to.deep.equal([['b-1'], 1])
    expect(scene.unreached.all[0]?.reason).to.equal('no answer')
    scene.silent.clear()
    await scene.clock.advance(LEASE_MS)
    expect([scene.told, scene.changes]).to.deep.equal([[], 2])
    expect(scene.asked.filter((id) => id === 'b').length).to.be.above(
      scene.asked.filter((id) => id === 'c').length,
    )
  })

  it('is not told of a call that failed once', async () => {
    const scene = new Scene()
    scene.fail('b')
    scene.silent.clear()
    await scene.clock.advance(10 * LEASE_MS)
    expect(scene.changes).to.equal(0)
  })

  it('is asked as well where others do not reach it', async () => {
    const scene = new Scene()
    scene.silent.add('c')
    scene.unreached.suspect(['c-1'])
    await scene.clock.advance(LEASE_MS)
    expect(scene.told).to.deep.equal(['c-1'])
    scene.unreached.suspect([])
    scene.silent.clear()
    await scene.clock.advance(LEASE_MS)
    scene.asked.length = 0
    await scene.clock.advance(LEASE_MS)
    expect([scene.told, scene.asked.sort()]).to.deep.equal([[], ['b', 'c']])
  })

  it('is nobody that is no member any more', async () => {
    const scene = new Scene()
    scene.fail('b')
    await scene.clock.advance(LEASE_MS)
    scene.members = [self, memberOf('c')]
    expect(scene.told).to.deep.equal([])
    scene.asked.length = 0
    await scene.clock.advance(LEASE_MS)
    expect(scene.asked).to.deep.equal(['c'])
  })

  it('is looked for once uplink has said how long a lease is', async () => {
    const scene = new Scene()
    scene.leaseMs = Infinity
    scene.fail('b')
    await scene.clock.advance(60_000)
    expect(scene.asked).to.deep.equal([])
  })
})
