/** Watching, by the client: what becomes of what others write, in its own words. */
import { expect } from 'chai'
import { Larder, LarderError } from '../../client/larder.ts'
import { Cluster } from '../support/cluster.ts'
import { until } from '../support/until.ts'
import { gather } from './gather.ts'

describe('client: a watch', () => {
  it('tells what values, counters and reactions have become, and what is gone', async () => {
    await using cluster = await Cluster.start({ ids: ['a', 'b'] })
    using larder = new Larder({ urls: [cluster.url('a'), cluster.url('b')] })
    const { all, end } = gather(larder.watch({ prefix: 'w:', snapshot: true }))
    await until(
      async () => all.length,
      (length) => length > 0,
    )
    expect(all).deep.equal([{ type: 'snapshot-end', id: all[0]?.id }])
    expect(all[0]?.id).be.a('string')
    const etag = (await larder.set('w:json', { salt: 1 }))?.etag
    await larder.set('w:bytes', new Uint8Array([0, 255]), { ttl: 60 })
    await larder.counter('w:count').add(2n ** 60n)
    await larder.reactions('w:Stew').add('Sam', 'fire')
    await larder.set('other', 1)
    await until(
      async () => all.length,
      (length) => length === 5,
    )
    await larder.delete('w:json')
    await larder.reactions('w:Stew').remove('Sam', 'fire')
    await until(
      async () => all.length,
      (length) => length === 7,
    )
    const told = new Map(
      all.slice(1).map(({ id, ...change }) => [`${change.type} ${'key' in change && change.key}`, change]),
    )
    expect(told.get('change w:json')).deep.equal({
      type: 'change',
      kind: 'value',
      key: 'w:json',
      value: { salt: 1 },
      etag,
      contentType: 'application/json',
    })
    expect(told.get('change w:bytes')).deep.include({
      kind: 'value',
      value: new Uint8Array([0, 255]),
      contentType: 'application/octet-stream',
    })
    expect(told.get('change w:count')).deep.equal({
      type: 'change',
      kind: 'counter',
      key: 'w:count',
      value: 2n ** 60n,
    })
    expect(told.get('change w:Stew')).deep.equal({
      type: 'change',
      kind: 'reaction',
      key: 'w:Stew',
      user: 'Sam',
      reaction: 'fire',
      count: 1,
    })
    expect(told.get('delete w:json')).deep.equal({
      type: 'delete',
      kind: 'value',
      key: 'w:json',
      reason: 'deleted',
    })
    expect(told.get('delete w:Stew')).deep.equal({
      type: 'delete',
      kind: 'reaction',
      key: 'w:Stew',
      user: 'Sam',
      reaction: 'fire',
      count: 0,
      reason: 'deleted',
    })
    larder.close()
    expect(await end)
      .instanceOf(LarderError)
      .property('code', 'CLOSED')
    await until(
      async () => await Promise.all(['a', 'b'].map((id) => cluster.metric(id, 'larder_watchers'))),
      (counts) => counts.every((count) => count === 0),
    )
  })
})
