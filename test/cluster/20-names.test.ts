/** Names that cannot be looked up, which takes ten seconds each time, stop nothing that does not need them. */
import { expect } from 'chai'
import { post } from '../support/cluster.ts'
import { NameServer, needNamespaces } from '../support/name-server.ts'
import { nameOf, ProcessCluster } from '../support/processes.ts'
import { until } from '../support/until.ts'

const ids = ['a', 'b', 'c']
const keys = Array.from({ length: 60 }, (_, index) => `dish:${index}`)
/** Listened to, and nobody knows the name of its broker. */
const broker = { KAFKA_BROKERS: 'kafka.larder:9092', ROUTES_FILE: 'scripts/routes.json' }

describe('a name that cannot be looked up', function () {
  this.timeout(120_000)
  before(function () {
    needNamespaces(this)
  })

  it('of a broker costs a member that joins nothing, nor those who have not reached it before', async () => {
    await using names = await NameServer.start()
    await using cluster = await ProcessCluster.start(ids, { names, node: broker })
    for (const id of ids) await cluster.member(id).process.says('Kafka fails', 30_000)
    await cluster.join('d')
    await cluster.sees(4)
    expect(await statuses(cluster, [...ids, 'd'])).to.deep.equal(new Set([200]))
  })

  it('of uplink and of members costs no key, also once a member has stood still', async () => {
    await using names = await NameServer.start()
    await using cluster = await ProcessCluster.start(ids, { names })
    const all = ['uplink', ...ids].map(nameOf)
    expect(await statuses(cluster)).to.deep.equal(new Set([200]))
    await cluster.killUplink()
    names.lose(...all)
    await cluster.member('a').process.says('uplink fails', 30_000)
    const { pid } = cluster.member('b').process
    process.kill(pid, 'SIGSTOP')
    await until(
      () => statuses(cluster, ['a', 'c']),
      (found) => found.has(503),
    )
    process.kill(pid, 'SIGCONT')
    await isServed(cluster)
    names.know(all)
    await cluster.startUplink()
    await until(
      () => cluster.view(),
      ({ members }) => members.length === ids.length,
      20_000,
    )
    await isServed(cluster)
  })
})

async function isServed(cluster: ProcessCluster): Promise<void> {
  await until(
    () => statuses(cluster),
    (found) => found.size === 1 && found.has(200),
    20_000,
  )
}

/** What is answered to increments of all keys, through these members in turn. */
async function statuses(cluster: ProcessCluster, through = ids): Promise<Set<number>> {
  const answers = keys.map((key, index) => {
    const { url } = cluster.member(through[index % through.length] ?? '')
    return post(`${url}/api/v1/counters/${key}`, { by: 1 })
  })
  return new Set((await Promise.all(answers)).map(({ status }) => status))
}
