/** How many members hold each slot is what the registry says, and whoever starts an uplink with another COPIES changes it. */
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { redisForEach } from '../support/redis.ts'
import { FakeMember } from './fake-member.ts'
import { patient, start } from './start.ts'

describe('uplink on Redis: copies', () => {
  const redis = redisForEach()

  const withCopies = (copies: number) => start({ REDIS_URL: redis().url, ...patient, COPIES: String(copies) })
  const warned = (logged: readonly string[]) =>
    logged.filter((line) => line.startsWith('the number of copies'))

  it('that are others at the next start are a new epoch, in the journal and the log', async () => {
    await using a = await FakeMember.start('a')
    const first = await withCopies(1)
    await first.client.lease(a.member)
    await first[Symbol.asyncDispose]()
    await using second = await withCopies(2)
    expect(await second.client.view()).deep.equal({ epoch: 2, copies: 2, members: [a.member] })
    expect(warned(second.logged)).deep.equal(['the number of copies has changed, as this uplink is set'])
    expect(await second.client.happened()).include(': copies: 2 instead of 1')
    await using _third = await withCopies(2)
    expect((await second.client.view()).epoch).equal(2)
  })

  it('of several uplinks the one that was started last sets them, once', async () => {
    await using a = await FakeMember.start('a')
    await using b = await FakeMember.start('b')
    await using one = await withCopies(1)
    await one.client.lease(a.member)
    await using other = await withCopies(3)
    expect(await one.client.view(1)).deep.include({ epoch: 2, copies: 3 })
    expect(warned(one.logged)).deep.equal([
      'the number of copies has changed, as another uplink is set, other than this one',
    ])
    await one.client.lease(b.member, { epoch: 2 })
    expect(await other.client.watchFor('a', 'b')).deep.include({ epoch: 3, copies: 3 })
    expect(await one.client.view()).deep.include({ epoch: 3, copies: 3 })
  })

  it('of several uplinks on an empty registry it is the last one too', async () => {
    await using a = await FakeMember.start('a')
    await using one = await withCopies(1)
    await using _other = await withCopies(3)
    await one.client.lease(a.member)
    expect(await one.client.view()).deep.include({ epoch: 1, copies: 3 })
  })

  it('are set in a registry that the former version wrote, which knew none, whenever it writes', async () => {
    await using a = await FakeMember.start('a')
    const former = JSON.stringify({ epoch: 7, members: [a.member] })
    const client = new Redis(redis().url)
    await client.set('larder:view', former)
    await using uplink = await withCopies(2)
    expect(await uplink.client.view()).deep.equal({ epoch: 8, copies: 2, members: [a.member] })
    await client.set('larder:view', JSON.stringify({ epoch: 9, members: [a.member] }))
    expect(await uplink.client.view(8)).deep.equal({ epoch: 10, copies: 2, members: [a.member] })
    client.disconnect()
  })
})
