/** What is remembered for a refresh, and how little of it. */
import { expect } from 'chai'
import { Tokens } from '../../../node/sources/tokens.ts'
import type { ResponseQuery } from '../../../shared/response-command.ts'

const fetched = (tenant: string, authorization?: string, query = '', key = '/a'): ResponseQuery => ({
  key,
  tenant,
  query,
  ...(authorization !== undefined && { authorization }),
})

describe('tokens', () => {
  it('are the latest of each tenant and query', () => {
    const tokens = new Tokens(1_000_000)
    tokens.remember(fetched('acme', 'one'))
    tokens.remember(fetched('acme', 'two', '?x'))
    tokens.remember(fetched('zeta', 'three'))
    tokens.remember(fetched('acme', 'four'))
    expect(tokens.of('/a')).to.have.deep.members([
      fetched('acme', 'four'),
      fetched('acme', 'two', '?x'),
      fetched('zeta', 'three'),
    ])
  })

  it('do not outlive a fetch without one', () => {
    const tokens = new Tokens(1_000_000)
    tokens.remember(fetched('acme', 'one'))
    tokens.remember(fetched('acme'))
    expect(tokens.of('/a')).to.deep.equal([fetched('acme')])
  })

  it('are not remembered beyond a length that any real one has', () => {
    const tokens = new Tokens(1_000_000)
    tokens.remember(fetched('acme', 'x'.repeat(5000)))
    expect(tokens.of('/a')).to.deep.equal([])
  })

  it('keep nothing of a request but what a fetch needs', () => {
    const tokens = new Tokens(1_000_000)
    const more = { ...fetched('acme', 'one'), type: 'response.fetch', body: 'large' }
    tokens.remember(more)
    expect(tokens.of('/a')).to.deep.equal([fetched('acme', 'one')])
  })

  it('are of so many responses of a path, the latest', () => {
    const tokens = new Tokens(1_000_000)
    for (let index = 0; index < 500; index++) {
      tokens.remember(fetched(`t${index}`, 'x'))
      tokens.remember(fetched('often', 'x'))
    }
    const tenants = tokens.of('/a').map(({ tenant }) => tenant)
    expect(tenants).to.have.length(100)
    expect(tenants).to.include.members(['often', 't499', 't401'])
  })

  it('take no more than they may, however many there are and whatever they are, and the latest stay', () => {
    const tokens = new Tokens(100_000)
    for (let index = 0; index < 1000; index++) {
      tokens.remember(
        fetched(`t${index % 7}`, 'x'.repeat((index * 97) % 4096), `?${index % 5}`, `/${index % 50}`),
      )
      expect(tokens.bytes).to.be.within(1, 100_000)
      expect(tokens.of(`/${index % 50}`)).to.not.deep.equal([])
    }
  })

  it('take nothing where nothing is remembered', () => {
    const tokens = new Tokens(700)
    tokens.remember(fetched('acme', 'x'))
    tokens.remember(fetched('acme', 'y', '', '/b'))
    expect([tokens.of('/a').length, tokens.of('/b').length]).to.deep.equal([0, 1])
    tokens.remember(fetched('acme', 'x'.repeat(2000), '', '/b'))
    expect([tokens.of('/b').length, tokens.bytes]).to.deep.equal([0, 0])
  })
})
