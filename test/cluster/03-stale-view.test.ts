/** Members that disagree for a moment: WRONG_OWNER corrects the one that is behind, and nothing loops. */
import { expect } from 'chai'
import { Registry } from 'prom-client'
import { Inbox } from '../../node/cluster/inbox.ts'
import { CatchUp } from '../../node/cluster/members/catch-up.ts'
import type { Views } from '../../node/cluster/members/placed-view.ts'
import { PlacedView } from '../../node/cluster/members/placed-view.ts'
import { createClusterMetrics } from '../../node/cluster/metrics.ts'
import type { OtherMember } from '../../node/cluster/response-clearing.ts'
import { Router } from '../../node/cluster/router.ts'
import type { RoutedCommand } from '../../node/cluster/wire/execute.ts'
import { CURRENT } from '../../node/cluster/wire/format.ts'
import type { Engine } from '../../node/engine.ts'
import { StampClock } from '../../node/entries/stamp.ts'
import { type Clock, systemClock } from '../../shared/clock.ts'
import type { Command, Reply } from '../../shared/command.ts'
import { type ErrorCode, LarderError } from '../../shared/errors.ts'
import type { Member, View } from '../../shared/view.ts'
import { FakeClock } from '../support/clock.ts'
import { keyOf, silent } from '../support/cluster.ts'

function memberOf(id: string): Member {
  return { id, url: `http://${id}`, incarnation: id }
}

function placed(epoch: number, ids: readonly string[]): PlacedView {
  return new PlacedView({ epoch, copies: 1, members: ids.map(memberOf) })
}

/** Views as a member learns them: the next one is there when somebody waits for it. */
class ScriptedViews implements Views {
  readonly isPlacing = false
  readonly #script: PlacedView[]
  constructor(...script: PlacedView[]) {
    this.#script = script
  }
  get placed(): PlacedView | undefined {
    return this.#script[0]
  }
  learn({ epoch, members }: View): void {
    this.#script.splice(
      0,
      Infinity,
      placed(
        epoch,
        members.map(({ id }) => id),
      ),
    )
  }
  async after(epoch: number): Promise<PlacedView | undefined> {
    while (this.#script.length > 1 && (this.placed?.epoch ?? 0) <= epoch) this.#script.shift()
    return this.placed
  }
}

