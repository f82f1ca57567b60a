/** Watching where clocks are wrong: what is told, and from where it goes on, is by position, whatever any clock says. */
import { expect } from 'chai'
import { Book } from '../support/book.ts'
import { ProcessCluster } from '../support/processes.ts'
import { until } from '../support/until.ts'
import { disorderIn, valuesIn, Writers } from '../support/writers.ts'

const SKEWED = '--import ./scripts/chaos/skewed-clock.ts'
const MINUTES = 60_000

/** What was told twice, where nothing was missed in between. */
function repeatedIn(book: Book): string[] {
  const last = new Map<unknown, unknown>()
  return book.heard.flatMap(({ event, data: { key, data } }) => {
    if (event === 'gap') last.clear()
    if (event !== 'change') return []
    const before = last.get(key)
    last.set(key, data)
    return data === before ? `${key}: ${data}` : []
  })
}

describe('those who watch members whose clocks are wrong', () => {
  it('are told everything once and in order, also where slots go from the one to the other, and go on anywhere', async function () {
    this.timeout(120_000)
    const ahead = new Map([
      ['b', 5 * MINUTES],
      ['c', -5 * MINUTES],
    ])
    const own = (id: string) => ({ NODE_OPTIONS: SKEWED, CLOCK_AHEAD_MS: String(ahead.get(id) ?? 0) })
    await using cluster = await ProcessCluster.start(['a', 'b', 'c'], { node: { LOG_LEVEL: 'warn' }, own })
    const urlOf = (id: string) => cluster.member(id).url
    const keys = Array.from({ length: 30 }, (_, index) => `dish:${index}`)
    await using stack = new AsyncDisposableStack()
    const watch = async (...urls: string[]) => stack.use(await Book.open({ urls, query: '?prefix=dish:' }))
    const staying = await Promise.all(['a', 'c'].map((id) => watch(urlOf(id))))
    const moving = await watch(urlOf('b'), urlOf('c'))
    const writers = new Writers(urlOf('a'), keys)
    await writers.more(10)
    // Whoever takes over is behind, and so is who comes back.
    await cluster.member('b').process.stop()
    await writers.more(10)
    ahead.set('b', -10 * MINUTES)
    await cluster.join('b')
    await writers.more(10)
    const acknowledged = await writers.stop()
    for (const book of [...staying, moving]) {
      await until(
        async () => Object.fromEntries(valuesIn(book)),
        (now) => keys.every((key) => now[key] === acknowledged.get(key)),
        20_000,
      )
      expect([disorderIn(book), book.gaps]).to.deep.equal([[], 0])
    }
    expect(moving.streams).to.equal(2)
    for (const book of staying) expect(repeatedIn(book)).to.deep.equal([])
  })
})
