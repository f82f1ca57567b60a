/** What is too large to travel as one: in parts there, and in parts back. */
import { expect } from 'chai'
import type { FrameRow } from '../../../../node/cluster/peers/channel.ts'
import type { Lane, PeerResponse, Posted } from '../../../../node/cluster/peers/connection.ts'
import { InParts } from '../../../../node/cluster/peers/in-parts.ts'
import { Transfers } from '../../../../node/cluster/peers/transfers.ts'
import { CURRENT, FORMER } from '../../../../node/cluster/wire/format.ts'
import { FRAME_BYTES_MAX, PART_BYTES, PARTS_PATH } from '../../../../node/cluster/wire/parts.ts'
import { toLarderError } from '../../../../shared/errors.ts'
import { FakeClock, settled } from '../../../support/clock.ts'

const PATH = '/cluster/slots'
const MIB = 2 ** 20

/** A frame of so many bytes, each of which tells where it is. */
function frameOf(length: number, format = CURRENT): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; at += 4) bytes.writeUInt32BE(at, Math.min(at, length - 4))
  bytes[0] = format
  return bytes
}

/** Both ends; what passes between them is noted, and each exchange takes some time. */
class Bench {
  readonly clock = new FakeClock()
  readonly passed: { readonly path: string; readonly bytes: number; readonly back: number }[] = []
  readonly heard: Buffer[] = []
  readonly giving: string[] = []
  answer = frameOf(20)
  exchangeMs = 0
  readonly transfers = new Transfers({
    clock: this.clock,
    heard() {},
    onPart: (life) => void this.giving.push(life),
  })
  readonly #rows: readonly FrameRow[] = this.transfers.rows([
    {
      path: PATH,
      summary: '',
      answer: async (frame) => {
        this.heard.push(frame)
        return this.answer
      },
    },
  ])
  readonly connection = new InParts(
    { post: (posted) => this.#carry(posted), close() {}, open: async () => {} },
    { clock: this.clock, incarnation: 'a-1' },
  )

  async post(body: Buffer, lane: Lane = 'slots', timeoutMs = 1000): Promise<PeerResponse | string> {
    const posted = { lane, path: PATH, body, timeoutMs }
    return await this.connection.post(posted).catch((error: Error) => error.message)
  }

  async #carry({ path, body, timeoutMs }: Posted): Promise<PeerResponse> {
    if (this.exchangeMs > timeoutMs) throw new Error('no answer')
    if (this.exchangeMs > 0) await this.#passTime()
    const response = await this.#answerTo(path, body)
    this.passed.push({ path, bytes: body.length, back: response.body.length })
    return response
  }

  #passTime(): Promise<void> {
    return new Promise((resolve) => void this.clock.after(this.exchangeMs, resolve))
  }

  async #answerTo(path: string, body: Buffer): Promise<PeerResponse> {
    try {
      const row = this.#rows.find((one) => one.path === path)
      return { status: 200, body: (await row?.answer(body, 'a')) ?? Buffer.alloc(0) }
    } catch (error) {
      return { status: toLarderError(error).status, body: Buffer.alloc(0) }
    }
  }
}