class Recorder implements OtherMember {
  readonly seen: Command[] = []
  readonly #id: string
  #error: ErrorCode | undefined
  constructor(id: string, error?: ErrorCode) {
    this.#id = id
    this.#error = error
  }
  async ping(): Promise<void> {}
  async execute(command: Command): Promise<Reply> {
    this.seen.push(command)
    if (this.#error) throw new LarderError(this.#error, 'scripted')
    return { type: 'missing', owner: this.#id }
  }
}

function routerOf(views: ScriptedViews, engines: Readonly<Record<string, Recorder>>): Router {
  const metrics = createClusterMetrics(new Registry())
  const local = engines['a'] ?? new Recorder('a')
  const peers = { of: ({ id }: Member) => engines[id] ?? new Recorder(id) }
  const stamps = new StampClock('a')
  return new Router({ self: memberOf('a'), clock: systemClock, local, peers, views, metrics, stamps })
}

const options = { deadlineAtMs: Number.MAX_SAFE_INTEGER, requestId: 'r', traced: false }

async function codeOf(router: Router, command: Command): Promise<string> {
  return Promise.try(() => router.execute(command, options)).then(
    ({ owner }) => owner,
    (error: LarderError) => error.code,
  )
}

describe('a router with a stale view', () => {
  const key = keyOf('c', ['a', 'b', 'c'])
  const get: Command = { type: 'value.get', key }

  for (const code of ['WRONG_OWNER', 'REFUSED'] as const) {
    it(`routes again, by the next view, what was answered with ${code}`, async () => {
      const wrong = new Recorder('wrong', code)
      const right = new Recorder('c')
      const views = new ScriptedViews(placed(1, ['b']), placed(2, ['a', 'b', 'c']))
      expect(await codeOf(routerOf(views, { b: wrong, c: right }), get)).to.equal('c')
      expect([wrong.seen.length, right.seen.length]).to.deep.equal([1, 1])
    })

    it(`routes by every newer view, and gives up with ${code} when there is none left`, async () => {
      const [b, c] = [new Recorder('b', code), new Recorder('c', code)]
      const views = new ScriptedViews(placed(1, ['b']), placed(2, ['a', 'b', 'c']), placed(3, ['b']))
      expect(await codeOf(routerOf(views, { b, c }), get)).to.equal(code)
      expect([b.seen.length, c.seen.length]).to.deep.equal([2, 1])
    })
  }

  it('never sends again a write that may have been carried out; a read or a purge it does, by the next view', async () => {
    const add: Command = { type: 'counter.add', key, by: '1' }
    for (const [command, times] of [
      [add, 1],
      [get, 2],
      [{ type: 'responses.clear' }, 2],
    ] as const) {
      const b = new Recorder('b', 'UNREACHABLE')
      const views = new ScriptedViews(placed(1, ['b']), placed(2, ['b']))
      expect(await codeOf(routerOf(views, { b }), command)).to.equal('UNREACHABLE')
      expect(b.seen.length).to.equal(times)
    }
  })

  it('says that it is not ready before the first view, and when there is no member at all', async () => {
    expect(await codeOf(routerOf(new ScriptedViews(), {}), get)).to.equal('NOT_READY')
    for (const command of [get, { type: 'activity', limit: 10 }, { type: 'responses.clear' }] as const) {
      const router = routerOf(new ScriptedViews(placed(1, [])), {})
      expect(await codeOf(router, command), command.type).to.equal('NOT_READY')
    }
  })
})

describe('the receiver of a command', () => {
  const key = keyOf('a', ['a', 'b'])
  const routed = (key: string): RoutedCommand => ({
    command: { type: 'value.get', key },
    requestId: 'r',
    traced: false,
    remainingMs: 1000,
  })
  const catchUpOf = (clock: Clock, views: ScriptedViews) =>
    new CatchUp({ clock, views, stamps: new StampClock('a'), learn: (view) => views.learn(view) })
  const inboxOf = (views: ScriptedViews, local: Engine) =>
    new Inbox({ clock: systemClock, log: silent, local, catchUp: catchUpOf(systemClock, views) })

  it('hands everything to its local engine, and passes on what that refuses', async () => {
    const inbox = inboxOf(new ScriptedViews(placed(1, ['a', 'b'])), new Recorder('a', 'WRONG_OWNER'))
    const { results } = await inbox.execute({
      format: CURRENT,
      epoch: 1,
      time: 1,
      commands: [routed(key), routed(key)],
    })
    expect(results.map((result) => 'error' in result && result.error.code)).to.deep.equal(
      Array(2).fill('WRONG_OWNER'),
    )
  })

  it('catches up first when the sender has seen a later view', async () => {
    const local = new Recorder('a')
    const inbox = inboxOf(new ScriptedViews(placed(1, ['b']), placed(2, ['a', 'b'])), local)
    const { results } = await inbox.execute({ format: CURRENT, epoch: 2, time: 1, commands: [routed(key)] })
    expect(results).to.deep.equal([{ reply: { type: 'missing', owner: 'a' } }])
  })

  it('waits for a view that does not come only once', async () => {
    const clock = new FakeClock()
    const silentViews = new ScriptedViews(placed(1, ['b']))
    let waits = 0
    silentViews.after = async () => {
      waits++
      return silentViews.placed
    }
    const catchUp = catchUpOf(clock, silentViews)
    const inbox = new Inbox({ clock, log: silent, local: new Recorder('a'), catchUp })
    for (let batch = 0; batch < 3; batch++)
      await inbox.execute({ format: CURRENT, epoch: 2, time: 1, commands: [routed(key)] })
    expect(waits).to.equal(1)
  })

  it('answers nothing that is asked of all by an older view than the sender has', async () => {
    const views = new ScriptedViews(placed(1, ['b']))
    const local = new Recorder('a')
    const ask = async () => {
      const commands = [{ ...routed(key), command: { type: 'responses.clear' } as const }]
      const { results } = await inboxOf(views, local).execute({
        format: CURRENT,
        epoch: 2,
        time: 1,
        commands,
      })
      return results.map((result) => ('error' in result ? result.error.code : 'carried out'))
    }
    expect(await ask()).to.deep.equal(['NOT_READY'])
    expect(local.seen).to.deep.equal([])
    views.learn(placed(2, ['a', 'b']).view)
    expect(await ask()).to.deep.equal(['carried out'])
  })

  it('learns a later view from the sender, and shows its own to one that is behind', async () => {
    const views = new ScriptedViews(placed(3, ['a', 'b']))
    const inbox = inboxOf(views, new Recorder('a'))
    expect((await inbox.execute({ format: CURRENT, epoch: 2, time: 1, commands: [] })).view).to.have.property(
      'epoch',
      3,
    )
    expect((await inbox.execute({ format: CURRENT, epoch: 3, time: 1, commands: [] })).view).to.equal(
      undefined,
    )
    const { view } = placed(7, ['a', 'b', 'c'])
    const response = await inbox.execute({ format: CURRENT, epoch: 7, time: 1, view, commands: [] })
    expect(response).to.deep.include({ epoch: 7, view: undefined })
  })
})
