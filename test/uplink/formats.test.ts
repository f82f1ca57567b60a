/** Members that do not understand each other: whom uplink refuses, as pure logic and over real sockets. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Member } from '../../shared/view.ts'
import { EMPTY, formatsOf, join, memberOf, strangersTo } from '../../uplink/registry.ts'
import { FakeMember } from './fake-member.ts'
import { leaving, member, registered } from './registries.ts'
import { patient, start } from './start.ts'

const speaking = (one: Member, ...formats: number[]): Member => ({ ...one, formats })

describe('registry: formats', () => {
  const anySpeaker = fc
    .record({
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      life: fc.integer({ min: 1, max: 3 }),
      formats: fc.option(fc.subarray([2, 3, 4, 5]), { nil: undefined }),
    })
    .map(({ id, life, formats }) => ({ ...member(id, life), ...(formats && { formats }) }))

  it('any two members have one in common', () => {
    fc.assert(
      fc.property(fc.array(anySpeaker, { maxLength: 12 }), (asking) => {
        const { members } = asking.reduce((now, one) => join(now, one, memberOf(now, one.id)), EMPTY)
        for (const one of members) {
          for (const other of members.filter(({ id }) => id !== one.id)) {
            expect(formatsOf(one)).not.empty
            expect(formatsOf(other).some((each) => formatsOf(one).includes(each))).equal(true)
          }
        }
      }),
    )
  })

  it('who tells none speaks the third', () => {
    const now = registered(member('a'))
    expect(strangersTo(now, speaking(member('b'), 4, 3))).deep.equal([])
    expect(strangersTo(now, speaking(member('b'), 4)).map(({ id }) => id)).deep.equal(['a'])
  })

  it('who was admitted is not refused, unless it changes them; who leaves neither hinders nor is hindered', () => {
    const now = registered(speaking(member('a'), 3), speaking(member('b'), 4, 3))
    const moved = { ...speaking(member('a'), 3), url: 'http://elsewhere:4000' }
    expect(strangersTo(now, moved)).deep.equal([])
    expect(strangersTo(now, speaking(member('a'), 5)).map(({ id }) => id)).deep.equal(['b'])
    expect(strangersTo(now, leaving(speaking(member('c'), 5)))).deep.equal([])
    const without = ['a', 'b'].reduce((made, id) => {
      const known = memberOf(made, id)
      return known === undefined ? made : join(made, leaving(known), known)
    }, now)
    expect(strangersTo(without, speaking(member('c'), 5))).deep.equal([])
  })

  it('one that tells more than before is the same member, as a new epoch', () => {
    const now = registered(member('a'))
    const told = { ...speaking(member('a'), 4, 3), version: '0.2.0' }
    const after = join(now, told, memberOf(now, 'a'))
    expect(after).deep.equal({ epoch: 2, copies: 0, members: [{ ...told, since: 1 }] })
  })
})

describe('uplink: a member that others do not understand', () => {
  it('is refused, named with its version and theirs, and told of once', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    await using b = await FakeMember.start('b')
    await using c = await FakeMember.start('c')
    await uplink.client.lease(a.member)
    const understood = { ...speaking(b.member, 4, 3), version: '0.2.0' }
    await uplink.client.lease(understood)
    const stranger = { ...speaking(c.member, 6, 5), version: '0.4.0' }
    for (let attempt = 0; attempt < 2; attempt++) {
      const { status, code, text } = await uplink.client.renew(stranger)
      expect([status, code]).deep.equal([409, 'NOT_UNDERSTOOD'])
      expect(text).include('c (0.4.0, formats 6 5)').and.include('b (0.2.0, formats 4 3)')
      expect(text).include('a (of an older version, formats 3)')
    }
    expect(await uplink.client.metric('larder_uplink_not_understood_total')).equal(1)
    const lines = uplink.logged.filter((line) => line === 'a member is refused: others do not understand it')
    expect(lines).length(1)
    expect((await uplink.client.view()).members).deep.equal([a.member, understood])
    for (const { member: old } of [a, b]) await uplink.client.leave(old)
    expect((await uplink.client.renew(stranger)).status).equal(200)
  })
})
