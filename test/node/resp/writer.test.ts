/** Replies, in both versions of the protocol. */
import { expect } from 'chai'
import {
  Double,
  ErrorReply,
  MapReply,
  NoList,
  OK,
  type Reply,
  SetReply,
  Verbatim,
  type Version,
  Writer,
} from '../../../node/resp/writer.ts'

function written(version: Version, ...replies: Reply[]): string {
  const writer = new Writer()
  writer.version = version
  for (const reply of replies) writer.add(reply)
  const bytes = writer
    .take()
    .map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece))
  return Buffer.concat(bytes).toString()
}

describe('replies of Redis', () => {
  const cases: readonly (readonly [name: string, reply: Reply, two: string, three: string])[] = [
    ['text', 'söup', '$5\r\nsöup\r\n', '$5\r\nsöup\r\n'],
    ['bytes', Buffer.from([65, 66]), '$2\r\nAB\r\n', '$2\r\nAB\r\n'],
    ['an integer', -3, ':-3\r\n', ':-3\r\n'],
    ['a large one', 2n ** 62n, ':4611686018427387904\r\n', ':4611686018427387904\r\n'],
    ['nothing', null, '$-1\r\n', '_\r\n'],
    ['no list', new NoList(), '*-1\r\n', '_\r\n'],
    ['truth', true, ':1\r\n', '#t\r\n'],
    ['a status', OK, '+OK\r\n', '+OK\r\n'],
    ['an error', new ErrorReply('ERR a\r\nb'), '-ERR a b\r\n', '-ERR a b\r\n'],
    ['a double', new Double(1.5), '$3\r\n1.5\r\n', ',1.5\r\n'],
    ['without end', new Double(-Infinity), '$4\r\n-inf\r\n', ',-inf\r\n'],
    [
      'a list',
      ['a', [1, null]],
      '*2\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n',
      '*2\r\n$1\r\na\r\n*2\r\n:1\r\n_\r\n',
    ],
    ['a set', new SetReply(['a']), '*1\r\n$1\r\na\r\n', '~1\r\n$1\r\na\r\n'],
    ['a map', new MapReply([['a', 1]]), '*2\r\n$1\r\na\r\n:1\r\n', '%1\r\n$1\r\na\r\n:1\r\n'],
    ['text for people', new Verbatim('é'), '$2\r\né\r\n', '=6\r\ntxt:é\r\n'],
  ]
  for (const [name, reply, two, three] of cases) {
    it(name, () => {
      expect(written(2, reply)).equal(two)
      expect(written(3, reply)).equal(three)
    })
  }

  it('those of one turn are one piece, and large ones are not copied', () => {
    const writer = new Writer()
    for (let count = 0; count < 100; count++) writer.add(Buffer.from('a'))
    expect(writer.take()).length(1)
    expect(writer.isEmpty).equal(true)
    const large = Buffer.alloc(2 ** 20)
    writer.add(large)
    expect(writer.bytes).within(large.length, large.length + 100)
    expect(writer.take()).include(large)
  })
})
