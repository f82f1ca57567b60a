/** What those who watch are told, word by word: what was stored is what is read, in one line, and in its order. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Teller, Wording } from '../../../node/http/watch-events.ts'
import type { WatchEvent } from '../../../node/watching.ts'
import { isLater } from '../../../shared/eventual.ts'
import type { Told } from '../../../shared/watching.ts'
import { countedTurns } from '../../support/turns.ts'

const stamp = { time: 1, origin: 'a-1' }
const change = (told: Told): WatchEvent => ({ type: 'change', told, id: '1.x' })
const value = (key: string, body: string | Uint8Array, contentType = 'application/json'): WatchEvent =>
  change({ kind: 'value', key, contentType, body, stamp })
const large = (key: string) =>
  value(key, Buffer.from(JSON.stringify({ key, filler: 'x'.repeat(2 ** 20) }, null, '\r\n ')))

/** The data of an event, as a reader of lines has it. */
function dataIn(bytes: Buffer): unknown {
  const [event, id, data = '', ...rest] = bytes.toString().split('\n')
  expect([event, id, rest]).to.deep.equal(['event: change', 'id: 1.x', ['', '']])
  return JSON.parse(data.slice('data: '.length))
}

describe('what those who watch are told', () => {
  it('is in one line whatever line breaks there are in JSON and in names', async () => {
    const wording = Wording.events(countedTurns(1))
    const text = fc.string({ unit: 'binary' })
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.jsonValue(),
        fc.constantFrom('', '\n', '\r\n', '\r'),
        fc.boolean(),
        async (key, data, gap, isText) => {
          const json = gap + JSON.stringify(data, null, `${gap} `) + gap
          const told = dataIn(await wording.of(value(key, isText ? json : Buffer.from(json))))
          // JSON.stringify leaves out the sign of -0.
          expect(told).to.deep.include({ kind: 'value', key: key.toWellFormed(), data: JSON.parse(json) })
        },
      ),
    )
    const reaction = { kind: 'reaction', key: 'a\nb', user: 'Sam\r', reaction: '\u2028', count: 1 } as const
    expect(dataIn(await wording.of(change(reaction)))).to.deep.equal(reaction)
  })

  it('is bytes as base64, and large ones in turns', async () => {
    for (const length of [0, 5, 2 ** 20 + 1]) {
      const bytes = Buffer.alloc(length, 'jam')
      const words = Wording.events(countedTurns(1)).of(value('k', bytes, 'image/png'))
      expect(isLater(words), String(length)).to.equal(length > 2 ** 16)
      expect(dataIn(await words)).to.deep.include({
        base64: bytes.toString('base64'),
        content_type: 'image/png',
      })
    }
  })

  it('is made once for all', async () => {
    const wording = Wording.messages(countedTurns(1))
    for (const event of [value('k', '1'), large('k')])
      expect(await wording.of(event)).to.equal(await wording.of(event))
  })

  it('comes in its order, also behind what is still being made', async () => {
    const wording = Wording.messages(countedTurns(1))
    const keys: string[] = []
    const teller = new Teller(wording, (bytes) => keys.push(JSON.parse(bytes.toString()).data.key))
    teller.tell(value('before', '1'))
    expect(keys).to.deep.equal(['before'])
    for (const event of [large('large'), value('small', '1'), large('next'), value('last', '1')])
      teller.tell(event)
    expect(keys).to.deep.equal(['before'])
    expect(teller.bytes).to.be.above(2 * 2 ** 20)
    await teller.made
    expect(keys).to.deep.equal(['before', 'large', 'small', 'next', 'last'])
    expect(teller.bytes).to.equal(0)
    teller.tell(value('after', '1'))
    expect(keys.at(-1)).to.equal('after')
  })
})
