/** JSON that comes out as it went in. */
import { expect } from 'chai'
import fc from 'fast-check'
import { parseJson, parseJsonText } from '../../shared/json.ts'

describe('JSON', () => {
  it('keeps numbers that a double cannot hold', () => {
    for (const text of [
      '[12345678901234567890]',
      '{"a":0.12345678901234567890123}',
      '[1e400,-1E-400]',
      '[-0e1]',
    ]) {
      expect(JSON.stringify(parseJsonText(text))).to.equal(text)
    }
  })

  it('means the same after being read and written, whatever it is', () => {
    const value = fc.jsonValue({ stringUnit: 'binary' })
    fc.assert(
      fc.property(value, (data) => {
        const text = JSON.stringify(data)
        expect(JSON.parse(JSON.stringify(parseJsonText(text)))).to.deep.equal(JSON.parse(text))
      }),
    )
  })

  it('keeps the digits of every integer', () => {
    fc.assert(
      fc.property(fc.bigInt(), (integer) => {
        expect(JSON.stringify(parseJsonText(`{"n":${integer}}`))).to.equal(`{"n":${integer}}`)
      }),
    )
  })

  it('is UTF-8, or an error', () => {
    expect(() => parseJson(Buffer.from([0x22, 0xff, 0x22]))).to.throw(SyntaxError, 'UTF-8')
    expect(parseJson(Buffer.from('"é"'))).to.equal('é')
  })
})
