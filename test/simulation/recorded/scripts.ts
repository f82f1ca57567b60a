/** What simulated schedules have found, each as the few steps that matter, with the right outcome as what is expected. */
import { UPLINK } from '../uplink.ts'
import type { Scene, Script } from './script.ts'

interface Recorded {
  readonly scene: Scene
  play(script: Script): Promise<void>
}

const once = (key: string, by: number, idempotencyKey: string) =>
  ({ type: 'counter.add', key, by: `${by}`, idempotencyKey }) as const

/**
 * The owner is killed while its increment has come to one of two copies. The other one becomes the owner, and has no
 * trace of it when the same increment is sent again.
 */
const inAnotherCopy: Recorded = {
  scene: { copies: 3, leaseMs: 3000 },
  async play(script) {
    const { fleet } = script
    for (const id of ['a', 'b', 'c', 'd']) fleet.start(id)
    await script.rest()
    const key = script.keyOf(['d', 'b', 'c'], ['a'])
    await script.insist('a', once(key, 5, 'before'))
    fleet.network.lose('d', 'b')
    const first = script.ask('a', once(key, 1, 'again'))
    await script.pause(300)
    fleet.kill(script.life('d'))
    fleet.network.mend()
    if ('reply' in (await first)) script.ledger.find('the increment was acknowledged without its copies')
    // It is there as soon as the new owner is.
    await script.insist('b', once(key, 1, 'again'))
    await script.rest()
    await script.totalIs(6, key)
  },
}

/** The owner is killed with an increment on its disk that no copy has. It counts again elsewhere, and the disk comes back. */
const onDiskAlone: Recorded = {
  scene: { copies: 2, leaseMs: 2000, syncIntervalMs: 0 },
  async play(script) {
    const { fleet } = script
    for (const id of ['a', 'b', 'c']) fleet.start(id)
    await script.rest()
    const key = script.keyOf(['c', 'b'], ['a'])
    await script.insist('a', once(key, 5, 'before'))
    fleet.network.lose('c', 'b')
    const first = script.ask('a', once(key, 1, 'again'))
    await script.pause(300)
    fleet.kill(script.life('c'))
    if ('reply' in (await first)) script.ledger.find('the increment was acknowledged without its copy')
    fleet.network.mend()
    await script.insist('a', once(key, 1, 'again'))
    fleet.start('c')
    await script.rest()
    await script.totalIs(6, key)
  },
}

/** An uplink comes back empty, and those who waited for it reach it before those who hold everything. */
const newcomersFirst: Recorded = {
  scene: { copies: 3, leaseMs: 2000 },
  async play(script) {
    const { fleet } = script
    const old = ['a', 'b', 'c']
    for (const id of old) fleet.start(id)
    await script.rest()
    const key = script.keyOf(['f'], ['a', 'b', 'c', 'd'])
    await script.insist('b', once(key, 5, 'before'))
    fleet.uplink.stop()
    for (const id of ['d', 'f']) fleet.start(id)
    await script.pause(2000)
    fleet.cutOff(old, [UPLINK], 'both')
    fleet.uplink.start({ isEmpty: true })
    await script.pause(400)
    const added = script.insist('b', once(key, 1, 'again'))
    const result = await script.ask('d', { type: 'counter.get', key })
    if ('reply' in result && result.reply.type !== 'total')
      script.ledger.find(`${key} is ${result.reply.type} through d, and 5 was added`)
    await added
    await script.ask('d', once(key, 1, 'again'))
    fleet.network.mend()
    await script.rest()
    await script.totalIs(6, key)
  },
}

/**
 * A member that alone has everything is cut off from uplink, and from nobody else. Another one joins at whatever moment:
 * as it reaches the first, it has to begin with what that one holds, and not with nothing.
 */
const cutOffFromUplink: Recorded = {
  scene: { copies: 1, leaseMs: 1000 },
  async play(script) {
    const { fleet } = script
    fleet.start('a')
    await script.rest()
    const key = script.keyOf(['b'], ['a'])
    let total = 0
    for (let afterMs = 500; afterMs <= 1300; afterMs += 40) {
      total += 6
      await script.insist('a', once(key, 5, `before-${afterMs}`))
      fleet.cutOff(['a'], [UPLINK], 'both')
      await script.pause(afterMs)
      fleet.start('b')
      await script.pause(300)
      await script.ask('b', once(key, 1, `again-${afterMs}`))
      await script.insist('a', once(key, 1, `again-${afterMs}`))
      fleet.network.mend()
      await script.rest()
      await script.totalIs(total, key)
      await fleet.leave(script.life('b'))
      await script.rest()
    }
  },
}

/**
 * All were stopped, and a member that has nothing is the first to come to an uplink that has forgotten: it founds a cluster of its
 * own. What is counted there, and what those have who come later, goes together.
 */
const anotherIsFirst: Recorded = {
  scene: { copies: 2, leaseMs: 1000, syncIntervalMs: 0 },
  async play(script) {
    const { fleet } = script
    const keys = [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
      ['d', 'a'],
      ['d', 'c'],
    ].map((first) =>
      script.keyOf(
        first,
        ['a', 'b', 'c', 'd'].filter((id) => !first.includes(id)),
      ),
    )
    const add = (id: string, by: number, name: string) =>
      Promise.all(keys.map((key) => script.insist(id, once(key, by, `${name} ${key}`))))
    let total = 0
    for (const [first, ...later] of ['dabc', 'cabd', 'dcba', 'acdb'].map((order) => [...order])) {
      if (first === undefined) continue
      for (const id of ['a', 'b', 'c']) if (!fleet.isThere(id)) fleet.start(id)
      await script.rest()
      await add('a', 5, `before ${first}${later}`)
      for (const life of fleet.lives) fleet.kill(life)
      fleet.uplink.stop()
      fleet.uplink.start({ isEmpty: true })
      fleet.start(first, 'nothing')
      await script.pause(3000)
      await add(first, 1, `alone ${first}${later}`)
      for (const id of later) {
        fleet.start(id)
        await script.pause(40)
      }
      await script.rest()
      total += 6
      for (const key of keys) await script.totalIs(total, key)
    }
  },
}

export const SCRIPTS = {
  'in another copy': inAnotherCopy,
  'on a disk alone': onDiskAlone,
  'newcomers first': newcomersFirst,
  'cut off from uplink': cutOffFromUplink,
  'another is first': anotherIsFirst,
} as const satisfies Readonly<Record<string, Recorded>>

export type ScriptName = keyof typeof SCRIPTS
export const SCRIPT_NAMES = Object.keys(SCRIPTS) as readonly ScriptName[]
