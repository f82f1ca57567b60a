/** Who may be connected when not everybody can, by a clock that the test holds. */
import { Duplex } from 'node:stream'
import { expect } from 'chai'
import { pino } from 'pino'
import { networkOf } from '../../../shared/http/network.ts'
import { Places } from '../../../shared/http/places.ts'

class Door {
  nowMs = 0
  readonly logged: string[] = []
  readonly #busy = new Set<Duplex>()
  readonly places: Places

  constructor(clients: number, kept: number) {
    const log = pino({ level: 'info' }, { write: (line: string) => this.logged.push(JSON.parse(line).msg) })
    const isQuiet = (socket: Duplex) => !this.#busy.has(socket)
    this.places = new Places({ clients, kept, log, now: () => this.nowMs, isQuiet })
  }

  enter(from = '10.0.0.1'): Duplex {
    const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
    this.places.enter(socket, from)
    return socket
  }

  crowd(count: number, from?: string): Duplex[] {
    return Array.from({ length: count }, () => this.enter(from))
  }

  /** Whether it is served. */
  asks(socket: Duplex, { isMember = false } = {}): boolean {
    return !this.places.asks(socket, () => isMember)
  }

  /** Asks, and waits for an answer that never comes. */
  hangs(socket: Duplex): void {
    this.#busy.add(socket)
    this.asks(socket)
  }
}

const open = (sockets: readonly Duplex[]) => sockets.filter(({ destroyed }) => !destroyed).length

