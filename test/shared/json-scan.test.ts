/** Looking at JSON where it lies, beside the parser that everybody has. */
import { expect } from 'chai'
import fc from 'fast-check'
import { JsonScan, scanning } from '../../shared/json-scan.ts'
import { atOnce } from '../../shared/steps.ts'

function isTaken(
  text: string | Uint8Array,
  run = (bytes: Uint8Array) => atOnce(scanning(bytes, DEEP)),
): boolean {
  try {
    run(typeof text === 'string' ? Buffer.from(text) : text)
    return true
  } catch (error) {
    expect(error).to.be.instanceOf(SyntaxError)
    return false
  }
}

const DEEP = { depthMax: 1000 }

function isParsed(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** What JSON is made of, so that chance makes much that is nearly JSON. */
const scrap = fc.constantFrom(
  ...'{}[]",:-+.eE019tn \n\\u\u0001é'.split(''),
  'true',
  'false',
  'null',
  '\\u00e9',
  '""',
)

describe('a scan of JSON', () => {
  it('takes what JSON.parse takes, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(scrap, { maxLength: 12 }), (scraps) => {
        const text = scraps.join('')
        expect(isTaken(text), text).to.equal(isParsed(text))
      }),
      { numRuns: 20_000 },
    )
  })

  it('does so of JSON with one mistake', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), fc.nat(), scrap, (json, at, scrap) => {
        const place = at % json.length
        // Half a character is none any more.
        const text = (json.slice(0, place) + scrap + json.slice(place + 1)).toWellFormed()
        expect(isTaken(json), json).to.equal(true)
        expect(isTaken(text), text).to.equal(isParsed(text))
      }),
      { numRuns: 5000 },
    )
  })

  it('may stop anywhere and go on', () => {
    fc.assert(
      fc.property(fc.json(), fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }), (json, steps) => {
        const bytes = Buffer.from(json)
        const scan = new JsonScan(bytes, DEEP)
        for (let at = 0, step = 0; at < bytes.length; step++) {
          at = Math.min(bytes.length, at + (steps[step % steps.length] ?? 1))
          scan.run(at)
        }
        scan.finish()
      }),
    )
  })

  it('stops within a step of any size, and never amid a character', () => {
    for (const padding of ['', 'a', 'ab', 'abc']) {
      const text = `"${padding}${'é漢😀'.repeat(20_000)}"`
      const steps = scanning(Buffer.from(text), DEEP)
      let count = 0
      while (!steps.next().done) count++
      expect(count).to.be.above(Math.floor(text.length / 2 ** 15))
      const broken = Buffer.from(text)
      broken[broken.length - 3] = 0xff
      expect(isTaken(broken)).to.equal(false)
    }
  })

  it('tells of each value where it is and what it is called', () => {
    const json = '{"a": 12 ,"b":[true,{"c":"x"}], "d":{}}'
    const bytes = Buffer.from(json)
    const told: string[] = []
    const visit = (depth: number, scan: JsonScan) =>
      told.push(
        `${depth} ${json.slice(scan.nameStartAt(1), scan.nameEndAt(1))} ${json.slice(scan.startAt(depth), scan.end)}`,
      )
    atOnce(scanning(bytes, { ...DEEP, visitor: { depth: 2, visit } }))
    expect(told).to.deep.equal([
      '1 "a" 12',
      '2 "b" true',
      '2 "b" {"c":"x"}',
      '1 "b" [true,{"c":"x"}]',
      '1 "d" {}',
      `0 "d" ${json}`,
    ])
  })
})
