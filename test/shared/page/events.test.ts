/** Server-sent events, in whatever pieces they arrive. */
import { expect } from 'chai'
import fc from 'fast-check'
import { EventReader } from '../../../shared/page/app/events.js'

const text = 'event: change\nid: 7\ndata: {"a":\ndata: 1}\n\n: a comment\n\nid: 8\n\r\ndata: x\r\n\r\n'
const events = [
  { type: 'change', data: '{"a":\n1}', id: '7' },
  { type: 'message', data: '', id: '8' },
  { type: 'message', data: 'x', id: undefined },
]

describe('page: events', () => {
  it('are whole, however they were cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (cuts) => {
        const reader = new EventReader()
        const ends = [...cuts.toSorted((one, other) => one - other), text.length]
        const read = ends.flatMap((end, index) => reader.read(text.slice(ends[index - 1] ?? 0, end)))
        expect(read).deep.equal(events)
      }),
    )
  })
})
