/** Commands, however the network cuts them. */
import { expect } from 'chai'
import fc from 'fast-check'
import { PASSED_OVER, ProtocolError, Reader } from '../../../node/resp/reader.ts'

const LIMITS = { commandBytesMax: 2 ** 20 }

function encoded(words: readonly Uint8Array[]): Buffer {
  const parts = words.flatMap((word) => [Buffer.from(`$${word.length}\r\n`), word, Buffer.from('\r\n')])
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts])
}

function read(pieces: Iterable<Buffer>, reader = new Reader(LIMITS)): string[][] {
  const commands: string[][] = []
  for (const piece of pieces) {
    reader.push(piece)
    for (let words = reader.next(); words !== undefined; words = reader.next())
      commands.push(words.map((word) => word.toString('latin1')))
  }
  return commands
}

const text = (line: string) => read([Buffer.from(line, 'latin1')])

describe('commands of Redis: what is read', () => {
  it('is the same however it is cut, and nothing is left of it', () => {
    const word = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(40_000).map((length) => new Uint8Array(length).fill(length % 251)),
    )
    const command = fc.array(word, { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(fc.array(command, { maxLength: 5 }), fc.array(fc.nat(50_000)), (commands, cuts) => {
        const bytes = Buffer.concat(commands.map(encoded))
        const ends = [
          ...cuts.filter((cut) => cut < bytes.length).sort((one, other) => one - other),
          bytes.length,
        ]
        const reader = new Reader(LIMITS)
        const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
        const expected = commands.map((words) => words.map((word) => Buffer.from(word).toString('latin1')))
        expect(read(pieces, reader)).deep.equal(expected)
        expect(reader.bytes).equal(0)
      }),
    )
  })

  it('may be a line, with quotes and escapes as redis-cli writes them', () => {
    expect(text('PING\r\n')).deep.equal([['PING']])
    expect(text('set a 1\nget a\n')).deep.equal([
      ['set', 'a', '1'],
      ['get', 'a'],
    ])
    expect(text('  set "a b" \'c\\\'d\' "\\x41\\n\\""  \r\n')).deep.equal([['set', 'a b', "c'd", 'A\n"']])
    expect(text('set a ""\r\n')).deep.equal([['set', 'a', '']])
    expect(text('\r\n\r\n*0\r\n*-1\r\nPING\r\n')).deep.equal([['PING']])
  })

  it('is told how much of it waits', () => {
    const reader = new Reader(LIMITS)
    reader.push(Buffer.from('*2\r\n$3\r\nGET\r\n$5\r\nab'))
    expect(reader.next()).equal(undefined)
    expect(reader.bytes).within(87, 92)
  })
})

describe('commands of Redis: what there is no room for', () => {
  it('is passed over, in whatever pieces it comes, and what follows is read', () => {
    const large = encoded([Buffer.from('SET'), Buffer.from('k'), Buffer.alloc(100_000), Buffer.from('EX')])
    const bytes = Buffer.concat([large, encoded([Buffer.from('PING')])])
    fc.assert(
      fc.property(fc.integer({ min: 1, max: bytes.length }), (cut) => {
        const reader = new Reader({ ...LIMITS, hasRoomFor: () => false })
        const commands: (readonly Buffer[])[] = []
        for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
          reader.push(piece)
          for (let words = reader.next(); words !== undefined; words = reader.next()) commands.push(words)
        }
        expect(commands).to.have.length(2)
        expect(commands[0]).to.equal(PASSED_OVER)
        expect(String(commands[1])).to.equal('PING')
        expect(reader.bytes).to.equal(0)
      }),
    )
  })
})

describe('commands of Redis: what is none', () => {
  const cases: readonly (readonly [name: string, sent: string, told: RegExp])[] = [
    ['more words than anybody sends', '*1048577\r\n', /invalid multibulk length/],
    ['a count that is no number', '*x\r\n', /invalid multibulk length/],
    ['a count that does not end', `*${'1'.repeat(40)}`, /too big count string/],
    ['a word longer than there may be', '*1\r\n$1048577\r\n', /invalid bulk length/],
    [
      'words that are too long together',
      `*2\r\n$600000\r\n${'a'.repeat(600_000)}\r\n$600000\r\n`,
      /invalid bulk length/,
    ],
    ['a word of less than nothing', '*1\r\n$-1\r\n', /invalid bulk length/],
    ['a word without its length', '*1\r\nPING\r\n', /expected '\$', got 'P'/],
    ['a line that does not end', 'a'.repeat(65_537), /too big inline request/],
    ['quotes that do not end', 'set "a\r\n', /unbalanced quotes/],
    ['quotes that end within a word', 'set "a"b\r\n', /unbalanced quotes/],
  ]
  for (const [name, sent, told] of cases) {
    it(name, () => {
      expect(() => text(sent)).throw(ProtocolError, told)
    })
  }

  it('whatever comes, what is wrong is said so and nothing else is thrown', () => {
    const part = fc.oneof(
      fc.constantFrom('*', '$', '\r\n', '-1', '3', '"', "'", '\\', 'GET', '*1\r\n$4\r\nPING\r\n'),
      fc.string({ maxLength: 5 }),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        try {
          text(parts.join(''))
        } catch (error) {
          expect(error).instanceOf(ProtocolError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
