/** What goes wrong where the engine is to say what has changed: counted each time, and told once of each primary. */
import { expect } from 'chai'
import { pino } from 'pino'
import { type FeedTask, FeedTrouble } from '../../node/redis/feed-trouble.ts'

describe('trouble with what an engine is to say', () => {
  it('is counted each time, and told when it begins and is over, of each primary by itself', async () => {
    const lines: { msg: string; address?: string; trouble?: string }[] = []
    const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) })
    const counted: FeedTask[] = []
    const trouble = new FeedTrouble({ log, onFailed: (task) => counted.push(task) })
    const ask = async (address: string, doing: Promise<unknown>, isInVain = false) =>
      await trouble.watch('changes', doing, { address, isInVain: () => isInVain }).catch(() => 'thrown')
    const fails = () => Promise.reject(new Error('it was called off'))

    expect(await ask('a:1', fails(), true)).to.equal('thrown')
    expect([counted, lines]).to.deep.equal([[], []])
    for (const address of ['a:1', 'b:1', 'a:1']) expect(await ask(address, fails())).to.equal('thrown')
    expect(await ask('a:1', Promise.resolve('told'))).to.equal('told')
    expect(await ask('a:1', fails())).to.equal('thrown')
    expect(counted).to.deep.equal(['changes', 'changes', 'changes', 'changes'])
    expect(lines.map(({ msg, address }) => [msg.includes('says again'), address])).to.deep.equal([
      [false, 'a:1'],
      [false, 'b:1'],
      [true, 'a:1'],
      [false, 'a:1'],
    ])
    expect(lines[0]?.trouble).to.equal('it was called off')
  })
})
