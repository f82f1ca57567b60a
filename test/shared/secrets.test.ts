import { expect } from 'chai'
import { Secrets } from '../../shared/secrets.ts'

describe('secrets', () => {
  it('let everyone in when there are none', () => {
    expect(new Secrets([]).accept(undefined)).to.equal(true)
  })

  it('let in whoever offers one of them, and nobody else', () => {
    const secrets = new Secrets(['salt', 'pepper'])
    for (const known of ['salt', 'pepper']) expect(secrets.accept(known)).to.equal(true)
    for (const unknown of ['sal', 'salt ', 'SALT', '', undefined])
      expect(secrets.accept(unknown)).to.equal(false)
  })
})
