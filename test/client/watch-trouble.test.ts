/** Watching, by the client: what it makes of nodes that are in trouble, and of what is none of their answers. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect } from 'chai'
import { Exchanges } from '../../client/exchange.ts'
import { type Change, Larder, type Watch } from '../../client/larder.ts'
import { Stream } from '../../client/stream.ts'
import { until } from '../support/until.ts'
import { FakeNode } from './fake-node.ts'
import { gather } from './gather.ts'

async function next<T>(watch: Watch<T>): Promise<Change<T>> {
  const { done, value } = await watch.next()
  if (done === true) throw new Error('it is over')
  return value
}

const HEAD = 'retry: 1000\n\n'
const beat = (id: string) => `: beat\nid: ${id}\n\n`
const change = (key: string, id: string) =>
  `event: change\nid: ${id}\ndata: ${JSON.stringify({ kind: 'counter', key, value: '1' })}\n\n`

/** What each who asks is told, and asks with. */
function telling(...texts: readonly string[]) {
  const asked: (string | undefined)[] = []
  const open: ServerResponse[] = []
  const watched = (request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(HEAD + (texts[asked.length] ?? ''))
    asked.push(request.headers['last-event-id']?.toString())
    open.push(response)
  }
  return { watched, asked, open }
}

const keyIn = (change: Change) => ('key' in change ? change.key : change.type)

describe('client: a watch, and nodes in trouble', () => {
  it('goes on at the next node, from the last id that was said, be it with an event or a beat', async () => {
    await using first = await FakeNode.start('a')
    await using second = await FakeNode.start('b')
    const [one, other] = [telling(beat('1') + change('x', '2') + beat('3')), telling(change('y', '4'))]
    first.watched = one.watched
    second.watched = other.watched
    using larder = new Larder({ urls: [first.url, second.url], direct: false })
    const watch = larder.watch()
    const told = [await next(watch)]
    const [from, to] = keyIn(told[0] as Change) === 'x' ? [one, other] : [other, one]
    const coming = next(watch)
    await until(
      async () => from.open.length,
      (length) => length > 0,
    )
    from.open[0]?.destroy()
    expect(keyIn(await coming)).not.equal(keyIn(told[0] as Change))
    expect(to.asked).deep.equal([from === one ? '3' : '4'])
    await watch.return?.()
  })

  it('that breaks off before it can be gone on from is told as a gap', async () => {
    await using node = await FakeNode.start('a')
    const state = change('x', '').replace('id: \n', '')
    const { watched, open, asked } = telling(state, state)
    node.watched = watched
    using larder = new Larder({ urls: [node.url], direct: false })
    const watch = larder.watch({ snapshot: true })
    expect(await next(watch)).deep.equal({ type: 'change', kind: 'counter', key: 'x', value: 1n })
    open[0]?.destroy()
    expect(await next(watch)).deep.equal({ type: 'gap' })
    expect(keyIn(await next(watch))).equal('x')
    expect(asked).deep.equal([undefined, undefined])
    await watch.return?.()
  })

  it('ends where no node tells anything, be it that none is there or that they end at once', async () => {
    await using node = await FakeNode.start('a')
    using larder = new Larder({ urls: [node.url], direct: false, timeoutMs: 100 })
    expect(await gather(larder.watch()).end).include({ code: 'TIMED_OUT', retryable: true })
    node.watched = (_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end()
    expect(await gather(larder.watch()).end).include({ code: 'TIMED_OUT', retryable: true })
    node.watched = (_, response) => response.flushHeaders()
    expect(await gather(larder.watch()).end).include({ code: 'TIMED_OUT', retryable: true })
  })

  it('ends with what a node refuses, or what is none of its answers', async () => {
    await using node = await FakeNode.start('a')
    using larder = new Larder({ urls: [node.url], direct: false })
    node.watched = (_, response) =>
      response.writeHead(403, { 'content-type': 'application/json' }).end('{"code":"FORBIDDEN"}')
    expect(await gather(larder.watch()).end).include({ code: 'FORBIDDEN', status: 403 })
    node.watched = (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')
    expect(await gather(larder.watch()).end).include({ code: 'NOT_UNDERSTOOD' })
    node.watched = telling('event: change\ndata: {"kind":\n\n').watched
    expect(await gather(larder.watch()).end).include({ code: 'NOT_UNDERSTOOD' })
  })

  it('ends with its signal, with break and with return, also while the next is waited for, and lets go of the node', async () => {
    await using node = await FakeNode.start('a')
    const { watched, open } = telling(beat('1'), beat('1'), change('x', '2'))
    node.watched = watched
    using larder = new Larder({ urls: [node.url], direct: false })
    const isLetGo = (index: number) =>
      until(
        async () => open[index]?.destroyed,
        (isGone) => isGone === true,
      )
    const controller = new AbortController()
    const { end } = gather(larder.watch({ signal: controller.signal }))
    await until(
      async () => open.length,
      (length) => length === 1,
    )
    controller.abort(new RangeError('enough'))
    expect(await end).instanceOf(RangeError)
    await isLetGo(0)
    const opened = Promise.withResolvers<void>()
    const watch = larder.watch({ onOpen: opened.resolve })
    const coming = watch.next()
    await opened.promise
    await watch.return?.()
    expect(await coming).deep.equal({ done: true, value: undefined })
    await isLetGo(1)
    for await (const change of larder.watch()) if (keyIn(change) === 'x') break
    await isLetGo(2)
    const { signal } = controller
    expect(await gather(larder.watch({ signal })).end).instanceOf(RangeError)
    expect(open).length(3)
  })

  it('leaves a node that says nothing any more', async () => {
    await using node = await FakeNode.start('a')
    const { watched, open } = telling('')
    node.watched = watched
    const asked = { method: 'GET', url: `${node.url}/api/v1/watch`, withinMs: 5000 }
    const outcome = await new Exchanges().ask({ ...asked, streamsUntil: new AbortController().signal })
    const stream = outcome.type === 'answered' ? outcome.body : undefined
    if (!(stream instanceof Stream)) throw new Error('no stream')
    expect(String.fromCharCode(...((await stream.read(5000)) ?? []))).equal(HEAD)
    expect(await stream.read(20)).equal(undefined)
    await until(
      async () => open[0]?.destroyed,
      (isGone) => isGone === true,
    )
  })

  it('takes no more than is asked for: what is not taken stays with the node', async () => {
    await using node = await FakeNode.start('a')
    let sent = 0
    node.watched = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const event = change('x'.repeat(2 ** 16), '1')
      const tell = () => {
        while (sent < 2000 && response.write(event)) sent++
        sent++
      }
      response.on('drain', tell)
      tell()
    }
    using larder = new Larder({ urls: [node.url], direct: false })
    const watch = larder.watch()
    await next(watch)
    const looks: number[] = []
    const isStill = () => looks.length > 20 && looks.at(-1) === looks.at(-20)
    await until(async () => looks.push(sent), isStill)
    expect(sent).below(1000)
    await watch.return?.()
  })

  it('is refused where its key is none', () => {
    using larder = new Larder({ urls: ['http://127.0.0.1:1'] })
    expect(() => larder.watch({ key: '' })).throw(TypeError)
  })
})
