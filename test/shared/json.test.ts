/** JSON that is checked and taken apart, and not rebuilt. */
import { expect } from 'chai'
import fc from 'fast-check'
import { LarderError } from '../../shared/errors.ts'
import { keepingJson, parsingJson, readingFields, readingList } from '../../shared/json.ts'
import { Names, objectOf, ownBytes } from '../../shared/json-fields.ts'
import { atOnce, LARGE_BYTES } from '../../shared/steps.ts'

/** Any JSON, with white space where it may stand. */
const spaced = fc
  .tuple(fc.jsonValue({ stringUnit: 'binary' }), fc.constantFrom('', ' ', '\t', '\r\n'))
  .map(([value, indent]) => JSON.stringify(value, undefined, indent))
const space = fc.constantFrom('', ' ', '\n  ')

function fieldsOf(json: string, ...names: string[]) {
  return atOnce(readingFields(Buffer.from(json), new Names(...names)))
}

function listOf(json: string, most = 1000) {
  const asked = { name: new Names('ops'), names: new Names('op', 'key'), most }
  const list = atOnce(readingList(Buffer.from(json), asked))
  return list && { elements: list.elements, count: list.count }
}

function expectBadRequest(run: () => unknown, detail: string): void {
  expect(run).to.throw(LarderError, detail).with.property('code', 'BAD_REQUEST')
}

describe('JSON', () => {
  it('is kept as it was written', () => {
    fc.assert(
      fc.property(spaced, (json) => {
        expect(atOnce(keepingJson(Buffer.from(json)))).to.equal(json)
      }),
    )
    for (const json of ['1e400', '12345678901234567890', '[1.0,-0]', ' {"a" : 1} '])
      expect(atOnce(keepingJson(Buffer.from(json)))).to.equal(json)
  })

  it('is kept as bytes where it is large, without what lay beside it', () => {
    const json = Buffer.from(`"${'é'.repeat(LARGE_BYTES)}"`)
    const alone = Buffer.allocUnsafeSlow(json.length)
    json.copy(alone)
    expect(atOnce(keepingJson(alone))).to.deep.equal(alone)
    const whole = Buffer.concat([Buffer.from('{"data":'), json, Buffer.from(`,"x":"${'y'.repeat(1000)}"}`)])
    const kept = fieldsOf(String(whole), 'data')?.kept('data')
    const data = kept && atOnce(kept)
    expect(data).to.deep.equal(json)
    expect(data instanceof Uint8Array && data.buffer.byteLength).to.equal(json.length)
  })

  it('is refused with what is wrong with it, and where', () => {
    expectBadRequest(() => atOnce(keepingJson(Buffer.from('{"a":}'))), "token '}' at byte 5")
    expectBadRequest(() => atOnce(keepingJson(Buffer.from(''))), 'end of JSON')
    expectBadRequest(() => atOnce(keepingJson(Buffer.from([0x22, 0xff, 0x22]))), 'UTF-8')
  })

  it('may be nested 128 levels deep, what is around a value not counted', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    expect(atOnce(keepingJson(Buffer.from(nested(128))))).to.equal(nested(128))
    expect(fieldsOf(`{"data":${nested(128)}}`, 'data')?.get('data')).to.equal(nested(128))
    expect(listOf(`{"ops":[{"key":${nested(128)}}]}`)?.count).to.equal(1)
    const tooDeep = 'nested too deeply: 128 levels at most'
    expectBadRequest(() => atOnce(keepingJson(Buffer.from(nested(129)))), tooDeep)
    expectBadRequest(() => fieldsOf(`{"data":${nested(129)}}`, 'data'), tooDeep)
    expectBadRequest(() => listOf(`{"ops":[{"key":${nested(129)}}]}`), tooDeep)
    expectBadRequest(() => atOnce(parsingJson(Buffer.from(nested(4_000_000)))), tooDeep)
  })
})

