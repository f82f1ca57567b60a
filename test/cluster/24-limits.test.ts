/** A limit holds for all clients at all members together, and where the member that counted is killed. */
import { expect } from 'chai'
import { Cluster, keysOf, post } from '../support/cluster.ts'
import { ProcessCluster } from '../support/processes.ts'
import { until } from '../support/until.ts'

const ids = ['a', 'b', 'c']
const CLIENTS = 200
/** So slow that nothing refills meanwhile. */
const WINDOW = 1_000_000

/** How many of all that are asked for at once are allowed, and how many were answered at all. */
async function takeAtOnce(urls: readonly string[], key: string, limit: number) {
  const asked = Array.from({ length: CLIENTS }, async (_, client) => {
    const url = urls[client % urls.length] ?? ''
    const statuses: number[] = []
    for (let time = 0; time < 3; time++) {
      const answer = await post(`${url}/api/v1/limits/${key}`, { limit, window: WINDOW }).catch(
        () => undefined,
      )
      statuses.push(answer?.status ?? 0)
    }
    return statuses
  })
  const statuses = (await Promise.all(asked)).flat()
  const count = (status: number) => statuses.filter((one) => one === status).length
  return { allowed: count(200), refused: count(429), others: statuses.length - count(200) - count(429) }
}

describe('a limit in a cluster', () => {
  it('allows just so many of two hundred clients at all members', async () => {
    await using cluster = await Cluster.start({ ids })
    const urls = ids.map((id) => cluster.url(id))
    for (const key of ids.flatMap((id) => keysOf(id, ids, 1)))
      expect(await takeAtOnce(urls, key, 100)).to.deep.equal({ allowed: 100, refused: 500, others: 0 })
  })

  it('allows no more than that, and what was under way, where its owner is killed', async function () {
    this.timeout(60_000)
    await using cluster = await ProcessCluster.start(ids)
    const [key = ''] = keysOf('a', ids, 1)
    const others = ['b', 'c'].map((id) => cluster.member(id).url)
    const first = await takeAtOnce(others, key, 1000)
    expect(first).to.deep.equal({ allowed: 600, refused: 0, others: 0 })
    const taking = takeAtOnce(others, key, 1000)
    await cluster.member('a').process.kill()
    const second = await taking
    await until(
      () => cluster.view(),
      ({ members }) => members.length === 2,
    )
    const third = await takeAtOnce(others, key, 1000)
    const allowed = first.allowed + second.allowed + third.allowed
    expect(allowed, 'what was not answered may have been taken').to.be.at.most(1000)
    expect(allowed + second.others + third.others).to.be.at.least(1000)
  })
})
