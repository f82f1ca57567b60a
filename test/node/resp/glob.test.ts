/** Patterns of keys. */
import { expect } from 'chai'
import fc from 'fast-check'
import { globOf, prefixOf } from '../../../node/resp/glob.ts'

describe('patterns of keys', () => {
  const cases: readonly (readonly [
    pattern: string,
    matched: readonly string[],
    others: readonly string[],
  ])[] = [
    ['*', ['', 'a', 'ab'], []],
    ['a*', ['a', 'ab'], ['', 'ba']],
    ['*a', ['a', 'ba', 'aa'], ['', 'ab']],
    ['a*b*c', ['abc', 'aXbYc', 'abbcc'], ['ab', 'acb']],
    ['h?llo', ['hello', 'hällo', 'h😀llo'], ['hllo', 'heello']],
    ['h[ae]llo', ['hello', 'hallo'], ['hillo']],
    ['h[^e]llo', ['hallo'], ['hello']],
    ['h[a-c]llo', ['hallo', 'hbllo'], ['hello']],
    ['h[c-a]llo', ['hbllo'], ['hello']],
    ['[]-]', [], ['a']],
    ['a\\*', ['a*'], ['ab']],
    ['a\\?', ['a?'], ['ab']],
    ['[\\]]', [']'], ['a']],
    ['', [''], ['a']],
  ]
  for (const [pattern, matched, others] of cases) {
    it(`${pattern || 'nothing'}`, () => {
      const matches = globOf(pattern)
      for (const text of matched) expect(matches(text), text).equal(true)
      for (const text of others) expect(matches(text), text).equal(false)
    })
  }

  it('what matches begins with the prefix of the pattern', () => {
    const letter = fc.constantFrom('a', 'b', '*', '?', '\\*', '[ab]')
    fc.assert(
      fc.property(fc.array(letter), fc.array(fc.constantFrom('a', 'b', '*')), (pattern, text) => {
        const [glob, key] = [pattern.join(''), text.join('')]
        if (globOf(glob)(key)) expect(key.startsWith(prefixOf(glob))).equal(true)
      }),
    )
  })

  it('many stars take no longer than their number times the length', () => {
    expect(globOf('a*'.repeat(500))(`${'a'.repeat(2000)}b`)).equal(true)
    expect(globOf(`${'*a'.repeat(200)}c`)('a'.repeat(20_000))).equal(false)
  })
})
