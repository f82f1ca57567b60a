/** The first letter of an id: whose it is. */
import { expect } from 'chai'
import { idOf, isEvictable, isResponse, isValueId } from '../../../node/entries/entry.ts'
import { FAMILIES, familyOf } from '../../../node/entries/families.ts'

describe('the family of an id', () => {
  it('has a letter of its own, but for values and counters, as a key has one or the other', () => {
    const letters = Object.values(FAMILIES).map(({ letter }) => letter)
    expect(new Set(letters).size).to.equal(letters.length - 1)
    expect(FAMILIES.counter.letter).to.equal(FAMILIES.value.letter)
    expect(letters.filter((letter) => !/^[a-z]$/.test(letter))).to.deep.equal([])
  })

  it('is the one that has named it, whatever its key', () => {
    for (const key of ['', 'a', 'values', '\0', 'ü']) {
      const named = [idOf.key(key), idOf.reactions(key), idOf.once(key, 'once')]
      const { value, counter, reactions, once } = FAMILIES
      const families = named.map((id) => familyOf(id, { kind: 'register' }))
      expect(families).to.deep.equal([value, reactions, once])
      expect(familyOf(idOf.key(key), { kind: 'counter' })).to.equal(counter)
      expect(familyOf(idOf.key(key), { kind: 'turned' })).to.equal(value)
      expect(named.map(isValueId)).to.deep.equal([true, false, false])
    }
  })

  it('is of those that nothing may claim where nobody here has named it', () => {
    for (const id of ['', '?', 'ünknown', '__proto__']) {
      const entry = { kind: 'register', stamp: { time: 1, origin: 'a' }, endsAtMs: 1 } as const
      expect([isEvictable(id, entry), isValueId(id), isResponse(id)], id).to.deep.equal([false, false, false])
      expect(familyOf(id, entry).leavesTombstone).to.equal(false)
    }
  })
})
