/** Where a watcher stands, as the text that he carries. */
import { expect } from 'chai'
import fc from 'fast-check'
import { vectorOf, vectorText } from '../../../node/feed/vector.ts'

const lives = fc.stringMatching(/^[\w-]{20}$/)
const vectors = fc.array(fc.tuple(lives, fc.nat({ max: 2 ** 45 }))).map((all) => new Map(all))

describe('the id of an event', () => {
  it('is read as it was written, and can stand in a header and a line', () => {
    fc.assert(
      fc.property(vectors, (vector) => {
        const text = vectorText(vector)
        expect(vectorOf(text)).to.deep.equal(vector)
        expect(text).to.match(/^[\w.-]+$/)
      }),
    )
  })

  it('is nothing else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String().map((text) => `1.${text}`),
        ),
        (text) => {
          const vector = vectorOf(text)
          if (vector !== undefined) expect(vectorText(vector)).to.equal(text)
        },
      ),
    )
    for (const text of ['', '1', '1.!', '2.', '1..', `1.${'A'.repeat(20_000)}`])
      expect(vectorOf(text), text).to.equal(undefined)
  })
})
