/** What there is no room for goes from a cluster that is full, and whoever watches is told so, of all that went and of nothing else. */
import { expect } from 'chai'
import { Book } from '../support/book.ts'
import { post } from '../support/cluster.ts'
import { ProcessCluster } from '../support/processes.ts'
import { until } from '../support/until.ts'

const KEYS = 600
const DATA = 'x'.repeat(8 * 2 ** 10)

describe('those who watch a cluster that is full', () => {
  it('are told which values were evicted, whichever member did so, and know what is left', async function () {
    this.timeout(60_000)
    await using cluster = await ProcessCluster.start(['a', 'b'], {
      node: { LOG_LEVEL: 'warn', MAX_BYTES: '2MiB' },
    })
    const urls = ['a', 'b'].map((id) => cluster.member(id).url)
    const [url = ''] = urls
    const keys = Array.from({ length: KEYS }, (_, index) => `crumb:${index}`)
    const queries = ['?prefix=crumb:', '?prefix=crumb:&snapshot=1']
    await using stack = new AsyncDisposableStack()
    const opening = urls.flatMap((at) => queries.map((query) => Book.open({ urls: [at], query })))
    const books = (await Promise.all(opening)).map((book) => stack.use(book))
    for (const key of keys) expect((await post(`${url}/api`, { key, data: DATA })).status).to.equal(200)
    const left = async () => {
      const ops = keys.map((key) => ({ op: 'has', key }))
      const { body } = await post(`${url}/api/v1/batch`, { ops })
      const results = body['results'] as { has: boolean }[]
      return keys.filter((_, index) => results[index]?.has)
    }
    const wrong = (book: Book, there: ReadonlySet<string>) =>
      keys.filter((key) => book.now.has(key) !== there.has(key)).length
    await until(
      async () => {
        const there = new Set(await left())
        return books.map((book) => wrong(book, there))
      },
      (all) => all.every((count) => count === 0),
    )
    expect((await left()).length).to.be.within(1, KEYS - 1)
    for (const book of books) {
      const deletes = book.heard.filter(({ event }) => event === 'delete')
      expect(new Set(deletes.map(({ data }) => data['reason']))).to.deep.equal(new Set(['evicted']))
      expect(book.gaps).to.equal(0)
    }
  })
})
