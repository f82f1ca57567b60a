/** Whether a caller may have a command carried out, whichever door it comes by. */
import { expect } from 'chai'
import fc from 'fast-check'
import { permitted } from '../../node/permission.ts'
import { type Command, familyOfCommand, isWrite, rightsFor } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { EVERYTHING, NOTHING, RIGHTS, type Right, type Rights } from '../../shared/rights.ts'
import { command as anyCommand } from './cluster/wire/commands.ts'

const withRights = (...can: Right[]): Rights => ({ name: 'some', can: new Set(can) })

function refused(command: Command, rights: Rights): string | undefined {
  try {
    permitted(command, rights)
    return undefined
  } catch (error) {
    expect(error).to.be.instanceOf(LarderError).and.have.property('code', 'FORBIDDEN')
    return error instanceof LarderError ? error.message : ''
  }
}

function forAny(law: (command: Command) => void): void {
  const alone = anyCommand.filter(({ type }) => type !== 'together')
  fc.assert(fc.property(alone, law), { numRuns: 500 })
}

describe('a command', () => {
  it('is carried out as it is for whoever may do everything', () => {
    forAny((command) => {
      expect(permitted(command, EVERYTHING)).to.equal(command)
    })
  })

  it('needs a right that its row says, alone, and nothing is done for whoever has none', () => {
    forAny((command) => {
      const needed = rightsFor(command)
      const told = needed.join(' or ')
      expect(refused(command, NOTHING), command.type).to.include(told)
      expect(refused(command, withRights(...RIGHTS.filter((one) => !needed.includes(one))))).to.include(told)
      for (const right of needed) expect(refused(command, withRights(right))).to.equal(undefined)
      if (isWrite(command)) expect(needed, command.type).to.not.include('read')
    })
  })

  it('about a key is for whoever may have keys that begin so', () => {
    const shop = { ...withRights(...RIGHTS), prefix: 'shop:' }
    forAny((command) => {
      if (!('key' in command) || familyOfCommand(command) === 'response') return
      for (const key of ['shop', 'Shop:1', ' shop:1', 'x', 'shop\0:'])
        expect(refused({ ...command, key } as Command, shop), key).to.include('"shop:"')
      for (const key of ['shop:', 'shop:1'])
        expect(refused({ ...command, key } as Command, shop)).to.equal(undefined)
    })
  })

  it('with others needs what each of them needs', () => {
    const [get, set] = [
      { type: 'value.get', key: 'shop:1' },
      { type: 'value.delete', key: 'shop:2' },
    ] as const
    const together = { type: 'together', key: 'shop:1', commands: [get, set] } as const
    expect(refused(together, withRights('write'))).to.include('read')
    expect(refused(together, withRights('read'))).to.include('write')
    const shop = { ...withRights('read', 'write'), prefix: 'shop:1' }
    expect(refused(together, shop)).to.include('"shop:1"')
    expect(refused({ ...together, commands: [get] }, shop)).to.equal(undefined)
  })

  it('that tells of many tells of those that begin so', () => {
    const activity = { type: 'activity', limit: 3 } as const
    expect(permitted(activity, { ...withRights('read'), prefix: 'shop:' })).to.deep.equal({
      ...activity,
      prefix: 'shop:',
    })
    expect(permitted(activity, withRights('read'))).to.deep.equal(activity)
    const narrowed = (prefix: string) =>
      permitted({ ...activity, prefix }, { ...withRights('read'), prefix: 'shop:' })
    expect(narrowed('sh')).to.deep.equal({ ...activity, prefix: 'shop:' })
    expect(narrowed('shop:1')).to.deep.equal({ ...activity, prefix: 'shop:1' })
    expect(() => narrowed('bank')).to.throw('"shop:"')
  })

  it('about a response is for whoever may have that tenant, and for nobody where no key names it', () => {
    const tenants = new Set(['acme', 'zeta'])
    const acme = { ...withRights(...RIGHTS), orgId: 'acme', tenants: new Set(['acme']) }
    const any = { ...withRights(...RIGHTS), tenants }
    const clear = { type: 'responses.clear' } as const
    const get = { type: 'response.get', key: '/a', query: '' } as const
    for (const about of [clear, get]) {
      expect(refused({ ...about, tenant: 'acme' }, acme)).to.equal(undefined)
      expect(refused({ ...about, tenant: 'zeta' }, acme)).to.include('the tenant acme')
      expect(refused({ ...about, tenant: 'zeta' }, any)).to.equal(undefined)
      expect(refused({ ...about, tenant: 'invented' }, any)).to.include('no key names this tenant')
      expect(refused({ ...about, tenant: 'invented' }, withRights(...RIGHTS))).to.equal(undefined)
    }
    expect(refused(clear, acme)).to.include('this is about all')
    expect(refused(clear, any)).to.equal(undefined)
    expect(refused({ ...get, tenant: '' }, acme), 'what is the same for all').to.equal(undefined)
    // Keys are nobody's, unless a prefix says so.
    expect(refused({ type: 'value.get', key: 'k' }, acme)).to.equal(undefined)
  })
})
