/** The first letter of an id: whose it is. */
import { expect } from 'chai'
import { idOf, isEvictable, isResponse, isValueId } from '../../../node/entries/entry.ts'
import { FAMILIES, familyOf } from '../../../node/entries/families.ts'

describe('the family of an id', () => {
  it('has a letter of its own', () => {
    const letters = Object.values(FAMILIES).map(({ letter }) => letter)
    expect(new Set(letters).size).to.equal(letters.length)
    expect(letters.filter((letter) => !/^[a-z]$/.test(letter))).to.deep.equal([])
  })

  it('is the one that has named it, whatever its key', () => {
    for (const key of ['', 'a', 'values', '\0', 'ü']) {
      const named = [idOf.value(key), idOf.counter(key), idOf.reactions(key), idOf.once(key, 'once')]
      const { value, counter, reactions, once } = FAMILIES
      expect(named.map(familyOf)).to.deep.equal([value, counter, reactions, once])
      expect(named.map(isValueId)).to.deep.equal([true, false, false, false])
    }
  })

  it('is of those that nothing may claim where nobody here has named it', () => {
    for (const id of ['', '?', 'ünknown', '__proto__']) {
      expect([isEvictable(id), isValueId(id), isResponse(id)], id).to.deep.equal([false, false, false])
      expect(familyOf(id).leavesTombstone).to.equal(false)
    }
  })
})
