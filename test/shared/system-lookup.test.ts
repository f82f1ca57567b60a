/** `lookup` as Node and libraries call it. */
import { expect } from 'chai'
import type { Address } from '../../shared/lookups.ts'
import { lookupOf } from '../../shared/system-lookup.ts'

const BOTH = [
  { address: 'fd00::2', family: 6 },
  { address: '10.0.0.1', family: 4 },
]

describe('the lookup of a process', () => {
  const asked: string[] = []
  const find = async (name: string): Promise<readonly Address[]> => {
    asked.push(name)
    if (name === 'gone') throw Object.assign(new Error('gone'), { code: 'ENOTFOUND' })
    return BOTH
  }
  const lookup = lookupOf({ find })
  const ask = (name: string, options: Parameters<typeof lookup>[1]) =>
    new Promise((resolve) => lookup(name, options, (...answer) => resolve(answer)))

  it('gives the first address, or all in their order, or those of a family', async () => {
    expect(await ask('soup', {})).to.deep.equal([null, 'fd00::2', 6])
    expect(await ask('soup', { all: true })).to.deep.equal([null, BOTH])
    expect(await ask('soup', { family: 4 })).to.deep.equal([null, '10.0.0.1', 4])
    expect(await ask('soup', { family: 'IPv4', all: true })).to.deep.equal([null, BOTH.slice(1)])
    expect(await ask('soup', 4)).to.deep.equal([null, '10.0.0.1', 4])
    expect(await new Promise((resolve) => lookup('soup', (...answer) => resolve(answer)))).to.deep.equal([
      null,
      'fd00::2',
      6,
    ])
  })

  it('passes on why there is none', async () => {
    for (const [name, family] of [
      ['gone', 0],
      ['soup', 5],
    ] as const) {
      const [error] = (await ask(name, { family })) as [Error & { code?: string }]
      expect(error.code).to.equal('ENOTFOUND')
    }
  })

  it('asks nobody for an address', async () => {
    asked.splice(0)
    expect(await ask('127.0.0.1', {})).to.deep.equal([null, '127.0.0.1', 4])
    expect(await ask('::1', { all: true })).to.deep.equal([null, [{ address: '::1', family: 6 }]])
    expect(asked).to.deep.equal([])
  })
})