describe('a question', () => {
  for (const bytes of [PART_BYTES + 1, 3 * PART_BYTES, 5 * PART_BYTES - 7]) {
    it(`of ${bytes} bytes goes in parts, and is what was sent`, async () => {
      const bench = new Bench()
      const question = frameOf(bytes)
      expect(await bench.post(question)).to.deep.equal({ status: 200, body: bench.answer })
      expect(bench.heard.length).to.equal(1)
      expect(bench.heard[0]?.equals(question)).to.equal(true)
      expect(bench.passed.length).to.equal(Math.ceil(bytes / PART_BYTES))
      expect(Math.max(...bench.passed.map((one) => one.bytes))).to.be.below(PART_BYTES + 1024)
      expect(new Set(bench.giving)).to.deep.equal(new Set(['a-1']))
    })
  }

  it('goes as one where it is small, a batch, or of a format that knows of no parts', async () => {
    const bench = new Bench()
    await bench.post(frameOf(PART_BYTES))
    await bench.post(frameOf(FRAME_BYTES_MAX), 'commands')
    await bench.post(frameOf(20 * MIB, FORMER))
    expect(bench.passed.map(({ path }) => path)).to.deep.equal([PATH, PATH, PATH])
  })

  it('that concerns slots may take as long as its parts get through, one of a client no longer than that waits', async () => {
    const bench = new Bench()
    bench.exchangeMs = 600
    const slots = bench.post(frameOf(4 * PART_BYTES), 'slots')
    await bench.clock.advance(600 * 4)
    expect(await slots).to.have.property('status', 200)
    const fetching = bench.post(frameOf(4 * PART_BYTES), 'fetches')
    await bench.clock.advance(600 * 4)
    expect(await fetching).to.equal('no answer')
  })

  it('waits where several are under way, and is called off with the connection', async () => {
    const bench = new Bench()
    bench.exchangeMs = 10
    const posts = Array.from({ length: 6 }, () => bench.post(frameOf(3 * PART_BYTES)))
    await bench.clock.advance(10)
    expect(bench.passed.length).to.equal(4)
    bench.connection.close()
    await bench.clock.advance(100)
    expect(new Set(await Promise.all(posts))).to.deep.equal(new Set(['the connection was closed']))
  })
})

describe('an answer', () => {
  it('that is large comes in parts, whatever the question', async () => {
    const bench = new Bench()
    bench.answer = frameOf(FRAME_BYTES_MAX + 12_345)
    for (const lane of ['commands', 'slots'] as const) {
      const response = await bench.post(frameOf(30), lane)
      expect(typeof response === 'object' && response.body.equals(bench.answer), lane).to.equal(true)
    }
    expect(Math.max(...bench.passed.map(({ back }) => back))).to.be.below(PART_BYTES + 1024)
  })

  it('is whole where the question is of a format that knows of no parts', async () => {
    const bench = new Bench()
    bench.answer = frameOf(FRAME_BYTES_MAX + 1, FORMER)
    await bench.post(frameOf(30, FORMER))
    expect(bench.passed).to.deep.equal([{ path: PATH, bytes: 30, back: FRAME_BYTES_MAX + 1 }])
  })
})

describe('what comes in parts', () => {
  it('is let go where nobody goes on with it', async () => {
    const bench = new Bench()
    bench.answer = frameOf(FRAME_BYTES_MAX + 1)
    const asking = bench.post(frameOf(30))
    await bench.clock.advance(0)
    await asking
    const [question] = bench.passed
    expect(question).to.not.equal(undefined)
    bench.exchangeMs = 20_000
    const late = bench.post(frameOf(3 * PART_BYTES), 'slots', 60_000)
    await bench.clock.advance(60_000)
    // The second part found nothing any more that it would have been a part of.
    expect(await late).to.have.property('status', 400)
  })

  it('counts as a whole from its first part on, until it has come, was taken, or is let go', async () => {
    const bench = new Bench()
    const [question, answer] = [frameOf(3 * PART_BYTES), frameOf(FRAME_BYTES_MAX + 1)]
    bench.exchangeMs = 10
    const posting = bench.post(question)
    await bench.clock.advance(10)
    expect(bench.transfers.bytes).to.equal(question.length)
    bench.answer = answer
    await bench.clock.advance(20)
    expect(bench.transfers.bytes).to.equal(answer.length)
    await bench.clock.advance(200)
    await posting
    expect(bench.transfers.bytes).to.equal(0)
    void bench.post(question)
    await bench.clock.advance(10)
    bench.connection.close()
    await bench.clock.advance(20_000)
    expect(bench.transfers.bytes).to.equal(0)
  })

  it('is refused where it is no part, for nothing, or too much', async () => {
    const bench = new Bench()
    const rows = bench.transfers.rows([])
    const take = async (body: Buffer) =>
      await rows
        .find(({ path }) => path === PARTS_PATH)
        ?.answer(body, 'a')
        .catch((error) => error.code)
    expect(await take(frameOf(50))).to.equal('BAD_REQUEST')
    await settled()
    bench.transfers.stop()
  })
})
