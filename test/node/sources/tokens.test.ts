/** What is remembered for a refresh, and how little of it. */
import { expect } from 'chai'
import { type Fetched, Tokens } from '../../../node/sources/tokens.ts'

const fetched = (tenant: string, authorization?: string, query = '', key = '/a'): Fetched => ({
  key,
  tenant,
  query,
  ...(authorization !== undefined && { authorization }),
})

describe('tokens', () => {
  it('are the latest of each tenant and query', () => {
    const tokens = new Tokens()
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
    const tokens = new Tokens()
    tokens.remember(fetched('acme', 'one'))
    tokens.remember(fetched('acme'))
    expect(tokens.of('/a')).to.deep.equal([fetched('acme')])
  })

  it('are not remembered beyond a length that any real one has', () => {
    const tokens = new Tokens()
    tokens.remember(fetched('acme', 'x'.repeat(5000)))
    expect(tokens.of('/a')).to.deep.equal([])
  })

  it('keep nothing of a request but what a fetch needs', () => {
    const tokens = new Tokens()
    const more = { ...fetched('acme', 'one'), type: 'response.fetch', body: 'large' }
    tokens.remember(more)
    expect(tokens.of('/a')).to.deep.equal([fetched('acme', 'one')])
  })

  it('are of so many responses of a path, the latest', () => {
    const tokens = new Tokens()
    for (let index = 0; index < 500; index++) {
      tokens.remember(fetched(`t${index}`, 'x'))
      tokens.remember(fetched('often', 'x'))
    }
    const tenants = tokens.of('/a').map(({ tenant }) => tenant)
    expect(tenants).to.have.length(100)
    expect(tenants).to.include.members(['often', 't499', 't401'])
  })

  it('are of so many paths, the latest', () => {
    const tokens = new Tokens()
    for (let index = 0; index < 1010; index++) tokens.remember(fetched('acme', 'x', '', `/${index}`))
    expect(tokens.of('/9')).to.deep.equal([])
    expect(tokens.of('/10')).to.have.length(1)
  })
})
