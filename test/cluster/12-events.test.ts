/** Events from Kafka to a whole cluster: every copy is reached, and none is missed while members come and go. */
import { expect } from 'chai'
import { Cluster, ownerOf } from '../support/cluster.ts'
import { KafkaBroker, needKafka } from '../support/kafka.ts'
import { until } from '../support/until.ts'
import { getFor, OBJECT_EVENTS, TestUpstream } from '../support/upstream.ts'

const { topic } = OBJECT_EVENTS
const PARTITIONS = 4

describe('events from Kafka', function () {
  this.timeout(120_000)
  let broker: KafkaBroker
  let upstream: TestUpstream
  let cluster: Cluster

  before(async function () {
    needKafka(this)
    broker = await KafkaBroker.start()
    await broker.createTopic(topic, PARTITIONS)
    upstream = await TestUpstream.start()
    upstream.answer = ({ tenant, number }) => ({ body: `${tenant} ${number}` })
    cluster = await Cluster.start({
      ids: ['a', 'b'],
      node: { ROUTES_FILE: await upstream.contract(), KAFKA_BROKERS: broker.address },
    })
    for (const id of ['a', 'b']) await listens(id)
  })
  after(async () => {
    await cluster?.[Symbol.asyncDispose]()
    await upstream?.[Symbol.asyncDispose]()
    await broker?.[Symbol.asyncDispose]()
  })

  const pathOf = (id: string | number) => `/server/object(${id})/header`
  const ask = (node: string, id: string | number, org = 'acme') =>
    getFor(org, `${cluster.url(node)}${pathOf(id)}`)
  const listens = (id: string) =>
    until(
      () => cluster.metric(id, 'larder_kafka_connected'),
      (connected) => connected === 1,
    )
  const update = (id: string | number, partition = 0) => ({
    topic,
    partition,
    value: JSON.stringify({ type: 'object.update', objectid: id }),
  })

  it("reach every tenant's copy, whichever member reads them", async () => {
    for (const org of ['acme', 'zeta']) await ask('a', 42, org)
    const calls = upstream.calls.length
    for (const org of ['acme', 'zeta']) await ask('b', 42, org)
    expect(upstream.calls).to.have.length(calls)
    await broker.send([update(42)])
    for (const org of ['acme', 'zeta']) {
      await until(
        () => ask('b', 42, org),
        ({ cacheStatus }) => cacheStatus.includes('fwd=miss'),
      )
    }
  })

  it('are counted and passed over when they cannot be understood, and the next ones are applied', async () => {
    await ask('a', 7)
    const poisoned = ['not json', '[]', '{"type":"object.update"}', '', null]
    const before = await total('larder_events_total')
    await broker.send([...poisoned.map((value) => ({ topic, partition: 1, value })), update(7, 1)])
    await until(
      () => ask('b', 7),
      ({ cacheStatus }) => cacheStatus.includes('fwd=miss'),
    )
    expect((await total('larder_events_total')) - before).to.equal(poisoned.length + 1)
    await until(
      () => broker.committed('larder', topic, PARTITIONS),
      (offsets) => offsets[1] === poisoned.length + 1,
    )
  })

  it('are not lost while one member leaves and another joins', async () => {
    // What stays with one owner all the time, so that nothing but its event can touch it.
    const stays = (id: number) =>
      [
        ['a', 'b'],
        ['a', 'c'],
      ].every((ids) => ownerOf(pathOf(id), ids) === 'a')
    const objects = Array.from({ length: 300 }, (_, index) => 1000 + index).filter(stays)
    expect(objects.length).to.be.above(20)
    await Promise.all(objects.map((id) => ask('a', id)))
    const events = objects.map((id, index) => update(id, index % PARTITIONS))
    const half = Math.floor(events.length / 2)
    const [leaving] = [cluster.leave('b'), await broker.send(events.slice(0, half))]
    const joining = cluster.join('c')
    await Promise.all([leaving, joining, broker.send(events.slice(half))])
    for (const id of objects) {
      await until(
        () => ask('a', id),
        ({ cacheStatus }) => cacheStatus.includes('fwd=miss'),
      )
    }
    await listens('c')
  })

  it('are applied once the broker is back', async () => {
    await ask('a', 99)
    await broker.restart()
    await broker.send([update(99, 2)])
    await until(
      () => ask('c', 99),
      ({ cacheStatus }) => cacheStatus.includes('fwd=miss'),
    )
  })

  async function total(name: string): Promise<number> {
    const sums = await Promise.all(['a', 'b'].map((id) => cluster.metric(id, name)))
    return sums.reduce((sum, value) => sum + value, 0)
  }
})
