/** The books of what is in flight. */
import { expect } from 'chai'
import fc from 'fast-check'
import { pino } from 'pino'
import { LarderError } from '../../shared/errors.ts'
import { InFlight, Share } from '../../shared/in-flight.ts'

const MIB = 2 ** 20

function refusalOf(run: () => void): LarderError {
  try {
    run()
  } catch (error) {
    if (error instanceof LarderError) return error
    throw error
  }
  throw new Error('there was room')
}

const turn = () => new Promise<void>((resolve) => void setImmediate(() => setImmediate(resolve)))

describe('what is in flight', () => {
  let lines: string[]
  let inFlight: InFlight
  const share = () => new Share(inFlight)

  beforeEach(() => {
    lines = []
    const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line).msg) })
    inFlight = new InFlight({ bytesMax: 10 * MIB, log })
  })

  it('has a limit, beyond which bodies and answers are refused, counted and logged once', () => {
    share().arrive(6 * MIB)
    const [body, answer] = [share(), share()]
    const refusal = refusalOf(() => body.arrive(5 * MIB))
    expect(refusal).to.include({ code: 'OVERLOADED', status: 503, retryAfterSeconds: 1 })
    refusalOf(() => body.expect(5 * MIB))
    refusalOf(() => answer.answer(5 * MIB))
    expect(inFlight.bytes).to.equal(6 * MIB)
    expect(inFlight.refused).to.deep.equal({ body: 2, answer: 1 })
    expect(lines).to.have.lengthOf(1)
  })

  it('is said to be well again once half of it is free', () => {
    const large = share()
    large.arrive(9 * MIB)
    refusalOf(() => share().arrive(2 * MIB))
    large.release()
    expect(inFlight.bytes).to.equal(0)
    expect(lines).to.have.lengthOf(2)
  })

  it('asks very many holders seldom where bodies are small, and all of them before one is refused', () => {
    share().arrive(MIB)
    let [asked, bytes] = [0, 0]
    const holder = () => ({
      get bytes() {
        asked++
        return bytes
      },
    })
    for (let index = 0; index < 1024; index++) inFlight.holders.add(holder())
    for (let index = 0; index < 640; index++) share().expect(100)
    expect(asked / 1024).to.be.within(1, 11)
    bytes = 16 * 2 ** 10
    for (let index = 0; index < 64; index++) inFlight.hasRoomFor(100, true)
    refusalOf(() => share().expect(100))
    bytes = 0
    share().expect(100)
  })

  it('counts the body and the answer of a request once, whichever is larger', () => {
    const request = share()
    request.arrive(4 * MIB)
    request.answer(4 * MIB + 100)
    expect(inFlight.bytes).to.equal(4 * MIB + 100)
    request.answer(MIB)
    expect(inFlight.bytes).to.equal(4 * MIB + 100)
    request.release()
    request.release()
    expect(inFlight.bytes).to.equal(0)
  })

  it('has room for what is small when it is full, but not for any number of it', () => {
    share().arrive(10 * MIB)
    let served = 0
    for (; served < 1000; served++) {
      try {
        share().arrive(16 * 1024)
      } catch {
        break
      }
    }
    expect(served * 16 * 1024).to.equal(1.25 * MIB)
  })

  it('lets who can wait have room in turn, and leaves half of it to those who cannot', async () => {
    const admitted: number[] = []
    const waiting = [4, 3, 1, 7].map((mib, index) => {
      const one = share()
      return { one, done: one.await(mib * MIB).then(() => admitted.push(index)) }
    })
    await turn()
    expect(admitted, 'as long as half of it is free').to.deep.equal([0])
    share().arrive(5 * MIB)
    const [first, second, third, last] = waiting.map(({ one }) => one)
    first?.arrive(4 * MIB)
    expect(inFlight.bytes, 'what arrives was counted beforehand').to.equal(9 * MIB)
    first?.release()
    await turn()
    expect(admitted, 'while there is too much of what cannot wait').to.deep.equal([0])
    second?.release()
    third?.release()
    await Promise.all(waiting.slice(1, 3).map(({ done }) => done))
    expect(inFlight.bytes, 'who gives up has taken nothing').to.equal(5 * MIB)
    last?.release()
  })

  it('lets what is larger than half of it have all, once nothing else is in flight', async () => {
    const [other, large] = [share(), share()]
    other.arrive(4 * MIB)
    let isIn = false
    const done = large.await(9 * MIB).then(() => {
      isIn = true
    })
    await turn()
    expect(isIn).to.equal(false)
    other.release()
    await done
    expect(inFlight.bytes).to.equal(9 * MIB)
  })

  it('lets nobody in as small who becomes large by and by', () => {
    share().arrive(10 * MIB)
    const creeping = share()
    creeping.arrive(10 * 1024)
    refusalOf(() => creeping.arrive(10 * 1024))
  })

  it('tells what was done, also where there is no room for one that says so much', () => {
    share().arrive(10 * MIB)
    const written = share()
    written.arrive(10 * 1024)
    written.answer(25 * 1024)
    written.cover(MIB)
    expect(inFlight.bytes).to.equal(11 * MIB)
  })

  it('has room for one answer of any size where nothing else is in flight', () => {
    const alone = share()
    alone.answer(64 * MIB)
    refusalOf(() => share().arrive(MIB))
    refusalOf(() => alone.answer(65 * MIB))
  })

  it('counts what members say to each other, and never refuses it', () => {
    const [channel, client] = [{ bytes: 9 * MIB }, share()]
    inFlight.holders.add(channel)
    client.arrive(1000)
    refusalOf(() => share().arrive(2 * MIB))
    client.release()
    const member = share()
    member.mayExceed = true
    member.arrive(20 * MIB)
    expect(inFlight.bytes).to.equal(29 * MIB)
    channel.bytes = 0
    member.release()
    expect(inFlight.bytes).to.equal(0)
  })

  it('is never more than the limit and what is kept for the small, and nothing when all is over', () => {
    const step = fc.record({
      who: fc.nat(9),
      does: fc.constantFrom('arrive', 'answer', 'release'),
      bytes: fc.nat(4 * MIB),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const shares = Array.from({ length: 10 }, share)
        for (const { who, does, bytes } of steps) {
          const one = shares[who] ?? share()
          try {
            if (does === 'release') one.release()
            else one[does as 'arrive' | 'answer'](bytes)
          } catch (error) {
            expect(error).to.be.instanceOf(LarderError)
          }
          expect(inFlight.bytes).to.equal(shares.reduce((sum, { bytes }) => sum + bytes, 0))
          // An answer may be a little larger than the body that it was let in with.
          expect(inFlight.bytes).to.be.at.most(11.25 * MIB + 100 * 16 * 1024)
        }
        for (const one of shares) one.release()
        expect(inFlight.bytes).to.equal(0)
      }),
    )
  })
})
