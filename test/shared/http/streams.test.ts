/** Those who are told something for as long as they take it, by a clock of their own. */
import { EventEmitter } from 'node:events'
import { expect } from 'chai'
import { pino } from 'pino'
import { Streams } from '../../../shared/http/streams.ts'
import { TAKING_MAX_MS } from '../../../shared/http/takers.ts'
import { FakeClock } from '../../support/clock.ts'

const MIB = 2 ** 20

class Client extends EventEmitter {
  destroyed = false
  bytesWritten = 0
  writableLength = 0
  remoteAddress = '10.0.0.1'

  told(bytes: number): void {
    this.bytesWritten += bytes
    this.writableLength += bytes
  }

  takes(bytes: number): void {
    this.writableLength -= bytes
  }

  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

describe('those who are told for as long as they take it', () => {
  let clock: FakeClock
  let streams: Streams
  const logged: string[] = []
  beforeEach(() => {
    clock = new FakeClock()
    logged.length = 0
    const log = pino({ level: 'info' }, { write: (line: string) => logged.push(JSON.parse(line).msg) })
    streams = new Streams({ clock, log, bytesMax: 4 * MIB })
  })

  const follow = () => {
    const client = new Client()
    streams.follow(client)
    return client
  }

  it('are cut off once they have taken nothing for too long, however little that was', async () => {
    const client = follow()
    client.told(10)
    await clock.advance(TAKING_MAX_MS - 1000)
    expect(client.destroyed).to.equal(false)
    await clock.advance(2000)
    expect([client.destroyed, streams.cutOff, streams.bytes]).to.deep.equal([true, 1, 0])
    expect(logged).to.deep.equal(['a client does not take what it is told and is cut off'])
  })

  it('may be told nothing for as long as there is nothing, or always have something left of what they take', async () => {
    const [idle, slow] = [follow(), follow()]
    slow.told(MIB)
    for (let second = 0; second < 100; second++) {
      await clock.advance(1000)
      slow.takes(20_000)
      slow.told(20_000)
    }
    expect([idle.destroyed, slow.destroyed, streams.cutOff]).to.deep.equal([false, false, 0])
    expect(streams.bytes).to.equal(MIB)
  })

  it('lose whoever has left most, where it is too much of all of them together', async () => {
    const clients = [1, 2, 1.5].map((mebibytes) => {
      const client = follow()
      client.told(mebibytes * MIB)
      return client
    })
    await clock.advance(1000)
    expect(clients.map(({ destroyed }) => destroyed)).to.deep.equal([false, true, false])
    expect([streams.cutOff, streams.bytes]).to.deep.equal([1, 2.5 * MIB])
  })
})
