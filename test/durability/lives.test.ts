/** However often a node is started again, its counters stay as small as they were. */
import { expect } from 'chai'
import { DiskNode } from './disk-node.ts'

const LIVES = 6

/** By which names a counter is kept. */
function namesOf(node: DiskNode, key: string): string[] {
  using database = node.open()
  const row = database.prepare('SELECT state FROM counters WHERE key = ?').get(key)
  return JSON.parse(String(row?.['state'])).tallies.map(([name]: [string]) => name)
}

describe('a counter that many lives of a node have touched', () => {
  it('says what all of them have counted, and keeps what one or two of them would', async () => {
    await using node = await DiskNode.start({ SYNC_INTERVAL_MS: '0' })
    for (let life = 1; life <= LIVES; life++) {
      expect((await node.increment('lives', '5')).text).to.equal(String(5 * life))
      expect((await node.increment('lives', '-2', `of life ${life}`)).text).to.equal(String(5 * life - 2))
      expect((await node.increment('lives', '2')).text).to.equal(String(5 * life))
      await (life % 2 === 0 ? node.kill() : node.stop())
      await node.start()
    }
    const names = namesOf(node, 'lives')
    expect(names.filter((name) => !name.startsWith('fold '))).to.have.lengthOf(1)
    expect(names.length).to.be.at.most(3)
  })
})
