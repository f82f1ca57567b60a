/** The listener against a real broker: nothing that is written to a topic is lost, whatever ends meanwhile. */
import { expect } from 'chai'
import { systemClock } from '../../../../shared/clock.ts'
import { Ears, KafkaBroker, needKafka, sumOf } from '../../../support/kafka.ts'
import { until } from '../../../support/until.ts'

let broker: KafkaBroker
let groups = 0

function newGroup(): string {
  groups++
  return `group-${groups}`
}

/** Waits until every partition has been begun with. */
async function begun(groupId: string, topic: string, partitions = 1): Promise<void> {
  await until(
    () => broker.committed(groupId, topic, partitions),
    (offsets) => offsets.every((offset) => offset >= 0),
  )
}

async function committed(groupId: string, topic: string, offsets: readonly number[]): Promise<void> {
  await until(
    () => broker.committed(groupId, topic, offsets.length),
    (now) => now.join() === offsets.join(),
  )
}

function numbered(topic: string, from: number, to: number): { topic: string; value: string }[] {
  return Array.from({ length: to - from }, (_, index) => ({ topic, value: `${from + index}` }))
}

describe('a listener to Kafka', function () {
  this.timeout(60_000)

  before(async function () {
    needKafka(this)
    this.timeout(300_000) // The first time, it is downloaded.
    broker = await KafkaBroker.start()
  })

  after(async () => {
    await broker?.[Symbol.asyncDispose]()
  })

  it('begins with what comes after its group was made, and hears all that follows', async () => {
    const groupId = newGroup()
    await broker.createTopic('first', 3)
    await broker.send([{ topic: 'first', partition: 0, value: 'old' }])
    await using ears = new Ears(broker, ['first'], groupId)
    await begun(groupId, 'first', 3)
    expect(await broker.committed(groupId, 'first', 3)).to.deep.equal([1, 0, 0])
    await broker.send(
      [0, 1, 2].map((partition) => ({ topic: 'first', partition, value: `new ${partition}` })),
    )
    await ears.hears('first new 0', 'first new 1', 'first new 2')
    expect(ears.heard).not.to.include('first old')
    await committed(groupId, 'first', [2, 1, 1])
    expect(await sumOf(ears.metrics.messages)).to.equal(3)
    expect(ears.listener.trouble).to.equal(undefined)
  })

  it('passes on messages without a value, and empty ones, as they are', async () => {
    const groupId = newGroup()
    await broker.createTopic('hollow')
    await using ears = new Ears(broker, ['hollow'], groupId)
    await begun(groupId, 'hollow')
    await broker.send([
      { topic: 'hollow', value: null },
      { topic: 'hollow', value: '' },
      { topic: 'hollow', value: 'last' },
    ])
    await ears.hears('hollow last')
    expect(ears.values.map((value) => value?.length ?? null)).to.have.members([null, 0, 4])
    await committed(groupId, 'hollow', [3])
  })

  it('keeps what cannot be handled, commits nothing of it, and goes on with other partitions', async () => {
    const groupId = newGroup()
    await broker.createTopic('stuck', 2)
    await using ears = new Ears(broker, ['stuck'], groupId)
    ears.fails = (value) => value === 'bad'
    await begun(groupId, 'stuck', 2)
    await broker.send([
      { topic: 'stuck', partition: 0, value: 'good' },
      { topic: 'stuck', partition: 0, value: 'bad' },
      { topic: 'stuck', partition: 0, value: 'behind' },
      { topic: 'stuck', partition: 1, value: 'beside' },
    ])
    await until(
      () => sumOf(ears.metrics.retries),
      (retries) => retries >= 3,
    )
    await broker.send([{ topic: 'stuck', partition: 1, value: 'beside later' }])
    await ears.hears('stuck good', 'stuck beside', 'stuck beside later')
    await committed(groupId, 'stuck', [1, 2])
    expect(ears.listener.trouble).to.include('stuck')
    ears.fails = () => false
    await ears.hears('stuck bad', 'stuck behind')
    await committed(groupId, 'stuck', [3, 2])
    expect(ears.listener.trouble).to.equal(undefined)
  })

  it('leaves to the next what it could not handle', async () => {
    const groupId = newGroup()
    await broker.createTopic('left')
    {
      await using ears = new Ears(broker, ['left'], groupId)
      ears.fails = () => true
      await begun(groupId, 'left')
      await broker.send(numbered('left', 0, 5))
      await until(
        () => sumOf(ears.metrics.retries),
        (retries) => retries >= 1,
      )
    }
    expect(await broker.committed(groupId, 'left')).to.deep.equal([0])
    await using next = new Ears(broker, ['left'], groupId)
    await next.hears(...numbered('left', 0, 5).map(({ value }) => `left ${value}`))
    await committed(groupId, 'left', [5])
  })

  it('tells how much is left to do', async () => {
    const groupId = newGroup()
    await broker.createTopic('lag')
    await using ears = new Ears(broker, ['lag'], groupId)
    ears.fails = () => true
    await begun(groupId, 'lag')
    await broker.send(numbered('lag', 0, 30))
    await until(
      () => sumOf(ears.metrics.lag),
      (lag) => lag === 30,
    )
    expect(await sumOf(ears.metrics.connected)).to.equal(1)
    ears.fails = () => false
    await until(
      () => sumOf(ears.metrics.lag),
      (lag) => lag === 0,
    )
  })

  it('hears all of a topic that appears later, and the others meanwhile', async () => {
    const groupId = newGroup()
    await broker.createTopic('there')
    await using ears = new Ears(broker, ['there', 'late'], groupId)
    await begun(groupId, 'there')
    await broker.send([{ topic: 'there', value: 'meanwhile' }])
    await ears.hears('there meanwhile')
    await broker.createTopic('late', 2)
    await broker.send([{ topic: 'late', partition: 1, value: 'before anybody knew' }])
    await ears.hears('late before anybody knew')
    await broker.addPartitions('late', 3)
    await broker.send([{ topic: 'late', partition: 2, value: 'in a partition that was added' }])
    await ears.hears('late in a partition that was added')
    await broker.deleteTopic('late')
    await broker.send([{ topic: 'there', value: 'to the end' }])
    await ears.hears('there to the end')
  })

  it('hands over at once when it ends', async () => {
    const groupId = newGroup()
    await broker.createTopic('handed', 4)
    await using stays = new Ears(broker, ['handed'], groupId)
    const goes = new Ears(broker, ['handed'], groupId)
    await begun(groupId, 'handed', 4)
    await until(
      async () => (await goes.metrics.lag.get()).values.length,
      (partitions) => partitions === 2,
    )
    const startedMs = systemClock.now()
    await goes[Symbol.asyncDispose]()
    await broker.send(
      [0, 1, 2, 3].map((partition) => ({ topic: 'handed', partition, value: `${partition}` })),
    )
    await stays.hears('handed 0', 'handed 1', 'handed 2', 'handed 3')
    // A member that is gone without a word is waited for, 15 s.
    expect(systemClock.now() - startedMs).to.be.below(5000)
  })

  it('loses nothing while members come and go', async () => {
    const groupId = newGroup()
    await broker.createTopic('busy', 6)
    await using ends = new AsyncDisposableStack()
    const all: Ears[] = []
    const join = () => all.push(ends.use(new Ears(broker, ['busy'], groupId)))
    join()
    const heard = () => new Set(all.flatMap((ears) => ears.heard))
    await begun(groupId, 'busy', 6)
    let sent = 0
    const sendUntil = (isEnough: () => boolean) =>
      until(async () => {
        await broker.send(numbered('busy', sent, sent + 100))
        sent += 100
        return isEnough()
      }, Boolean)
    await sendUntil(() => (all[0]?.heard.length ?? 0) > 0)
    join()
    await sendUntil(() => (all[1]?.heard.length ?? 0) > 0)
    await Promise.all([all[0]?.[Symbol.asyncDispose](), sendUntil(() => sent >= 2000)])
    join()
    await sendUntil(() => (all[2]?.heard.length ?? 0) > 0)
    await until(
      async () => heard().size,
      (size) => size === sent,
    )
    for (const ears of all) await ears[Symbol.asyncDispose]()
    const total = (await broker.committed(groupId, 'busy', 6)).reduce((sum, offset) => sum + offset, 0)
    expect(total).to.equal(sent)
  })

  it('goes on by itself after the broker was gone', async () => {
    const groupId = newGroup()
    await broker.createTopic('gone')
    await using ears = new Ears(broker, ['gone'], groupId)
    await begun(groupId, 'gone')
    await broker.send([{ topic: 'gone', value: 'before' }])
    await ears.hears('gone before')
    await broker.kill()
    await until(
      async () => ears.listener.trouble,
      (trouble) => trouble !== undefined,
    )
    expect(await sumOf(ears.metrics.connected)).to.equal(0)
    expect(await sumOf(ears.metrics.failures)).to.be.above(0)
    await broker.restart()
    await broker.send([{ topic: 'gone', value: 'after' }])
    await ears.hears('gone after')
    await until(
      async () => ears.listener.trouble,
      (trouble) => trouble === undefined,
    )
    expect(await sumOf(ears.metrics.connected)).to.equal(1)
  })

  it('starts without a broker, and stops without one', async () => {
    await broker.kill()
    const ears = new Ears(broker, ['nowhere'], newGroup())
    await until(
      async () => ears.listener.trouble,
      (trouble) => trouble?.includes('ECONNREFUSED') === true,
    )
    await ears[Symbol.asyncDispose]()
  })
})
