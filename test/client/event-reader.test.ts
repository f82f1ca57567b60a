/** Server-sent events, as the client reads them: as HTML has it, however they come in pieces. */
import { expect } from 'chai'
import fc from 'fast-check'
import { EventReader, type ServerEvent } from '../../client/event-reader.ts'

function read(...pieces: readonly string[]): { all: ServerEvent[]; lastId: string | undefined } {
  const reader = new EventReader()
  const all = pieces.flatMap((piece) => [...reader.take(piece)])
  return { all, lastId: reader.lastId }
}

describe('client: server-sent events', () => {
  it('are read as the examples of HTML have it', () => {
    const text =
      ': a comment\n\ndata: first\nid: 1\n\ndata:second\nid\n\ndata:  third\n\nevent: add\ndata\n\ndata\ndata\n\n'
    expect(read(text).all).deep.equal([
      { event: 'message', data: 'first', id: '1' },
      { event: 'message', data: 'second', id: '' },
      { event: 'message', data: ' third' },
      { event: 'add', data: '' },
      { event: 'message', data: '\n' },
    ])
  })

  it('have an id that counts also where nothing is told, and only once it is whole', () => {
    expect(read(': beat\nid: 5\n\n')).deep.equal({ all: [], lastId: '5' })
    expect(read('data: x\nid: 5\n')).deep.equal({ all: [], lastId: undefined })
  })

  it('are the same in whatever pieces they come, and with whichever ends of lines', () => {
    const line = fc.constantFrom('data: a', 'data: b', 'event: change', 'id: 1', ': beat', 'retry: 5', '', '')
    const end = fc.constantFrom('\n', '\r', '\r\n')
    fc.assert(
      fc.property(fc.array(line), end, fc.array(fc.nat(200)), (lines, end, cuts) => {
        const [plain, text] = ['\n', end].map((end) => lines.map((line) => line + end).join('')) as [
          string,
          string,
        ]
        const places = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length]
        const pieces = places.slice(1).map((end, index) => text.slice(places[index], end))
        expect(read(...pieces)).deep.equal(read(plain))
      }),
    )
  })

  it('that does not end is none', () => {
    const reader = new EventReader()
    const piece = `data: ${'x'.repeat(2 ** 25)}`
    expect(() => {
      for (let count = 0; count < 9; count++) for (const _ of reader.take(piece));
    }).throw('no answer of a node')
  })
})
