/** What a store of the registry promises, whatever it is made of. */
import { expect } from 'chai'
import type { Redis } from 'ioredis'
import { pino } from 'pino'
import { Registry as Metrics } from 'prom-client'
import { systemClock } from '../../shared/clock.ts'
import type { Member } from '../../shared/view.ts'
import { createUplinkMetrics } from '../../uplink/metrics.ts'
import { giveUp, hear } from '../../uplink/past.ts'
import { adopt, EMPTY, join, leave, memberOf, withCopies } from '../../uplink/registry.ts'
import { RegistryStore } from '../../uplink/store.ts'

const member = (id: string): Member => ({ id, incarnation: `${id}-1`, url: 'http://127.0.0.1:4000' })
const joining = (id: string) => (now: typeof EMPTY) => join(now, member(id), memberOf(now, id))

/** `connect` gives another connection to the same, at first empty, data each time within one test. */
export function itKeepsTheRegistry(connect: () => Redis): void {
  let parts: AsyncDisposableStack
  let one: RegistryStore
  let other: RegistryStore

  const open = async () => {
    const errors = createUplinkMetrics(new Metrics()).storeErrors
    const log = pino({ level: 'silent' })
    const store = parts.use(new RegistryStore({ redis: connect(), clock: systemClock, log, errors }))
    await store.open()
    return store
  }

  beforeEach(async () => {
    parts = new AsyncDisposableStack()
    one = await open()
    other = await open()
  })

  afterEach(() => parts.disposeAsync())

  it('is empty at first, at epoch 0', async () => {
    expect(await one.read()).deep.equal(EMPTY)
    expect([...(await one.renewals())]).deep.equal([])
  })

  it('shows a change to every uplink', async () => {
    const made = await one.change(joining('a'))
    expect(made).deep.equal({ epoch: 1, copies: 0, members: [{ ...member('a'), since: 1 }] })
    expect(await other.read()).deep.equal(made)
  })

  it('keeps what it is told, to the letter', async () => {
    const told = { epoch: 2 ** 40, members: [{ ...member('[::1]:4000'), incarnation: 'ü " \\ \n' }] }
    const made = await one.change((now) => adopt(now, told))
    expect(await other.read()).deep.equal(made)
    expect(made.members).deep.equal(told.members)
  })

  it('keeps who held the slots last, and who was given up', async () => {
    const last = { epoch: 7, copies: 2, members: ['a', 'b'] }
    const made = await one.change((now) => giveUp(hear(withCopies(now, 2), last), 'c'))
    expect(made).deep.equal({
      epoch: 10_008,
      copies: 2,
      members: [],
      past: { last, isAwaited: true, asOf: 10_007 },
      gone: ['c'],
    })
    expect(await other.read()).deep.equal(made)
  })

  it('loses none of many changes at once, from several uplinks', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `m${String(index).padStart(2, '0')}`)
    await Promise.all(ids.map((id, index) => (index % 2 === 0 ? one : other).change(joining(id))))
    const { epoch, members } = await one.read()
    expect(members.map(({ id }) => id)).deep.equal(ids)
    expect(epoch).equal(40)
  })

  it('leaves the epoch alone when a step changes nothing', async () => {
    const made = await one.change(joining('a'))
    expect(await other.change((now) => leave(now, 'a', 'another life'))).deep.equal(made)
  })

  it('goes on after a step that failed', async () => {
    const failed = one.change(() => {
      throw new Error('a step')
    })
    const rejection = await failed.then(
      () => 'none',
      (error: Error) => error.message,
    )
    expect(rejection).equal('a step')
    expect((await one.change(joining('a'))).epoch).equal(1)
  })

  it('counts the renewals of all uplinks together', async () => {
    await Promise.all([one.renew('a:1'), other.renew('a:1'), one.renew('b')])
    expect([...(await one.renewals())].sort()).deep.equal([
      ['a:1', 2],
      ['b', 1],
    ])
  })

  it('forgets the renewals of those it is told of', async () => {
    await Promise.all(['a', 'b', 'c'].map((id) => one.renew(id)))
    await other.forget(['a', 'c', 'never seen'])
    expect([...(await one.renewals()).keys()]).deep.equal(['b'])
  })
}