describe('the fields of an object', () => {
  it('may have any number of names, of which the last one counts, and what stands there twice or is none of them is told', () => {
    const names = Array.from({ length: 100 }, (_, index) => `n${index}`)
    const json = `{${[...names, ...names].map((name, index) => `"${name}":${index}`).join(',')}}`
    const fields = fieldsOf(json, ...names)
    for (const [index, name] of names.entries()) expect(fields?.get(name)).to.equal(String(100 + index))
    expect(() => fields?.limitedTo()).to.throw(LarderError, 'n99 stands there twice.')
    const once = fieldsOf('{"n0":1}', ...names)
    expect(once?.limitedTo()).to.equal(once)
    expect(() => fieldsOf('{"n0":1,"n":1}', 'n0', 'm')?.limitedTo()).to.throw(
      LarderError,
      'n: there is no such name',
    )
    const some = new Names('a', 'b').some('a')
    const both = atOnce(readingFields(Buffer.from('{"b":1}'), new Names('a', 'b')))
    expect(() => both?.limitedTo(some)).to.throw(LarderError, 'the nearest is a')
    expect(() => new Names(...names).some('n0')).to.throw(RangeError)
  })

  it('are given as they were written', () => {
    const object = fc.dictionary(fc.string({ unit: 'binary' }), spaced)
    fc.assert(
      fc.property(object, space, (members, space) => {
        const written = Object.entries(members).map(
          ([name, json]) => `${space}${JSON.stringify(name)}${space}:${space}${json}${space}`,
        )
        const names = Object.keys(members)
        const fields = fieldsOf(`${space}{${written.join(',')}${space}}${space}`, ...names)
        expect(names.map((name) => fields?.get(name))).to.deep.equal(Object.values(members))
      }),
      { numRuns: 500 },
    )
  })

  it('are those that were asked for, the last of one name, however it is spelled', () => {
    expect(fieldsOf('{"a":1,"\\u0061":2}', 'a')?.get('a')).to.equal('2')
    expect(fieldsOf('{"a":{"b":1},"c":[{"b":2}],"\\"b":3}', 'b')?.get('b')).to.equal(undefined)
    expect(fieldsOf('{"größe":1}', 'größe')?.get('größe')).to.equal('1')
  })

  it('are none where there is no object', () => {
    for (const json of ['1', '"{}"', 'null', '[]', '[{"a":1}]', ' [["\\u0061",1],2]'])
      expect(fieldsOf(json, 'a')).to.equal(undefined)
  })

  it('lose no digit of a number, until they are asked for as objects', () => {
    const fields = fieldsOf('{"a":[12345678901234567890,1e400,-0,1.0],"b":"x"}', 'a', 'b')
    expect(fields?.get('a')).to.equal('[12345678901234567890,1e400,-0,1.0]')
    expect(fields && objectOf(fields, new Names('b', 'c'))).to.deep.equal({ b: 'x' })
  })

  it('are refused where they are too large for anything that is not kept', () => {
    const fields = fieldsOf(`{"key":"${'k'.repeat(LARGE_BYTES)}"}`, 'key')
    expectBadRequest(() => fields?.get('key'), 'key: 65536 bytes at most')
  })
})

describe('a list of objects', () => {
  const op = fc.oneof(fc.record({ op: spaced, key: spaced }, { requiredKeys: [] }), fc.constant(undefined))

  it('is given with the fields of each, and with its length, however long it is', () => {
    fc.assert(
      fc.property(fc.array(op), space, fc.nat(5), (ops, space, most) => {
        const written = ops.map((op) =>
          op === undefined
            ? '["op",1]'
            : `{${Object.entries(op).map(([name, json]) => `"${name}":${json}`)}}`,
        )
        const list = listOf(
          `{"more":[{"op":1}],${space}"ops":${space}[${written.join(',')}],"x":{"ops":[{}]}}`,
          most,
        )
        expect(list?.count).to.equal(ops.length)
        const found = list?.elements?.map(
          (fields) => fields && { op: fields.get('op'), key: fields.get('key') },
        )
        const wanted = ops.map((op) => op && { op: op.op, key: op.key })
        expect(found).to.deep.equal(wanted.slice(0, most))
      }),
    )
  })

  it('is the last one of its name, and only a list', () => {
    expect(listOf('{"ops":[{"op":1},{}],"ops":[{"op":2}]}')?.elements?.[0]?.get('op')).to.equal('2')
    expect(listOf('{"ops":[{"op":1}],"ops":[]}')).to.deep.include({ count: 0 })
    for (const json of ['{}', '{"ops":{"a":{"op":1}}}', '{"ops":[{}],"ops":1}'])
      expect(listOf(json)).to.deep.equal({ elements: undefined, count: undefined })
    for (const json of ['[]', '[{"ops":[]}]', '"ops"']) expect(listOf(json)).to.equal(undefined)
  })
})

describe('bytes to be kept', () => {
  it('are copied out of what they lie in', () => {
    const lying = Buffer.alloc(1000, 'x').subarray(10, 20)
    expect(ownBytes(lying).buffer.byteLength).to.equal(10)
    const alone = Buffer.allocUnsafeSlow(1000)
    expect(ownBytes(alone)).to.equal(alone)
  })
})
