/** Watching: whoever watches, at whichever node, is told all that is acknowledged, or that something is missing. */
import { expect } from 'chai'
import { Book } from '../support/book.ts'
import { get } from '../support/cluster.ts'
import { ProcessCluster } from '../support/processes.ts'
import { until } from '../support/until.ts'
import { disorderIn, valuesIn, Writers } from '../support/writers.ts'

async function isWhole(url: string): Promise<boolean> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return /^larder_slots_short 0$/m.test(text)
}

const WATCHERS = 100
const QUERIES = ['', '?snapshot=1', '?prefix=dish:&kinds=value', '?snapshot=1&prefix=dish:1']

describe('those who watch', () => {
  const keys = Array.from({ length: 30 }, (_, index) => `dish:${index}`)

  it('see all that is acknowledged while members join, leave, stand still and are killed', async function () {
    this.timeout(180_000)
    await using cluster = await ProcessCluster.start(['a', 'b', 'c'], { node: { LOG_LEVEL: 'warn' } })
    const urlOf = (id: string) => cluster.member(id).url
    const at = (...all: string[]) => all.map(urlOf)
    await using stack = new AsyncDisposableStack()
    const places = [at('a'), at('b', 'a'), at('c', 'a')]
    const opening = Array.from({ length: WATCHERS }, async (_, index) => {
      const [urls = [], query = ''] = [places[index % places.length], QUERIES[index % QUERIES.length]]
      return { query, book: stack.use(await Book.open({ urls, query })) }
    })
    const watching = await Promise.all(opening)
    const books = watching.map(({ book }) => book)
    const writers = new Writers(urlOf('a'), keys)
    await writers.more(10)
    await cluster.join('d')
    await writers.more(10)
    await cluster.member('b').process.stop()
    await writers.more(10)
    // A member that joins or leaves is nothing that anybody has to read anew for.
    expect(books.map(({ gaps }) => gaps)).to.deep.equal(books.map(() => 0))
    // Longer than its lease: the others go on without it, and it comes back.
    process.kill(cluster.member('d').process.pid, 'SIGSTOP')
    await writers.more(10)
    const areMembers = (count: number) =>
      until(
        async () => (await cluster.view()).members.length,
        (members) => members === count,
        30_000,
      )
    await areMembers(2)
    process.kill(cluster.member('d').process.pid, 'SIGCONT')
    await areMembers(3)
    const others = at('a', 'c', 'd')
    await until(
      async () => (await Promise.all(others.map(isWhole))).every(Boolean),
      (all) => all,
      60_000,
    )
    await cluster.member('c').process.kill()
    await writers.more(10)
    const acknowledged = await writers.stop()
    const ends = await Promise.all(
      keys.map(async (key) => (await get(`${urlOf('a')}/api?key=${key}`)).body['data']),
    )
    expect(ends).to.deep.equal(keys.map((key) => acknowledged.get(key)))
    for (const book of books) expect(disorderIn(book)).to.deep.equal([])
    // Who was told that something is missing, and has no state, reads; all others know everything.
    for (const { book, query } of watching.filter(
      ({ book, query }) => book.gaps === 0 || query.includes('snapshot'),
    )) {
      const meant = keys.filter((key) => !query.endsWith('prefix=dish:1') || key.startsWith('dish:1'))
      await until(
        async () => Object.fromEntries(valuesIn(book)),
        (now) => meant.every((key) => now[key] === acknowledged.get(key)),
        20_000,
      )
    }
    // Of what the killed member had not told yet nobody knows.
    expect(books.every(({ gaps }) => gaps > 0)).to.equal(true)
  })
})
