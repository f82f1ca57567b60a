/** JSON that is checked and taken apart, and not rebuilt. */
import { expect } from 'chai'
import fc from 'fast-check'
import { elementsOf, membersOf, parseJson } from '../../shared/json.ts'

/** Any JSON, with white space where it may stand. */
const spaced = fc
  .tuple(fc.jsonValue({ stringUnit: 'binary' }), fc.constantFrom('', ' ', '\t', '\r\n'))
  .map(([value, indent]) => JSON.stringify(value, undefined, indent))

describe('JSON', () => {
  it('is UTF-8, or an error', () => {
    expect(() => parseJson(Buffer.from([0x22, 0xff, 0x22]))).to.throw(SyntaxError, 'UTF-8')
    expect(parseJson(Buffer.from('"é"'))).to.deep.equal({ text: '"é"', value: 'é' })
    expect(() => parseJson(Buffer.from('{'))).to.throw(SyntaxError)
  })

  it('gives every member of an object as it was written', () => {
    const object = fc.dictionary(fc.string({ unit: 'binary' }), spaced)
    fc.assert(
      fc.property(object, fc.constantFrom('', ' ', '\n  '), (members, space) => {
        const entries = Object.entries(members)
        const written = entries.map(
          ([name, json]) => `${space}${JSON.stringify(name)}${space}:${space}${json}${space}`,
        )
        const found = membersOf(`${space}{${written.join(',')}${space}}${space}`)
        expect([...(found ?? [])]).to.deep.equal(entries)
      }),
      { numRuns: 500 },
    )
  })

  it('gives every element of an array as it was written', () => {
    fc.assert(
      fc.property(fc.array(spaced), fc.constantFrom('', ' ', '\n  '), (elements, space) => {
        const written = elements.map((json) => `${space}${json}${space}`)
        expect(elementsOf(`${space}[${written.join(',')}${space}]${space}`)).to.deep.equal(elements)
      }),
      { numRuns: 500 },
    )
  })

  it('takes the last of members with one name, as every reader does', () => {
    expect(membersOf('{"a":1,"\\u0061":2}')?.get('a')).to.equal('2')
  })

  it('tells objects and arrays from what is neither', () => {
    for (const json of ['1', '"{}"', 'null', '[]']) expect(membersOf(json)).to.equal(undefined)
    for (const json of ['1', '"[]"', 'null', '{}']) expect(elementsOf(json)).to.equal(undefined)
  })

  it('loses no digit of a number and no depth of nesting', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const numbers = '[12345678901234567890,1e400,-0,1.0]'
    const members = membersOf(`{"deep":${deep},"numbers":${numbers}}`)
    expect(members?.get('deep')).to.equal(deep)
    expect(members?.get('numbers')).to.equal(numbers)
  })
})
