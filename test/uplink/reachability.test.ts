/** Whom most do not reach, over time: who is left out, when, and who never is. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Reachability } from '../../uplink/reachability.ts'
import { EMPTY, type Registry } from '../../uplink/registry.ts'
import type { Report } from '../../uplink/votes.ts'
import { member } from './registries.ts'

const LEASE_MS = 3000
const STEP_MS = 250

/** Members that say of each other whom they do not reach, and an uplink that has looked itself. */
class Scene {
  readonly reachability = new Reachability(LEASE_MS)
  readonly registry: Registry
  readonly gone: string[] = []
  /** By id: whom it does not reach. */
  readonly unreached = new Map<string, readonly string[]>()
  readonly lacking = new Set<string>()
  /** Whom uplink reaches; `undefined` where it reaches nobody. */
  own: (id: string) => boolean | undefined = () => undefined
  suspects: readonly string[] = []
  nowMs = 0

  constructor(...ids: string[]) {
    this.registry = { ...EMPTY, epoch: 1, members: ids.map((id) => member(id)) }
  }

  get members() {
    return this.registry.members.filter(({ id }) => !this.gone.includes(id))
  }

  /** Who is left out within that time. */
  run(ms: number): string[] {
    const before = this.gone.length
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs; this.nowMs += STEP_MS) this.#step()
    return this.gone.slice(before)
  }

  #step(): void {
    const { members, nowMs } = this
    const reports = new Map(
      members.map(({ id, incarnation }): [string, Report] => {
        const unreached = (this.unreached.get(id) ?? []).map((other) => ({
          incarnation: member(other).incarnation,
          reason: 'no answer',
        }))
        return [id, { incarnation, unreached, isLacking: this.lacking.has(id) }]
      }),
    )
    const registry = { ...this.registry, members }
    const { unseen, leftOut } = this.reachability.weigh({ registry, there: members, reports, nowMs })
    for (const one of unseen) this.reachability.note(one, { isReached: this.own(one.id), atMs: nowMs })
    this.suspects = this.reachability.suspects
    if (leftOut !== undefined) this.gone.push(leftOut.member.id)
  }

  /** None of these reaches any of those. */
  part(some: readonly string[], others: readonly string[]): void {
    for (const id of some) this.unreached.set(id, [...(this.unreached.get(id) ?? []), ...others])
  }
}

describe('uplink: a member that most do not reach', () => {
  it('is left out once that has been so for a lease, and not before', () => {
    const scene = new Scene('a', 'b', 'c', 'd')
    scene.own = () => false
    scene.part(['a', 'b', 'c'], ['d'])
    expect(scene.run(LEASE_MS)).deep.equal([])
    expect(scene.run(2 * STEP_MS)).deep.equal(['d'])
    expect(scene.run(10 * LEASE_MS)).deep.equal([])
  })

  it('is left out also where uplink reaches nobody', () => {
    const scene = new Scene('a', 'b', 'c', 'd')
    scene.part(['a', 'b', 'c'], ['d'])
    expect(scene.run(2 * LEASE_MS)).deep.equal(['d'])
  })

  it('is looked at by all as soon as one does not reach it', () => {
    const scene = new Scene('a', 'b', 'c', 'd')
    scene.part(['a'], ['d'])
    expect(scene.run(10 * LEASE_MS)).deep.equal([])
    expect(scene.suspects).deep.equal(['d-1'])
  })

  it('begins anew when most reach it in between', () => {
    const scene = new Scene('a', 'b', 'c')
    scene.own = () => false
    for (let round = 0; round < 5; round++) {
      scene.part(['a', 'b'], ['c'])
      expect(scene.run(LEASE_MS)).deep.equal([])
      scene.unreached.clear()
      expect(scene.run(STEP_MS)).deep.equal([])
    }
  })

  it('waits while any of those that stay has not all of its slots', () => {
    const scene = new Scene('a', 'b', 'c', 'd')
    scene.part(['a', 'b', 'c'], ['d'])
    scene.lacking.add('d').add('b')
    expect(scene.run(10 * LEASE_MS)).deep.equal([])
    scene.lacking.delete('b')
    expect(scene.run(STEP_MS)).deep.equal(['d'])
  })

  it('is the only one for a lease', () => {
    const scene = new Scene('a', 'b', 'c', 'd', 'e')
    scene.own = () => true
    scene.part(['a', 'b', 'c'], ['d', 'e'])
    scene.part(['d', 'e'], ['a', 'b', 'c'])
    expect(scene.run(2 * LEASE_MS)).length(1)
    expect(scene.run(LEASE_MS)).length(1)
    expect(scene.members.map(({ id }) => id)).deep.equal(['a', 'b', 'c'])
  })
})

describe('uplink: a member that reaches nobody', () => {
  it('takes nobody along', () => {
    const scene = new Scene('a', 'b', 'c')
    scene.own = () => true
    scene.part(['a'], ['b', 'c'])
    expect(scene.run(10 * LEASE_MS)).deep.equal([])
  })

  it('is one of two, and nobody knows whose fault it is: both stay', () => {
    const scene = new Scene('a', 'b')
    scene.part(['a'], ['b'])
    scene.part(['b'], ['a'])
    expect(scene.run(10 * LEASE_MS)).deep.equal([])
    scene.own = () => true
    expect(scene.run(10 * LEASE_MS)).deep.equal([])
    scene.own = (id) => id === 'a'
    expect(scene.run(10 * LEASE_MS)).deep.equal(['b'])
  })

  it('and others that do not either never outvote those who are more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        (few, more, isSeen) => {
          const ids = [...'abcdefghijkl'].slice(0, 2 * few + more)
          const [minority, majority] = [ids.slice(0, few), ids.slice(few)]
          const scene = new Scene(...ids)
          scene.own = () => (isSeen ? true : undefined)
          scene.part(minority, majority)
          scene.part(majority, minority)
          scene.run(20 * LEASE_MS)
          expect(majority.filter((id) => scene.gone.includes(id))).deep.equal([])
        },
      ),
    )
  })
})
