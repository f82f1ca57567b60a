/** What those are told who watch with a key: what it may read, for as long as it may. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { WebSocket } from 'ws'
import { Cluster } from '../support/cluster.ts'
import { until } from '../support/until.ts'

describe('those who watch with a key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'larder-watch-'))
  const file = join(folder, 'keys.json')
  const hash = (key: string) => createHash('sha256').update(key).digest('hex')
  const [shop, writer, all] = ['shop-key-0123456789', 'writer-key-0123456789', 'all-key-0123456789']
  after(() => rmSync(folder, { recursive: true }))

  it('are told of what they may read', async () => {
    const keys = [
      { name: 'shop', sha256: hash(shop), can: ['read'], prefix: 'shop:' },
      { name: 'writer', sha256: hash(writer), can: ['write'] },
    ]
    writeFileSync(file, JSON.stringify({ keys }))
    const uplink = { CLUSTER_SECRET: 'what-members-show' }
    const node = { ...uplink, KEYS_FILE: file, API_KEY: all }
    await using cluster = await Cluster.start({ ids: ['a'], node, uplink })
    const watch = (key: string, query: string, signal?: AbortSignal) =>
      fetch(`${cluster.url('a')}/api/v1/watch?${query}`, {
        headers: { 'api-key': key },
        signal: signal ?? null,
      })
    expect((await watch('wrong-key-0123456789', '')).status).to.equal(401)
    expect((await watch(writer, '')).status).to.equal(403)
    expect((await watch(shop, 'prefix=other')).status).to.equal(403)
    expect((await watch(shop, 'key=other')).status).to.equal(403)
    const gone = new AbortController()
    const { body } = await watch(shop, 'prefix=s', gone.signal)
    for (const key of ['salt', 'shop:1'])
      await fetch(`${cluster.url('a')}/api/v1/kv/${key}`, {
        method: 'PUT',
        headers: { 'api-key': all },
        body: '1',
      })
    let text = ''
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk
      if (text.includes('shop:1')) break
    }
    gone.abort()
    expect(text).to.not.include('salt')
  })

  it('are told no longer than their key may read, and everybody else goes on', async () => {
    const [keeper, other] = ['keeper-key-0123456789', 'other-key-0123456789']
    const named = (name: string, key: string, can: string[]) => ({
      name,
      sha256: hash(key),
      can,
      prefix: 's',
    })
    const put = (...keys: object[]) => writeFileSync(file, JSON.stringify({ keys }))
    put(named('shop', shop, ['read']), named('keeper', keeper, ['read']), named('other', other, ['read']))
    const uplink = { CLUSTER_SECRET: 'what-members-show' }
    const node = { ...uplink, KEYS_FILE: file, API_KEY: all }
    await using cluster = await Cluster.start({ ids: ['a'], node, uplink })
    const member = await cluster.join('b')
    await cluster.settle()
    const open = async (key: string) => {
      const stream = { isOver: false }
      const { body } = await fetch(`${cluster.url('b')}/api/v1/watch`, { headers: { 'api-key': key } })
      void body
        ?.pipeTo(new WritableStream())
        .catch(() => {})
        .finally(() => {
          stream.isOver = true
        })
      return stream
    }
    const headers = { 'api-key': shop }
    const socket = new WebSocket(`${cluster.url('b').replace('http', 'ws')}/api/v1/watch`, { headers })
    await once(socket, 'message')
    const streams = await Promise.all([shop, keeper, other, all].map(open))
    put(
      named('shop', 'another-key-0123456789', ['read']),
      named('keeper', keeper, ['read']),
      named('other', other, ['write']),
    )
    const closed = once(socket, 'close')
    member.renew?.()
    await closed
    await until(
      async () => streams.map(({ isOver }) => isOver),
      ([ofShop, , ofOther]) => ofShop === true && ofOther === true,
    )
    expect(streams.map(({ isOver }) => isOver)).to.deep.equal([true, false, true, false])
  })
})
