/** The load generator: when it sends, what it counts, and how long that took. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { expect } from 'chai'
import { Latencies } from '../../../scripts/bench/latencies.ts'
import { Load, type LoadReport } from '../../../scripts/bench/load.ts'
import { inAll, onSchedule, type Pace, untilOver } from '../../../scripts/bench/pace.ts'
import { requestText } from '../../../scripts/bench/request.ts'

describe('scripts: bench: latencies', () => {
  it('have percentiles, to the next per cent', () => {
    const latencies = new Latencies()
    for (let ms = 1; ms <= 1000; ms++) latencies.add(ms)
    expect(latencies.percentile(0.5)).to.be.closeTo(500, 5)
    expect(latencies.percentile(0.99)).to.be.closeTo(990, 10)
    expect(latencies.summary()).to.include({ count: 1000, max: 1000 })
  })

  it('are the same for all parts when there is only one', () => {
    const latencies = new Latencies()
    latencies.add(0.25)
    const { p50, p99, max } = latencies.summary()
    expect([p50, p99].map((ms) => Math.abs(ms - max) / max)).to.satisfy((off: number[]) =>
      off.every((part) => part < 0.01),
    )
  })

  it('may be of any length, or not there', () => {
    expect(new Latencies().percentile(0.5)).to.be.NaN
    const latencies = new Latencies()
    for (const ms of [0, 1e-6, 1e12]) latencies.add(ms)
    expect(latencies.summary()).to.include({ count: 3, max: 1e12 })
  })
})

describe('scripts: bench: a pace', () => {
  it('of an open loop is a schedule, however late somebody asks', () => {
    const pace = onSchedule(1000, { perSecond: 100, seconds: 0.04 })
    expect(pace.next(999)).to.equal(undefined)
    expect(pace.next(1000)).to.equal(1000)
    expect(pace.next(1009)).to.equal(undefined)
    expect([pace.next(1025), pace.next(1025), pace.next(1025)]).to.deep.equal([1010, 1020, undefined])
    expect(pace.isOver(5000)).to.equal(false)
    expect([pace.next(5000), pace.next(5000)]).to.deep.equal([1030, undefined])
    expect(pace.isOver(5000)).to.equal(true)
  })

  it('of a closed loop ends with its time, or its count', () => {
    const timed = untilOver(10)
    expect([timed.next(9), timed.next(10)]).to.deep.equal([9, undefined])
    expect([timed.isOver(9), timed.isOver(10)]).to.deep.equal([false, true])
    const counted = inAll(1)
    expect([counted.isOver(0), counted.next(5), counted.next(6), counted.isOver(6)]).to.deep.equal([
      false,
      5,
      undefined,
      true,
    ])
  })
})

describe('scripts: bench: a load', () => {
  const answer = (status: number) => `HTTP/1.1 ${status} x\r\nContent-Length: 2\r\n\r\nok`

  it('counts what is accepted, refused and fails', async () => {
    const statuses = [200, 201, 503, 404, 200, 500]
    const report = await play(inAll(6), (socket) => socket.write(answer(statuses.shift() ?? 200)))
    expect([report.accepted.count, report.refused.count, report.failed]).to.deep.equal([3, 1, 2])
    expect(report.problem).to.equal('answered 404')
  })

  it('connects again when it is cut, and counts the request as failed', async () => {
    let asked = 0
    const report = await play(inAll(5), (socket) =>
      ++asked === 2 ? socket.destroy() : socket.write(answer(200)),
    )
    expect([report.accepted.count, report.failed, report.cut]).to.deep.equal([4, 1, 1])
  })

  it('takes an answer that is no HTTP as a failure', async () => {
    let asked = 0
    const report = await play(inAll(3), (socket) => socket.write(++asked === 1 ? 'nonsense\n' : answer(200)))
    expect([report.accepted.count, report.failed]).to.deep.equal([2, 1])
  })

  it('has one request a connection under way, and counts from when it was due', async () => {
    let [underWay, most] = [0, 0]
    const pace = onSchedule(performance.now(), { perSecond: 1000, seconds: 0.02 })
    const report = await play(pace, (socket) => {
      most = Math.max(most, ++underWay)
      setTimeout(() => {
        underWay--
        socket.write(answer(200))
      }, 10)
    })
    expect(most).to.equal(1)
    expect(report.accepted.count).to.equal(20)
    // Each takes 10 ms and the next comes after 1: the last has waited for all others.
    expect(report.accepted.max).to.be.above(150)
    expect(report.accepted.p50).to.be.above(60)
  })

  it('ends when nobody is left to send to', async () => {
    const report = await play(inAll(5), (socket, server) => {
      server.close()
      socket.end(answer(200))
    })
    expect(report.accepted.count).to.be.below(5)
    expect(report.problem).to.be.a('string')
  })

  it('leaves idle connections alone', async () => {
    let connections = 0
    const report = await play(inAll(3), (socket) => socket.write(answer(200)), {
      idle: 4,
      connected: () => connections++,
    })
    expect(connections).to.equal(5)
    expect([report.accepted.count, report.cut]).to.deep.equal([3, 0])
  })

  it('cannot be opened where nobody listens', async () => {
    const server = createServer()
    const port = await listen(server)
    server.close()
    await once(server, 'close')
    let problem = ''
    await Load.open({ ports: [port], connections: 1, next: () => Buffer.alloc(0) }).catch((error) => {
      problem = error.code
    })
    expect(problem).to.equal('ECONNREFUSED')
  })
})

describe('scripts: bench: a request', () => {
  it('is a GET, or a POST when it has a body', () => {
    expect(requestText({ path: '/api?key=1' })).to.equal('GET /api?key=1 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
    expect(requestText({ path: '/api', body: { jam: 'Äpfel' } })).to.equal(
      'POST /api HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 16\r\n\r\n{"jam":"Äpfel"}',
    )
  })
})

/** Over one connection, to a server that does this with each request. */
async function play(
  pace: Pace,
  react: (socket: Socket, server: Server) => unknown,
  { idle = 0, connected = () => {} }: { idle?: number; connected?: () => void } = {},
): Promise<LoadReport> {
  const server = createServer((socket) => {
    connected()
    socket.on('error', () => {}).on('data', () => react(socket, server))
  })
  const port = await listen(server)
  const next = () => Buffer.from(requestText({ path: '/' }))
  const load = await Load.open({ ports: [port], connections: 1, idle, next })
  try {
    return await load.play(pace)
  } finally {
    load.close()
    server.close()
  }
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}
