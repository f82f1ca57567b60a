/** What requests carry, read strictly: broken encodings and doubled names are errors, not guesses. */
import { expect } from 'chai'
import fc from 'fast-check'
import { z } from 'zod'
import { LarderError } from '../../../shared/errors.ts'
import { decode, fit, readForm, readQuery } from '../../../shared/http/input.ts'
import { isJson } from '../../../shared/media-type.ts'

function expectBadRequest(run: () => unknown, detail = ''): void {
  expect(run).to.throw(LarderError, detail).with.property('code', 'BAD_REQUEST')
}

describe('a query', () => {
  it('is read as it was written by a form', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })),
        (fields) => {
          const query = readQuery(new URLSearchParams(fields).toString())
          expect([...query]).to.deep.equal(Object.entries(fields))
        },
      ),
    )
  })

  it('may have names without values, values with =, and nothing between two &', () => {
    expect([...readQuery('a&b=&&c=d=e&')]).to.deep.equal([
      ['a', ''],
      ['b', ''],
      ['c', 'd=e'],
    ])
    expect([...readQuery('')]).to.deep.equal([])
  })

  it('holds names that objects are born with', () => {
    expect([...readQuery('__proto__=1&constructor=2')]).to.deep.equal([
      ['__proto__', '1'],
      ['constructor', '2'],
    ])
  })

  it('must not hold a name twice, however it is written', () => {
    for (const query of ['a=1&a=1', 'a=1&%61=2', 'a&a', 'a+b=1&a%20b=2']) {
      expectBadRequest(() => readQuery(query), 'twice')
    }
  })

  it('must be percent-encoded UTF-8', () => {
    for (const text of ['%', '%1', '%zz', '%ff', '%c3', '%c0%80', '%ed%a0%80', '%f8%88%80%80%80']) {
      expectBadRequest(() => readQuery(`a=${text}`))
      expectBadRequest(() => readQuery(`${text}=a`))
      expectBadRequest(() => decode(text))
    }
  })
})

describe('a form', () => {
  const formOf = (text: string) => readForm(Buffer.from(text))

  it('is read as a query is', () => {
    expect([...formOf('key=a+b&value=%31&&x')]).to.deep.equal([
      ['key', 'a b'],
      ['value', '1'],
      ['x', ''],
    ])
    expectBadRequest(() => formOf('a=1&a=2'), 'twice')
    expectBadRequest(() => readForm(Buffer.from([0x61, 0x3d, 0xff])), 'UTF-8')
  })

  it('is refused where it is more than anybody sends who means it', () => {
    expect(formOf(Array.from({ length: 16 }, (_, index) => `f${index}=`).join('&')).size).to.equal(16)
    expectBadRequest(() => formOf('a=&'.repeat(17)), 'more than 16 fields')
    expectBadRequest(() => formOf(`key=${'k'.repeat(16 * 1024)}`), 'more than 16384 bytes')
  })
})

describe('a media type', () => {
  it('is JSON by its name or its suffix, in UTF-8', () => {
    for (const type of [
      'application/json',
      'APPLICATION/JSON ; Charset=UTF-8',
      'application/json;charset="utf-8"',
      'application/json; profile=x',
      'application/vnd.api+json',
      'application/problem+json',
    ]) {
      expect(isJson(type), type).to.equal(true)
    }
  })

  it('is not JSON when it only looks like it', () => {
    for (const type of [
      '',
      'json',
      'text/json',
      'text/plain; a=application/json',
      'application/jsonp',
      'application/json-seq',
      'application/json; charset=utf-16',
      'application/json; charset=utf-8; charset=latin1',
      '+json',
      'a/b/c+json',
    ]) {
      expect(isJson(type), type).to.equal(false)
    }
  })
})

describe('a body', () => {
  it('that does not fit names every field that is wrong', () => {
    const schema = z.object({ id: z.string(), tags: z.array(z.int()) })
    expect(fit(schema, { id: 'a', tags: [1], more: true })).to.deep.equal({ id: 'a', tags: [1] })
    expectBadRequest(() => fit(schema, { tags: [1, 'x'] }), 'id: text is needed; tags.1: a number is needed')
    expectBadRequest(() => fit(schema, { tags: [1, 'x'] }), 'tags.1: ')
    expectBadRequest(() => fit(schema, null), 'the body: ')
  })
})
