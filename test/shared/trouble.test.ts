/** Trouble in the log: one line when it begins, one when it is over. */
import { expect } from 'chai'
import { pino } from 'pino'
import { Trouble } from '../../shared/trouble.ts'

function start() {
  const lines: { level: number; msg: string; peer?: string }[] = []
  const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const told = () => lines.splice(0).map(({ level, msg, peer }) => [level, msg, peer])
  return { told, trouble: new Trouble(log, { begins: 'a peer fails', ends: 'a peer answers again' }) }
}

describe('a trouble', () => {
  it('is told when it begins and when it is over, however often it happens in between', () => {
    const { trouble, told } = start()
    trouble.end()
    expect([trouble.isOn, told()]).to.deep.equal([false, []])
    for (const peer of ['b', 'c', 'b']) trouble.begin({ peer })
    expect([trouble.isOn, told()]).to.deep.equal([true, [[40, 'a peer fails', 'b']]])
    trouble.end({ peer: 'b' })
    trouble.end({ peer: 'b' })
    expect([trouble.isOn, told()]).to.deep.equal([false, [[30, 'a peer answers again', 'b']]])
  })

  it('begins anew after it was over', () => {
    const { trouble, told } = start()
    for (let round = 0; round < 2; round++) {
      trouble.begin()
      trouble.end()
    }
    expect(told().map(([, text]) => text)).to.deep.equal([
      'a peer fails',
      'a peer answers again',
      'a peer fails',
      'a peer answers again',
    ])
  })

  it('may be told in other words, where it means less this time', () => {
    const { trouble, told } = start()
    trouble.begin({}, { begins: 'waiting for a peer', level: 'info' })
    trouble.begin()
    expect(told()).to.deep.equal([[30, 'waiting for a peer', undefined]])
  })
})