describe('places for connections', () => {
  it('are for everybody while there are enough', () => {
    const door = new Door(10, 4)
    const crowd = [...door.crowd(5), ...door.crowd(5, '10.0.0.2')]
    door.nowMs = 60_000
    expect(open(crowd)).to.equal(10)
    expect(door.places.counts).to.deep.equal({ closed: 0, refused: 0, cut: 0 })
    expect(door.logged).to.deep.equal([])
  })

  it('are given up by whoever has asked nothing for longest', () => {
    const door = new Door(3, 2)
    const [first, second, third] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((from) => door.enter(from))
    door.nowMs = 5000
    if (first) door.asks(first)
    door.nowMs = 10_000
    const fourth = door.enter('10.0.0.4')
    expect([first, second, third, fourth].map((socket) => socket?.destroyed)).to.deep.equal([
      false,
      true,
      false,
      false,
    ])
    door.enter('10.0.0.5')
    expect([first, third, fourth].map((socket) => socket?.destroyed)).to.deep.equal([false, true, false])
    expect(door.places.counts.closed).to.equal(2)
  })

  it('are not taken from whoever waits for an answer, or has come this moment', () => {
    const door = new Door(4, 4)
    const waiting = door.crowd(3, '10.0.0.1')
    for (const socket of waiting) door.hangs(socket)
    door.nowMs = 60_000
    const fresh = door.enter('10.0.0.2')
    const more = door.enter('10.0.0.3')
    expect(open([...waiting, fresh, more])).to.equal(5)
  })

  it('go to who asks something before those who never have, however short they are', () => {
    const door = new Door(4, 4)
    const mute = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'].map((from) => door.enter(from))
    const asking = door.enter('10.0.0.5')
    expect(open(mute)).to.equal(4)
    door.nowMs = 200
    expect(door.asks(asking)).to.equal(true)
    expect(mute.map(({ destroyed }) => destroyed)).to.deep.equal([true, false, false, false])
  })

  it('that are kept serve members and no clients, when all others wait for answers', () => {
    const door = new Door(4, 4)
    for (const socket of ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'].map((from) => door.enter(from)))
      door.hangs(socket)
    const [client, member] = [door.enter('10.0.0.5'), door.enter('10.0.0.6')]
    expect(door.asks(client)).to.equal(false)
    expect(door.places.refuses(client)).to.equal(true)
    expect(door.asks(member, { isMember: true })).to.equal(true)
    expect(door.places.refuses(member)).to.equal(false)
    expect([door.places.clients, door.places.members]).to.deep.equal([5, 1])
    expect(door.places.counts).to.deep.equal({ closed: 0, refused: 1, cut: 0 })
  })

  it('are never taken from a member, silent as it may be', () => {
    const door = new Door(4, 2)
    const members = door.crowd(5, '10.0.0.9')
    for (const socket of members) door.asks(socket, { isMember: true })
    door.nowMs = 600_000
    const clients = door.crowd(20)
    expect(open(members)).to.equal(5)
    expect(open(clients)).to.be.at.most(1)
  })

  it('come to an end: then the one that came first and never asked is cut', () => {
    const door = new Door(4, 2)
    for (const from of ['1', '2', '3', '4']) door.hangs(door.enter(`10.0.0.${from}`))
    const [first, second] = door.crowd(2, '10.0.1.1')
    const last = door.enter('10.0.1.1')
    expect([first, second, last].map((socket) => socket?.destroyed)).to.deep.equal([true, false, false])
    expect(door.places.counts.cut).to.equal(1)
  })

  it('are nine tenths for one address, which then takes those of its own', () => {
    const door = new Door(100, 10)
    const greedy = door.crowd(90)
    door.nowMs = 5000
    const others = door.crowd(5, '10.0.0.2')
    greedy.push(...door.crowd(30))
    door.nowMs = 10_000
    others.push(...door.crowd(5, '10.0.0.3'))
    expect([open(greedy), open(others)]).to.deep.equal([90, 10])
  })

  it('are for a balancer from which everything comes, as long as it has one that it does not use', () => {
    const door = new Door(100, 10)
    const idle = door.crowd(20)
    const busy = door.crowd(70)
    for (const socket of busy) door.hangs(socket)
    door.nowMs = 5000
    for (let newcomer = 0; newcomer < 20; newcomer++) {
      const socket = door.enter()
      expect(door.asks(socket)).to.equal(true)
      door.hangs(socket)
    }
    expect([open(busy), open(idle)]).to.deep.equal([70, 0])
  })

  it('are first given up by the address that has most, whoever has been silent for longest', () => {
    const door = new Door(100, 10)
    const honest = door.crowd(20, '10.0.0.2')
    door.nowMs = 1000
    const greedy = door.crowd(80)
    door.nowMs = 5000
    const newcomers = door.crowd(30, '10.0.0.3')
    expect([open(honest), open(newcomers), open(greedy)]).to.deep.equal([20, 30, 50])
  })

  it('are forgotten with the connection, and the log tells when they are short, once', async () => {
    const door = new Door(10, 4)
    const crowd = ['1', '2', '3', '4', '5'].flatMap((from) => door.crowd(2, `10.0.0.${from}`))
    door.nowMs = 5000
    crowd.push(door.enter(), door.enter())
    for (const socket of crowd) socket.destroy()
    await new Promise(setImmediate)
    expect([door.places.clients, door.places.members]).to.deep.equal([0, 0])
    expect(door.logged).to.deep.equal([
      'connections are short: those that ask nothing are closed for those that come',
      'there are places for connections again',
    ])
  })
})

describe('the network of an address', () => {
  it('is the address, or the first half of one of IPv6', () => {
    expect(networkOf('10.1.2.3')).to.equal('10.1.2.3')
    expect(networkOf('::ffff:10.1.2.3')).to.equal('10.1.2.3')
    expect(networkOf('2001:db8:1:2:3:4:5:6')).to.equal('2001:db8:1:2')
    expect(networkOf('2001:db8:1:2::6')).to.equal('2001:db8:1:2')
    expect(networkOf('2001:db8::1')).to.equal('2001:db8:0:0')
    expect(networkOf('fe80::1%eth0')).to.equal('fe80:0:0:0')
    expect(networkOf('::1')).to.equal('0:0:0:0')
    expect(networkOf(undefined)).to.equal('')
  })
})
