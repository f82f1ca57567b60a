/** Members that were here, and who has been dismissed. */
import { expect } from 'chai'
import { dismiss, missing, note, rosterIn } from '../../../shared/page/app/roster.js'
import { cluster, four, three } from './situations.ts'

const idsOf = (roster: Parameters<typeof missing>[0], status: Parameters<typeof missing>[1]) =>
  missing(roster, status).map(({ id }) => id)
const event = (id: string, what: string) => ({ at: '2026-11-27T00:00:00.000Z', epoch: 5, id, what })

describe('page: the roster', () => {
  it('keeps who was here in sight, with why it went, until it is back', () => {
    const before = note({}, cluster(four))
    const after = cluster(three, { seconds: 9, events: [event('n4', 'dropped: refused')] })
    expect(missing(note(before, after), after)).deep.equal([
      { id: 'n4', url: 'http://n4:4000', seenAt: cluster(four).at, why: 'dropped: refused', hasLeft: false },
    ])
    expect(idsOf(note(before, cluster(four)), cluster(four))).deep.equal([])
  })

  it('tells who has left from who is gone', () => {
    const after = cluster(three, { events: [event('n4', 'left'), event('n4', 'leaving')] })
    expect(missing(note({}, cluster(four)), after)[0]).include({ id: 'n4', hasLeft: true })
  })

  it('also knows who went before this browser first looked', () => {
    const status = cluster(three, { events: [event('n4', 'dropped: silent'), event('n4', 'joined')] })
    expect(idsOf(note({}, status), status)).deep.equal(['n4'])
    const out = cluster(three, { events: [event('n9', 'kept out: nobody reaches it')] })
    expect(idsOf(note({}, out), out)).deep.equal([])
  })

  it('forgets who is dismissed, until he has been here again', () => {
    const status = cluster(three, { events: [event('n4', 'dropped: silent')] })
    const dismissed = note(dismiss(note({}, status), ['n4', 'nobody']), status)
    expect(idsOf(dismissed, status)).deep.equal([])
    expect(idsOf(note(dismissed, cluster(four)), status)).deep.equal(['n4'])
  })

  it('forgets after a week', () => {
    const before = note({}, cluster(four))
    const late = cluster(three, { seconds: 8 * 86_400 })
    expect(idsOf(note(before, late), late)).deep.equal([])
    const told = { ...late, events: [event('n4', 'dropped: silent')] }
    expect(idsOf(note(before, told), told)).deep.equal([])
  })

  it('takes nothing that is none from where it is kept', () => {
    for (const written of [null, 'x', 7, [], { n1: null }, { n1: { url: 1, seenAt: 'x' } }])
      expect(rosterIn(written)).deep.equal({})
    const roster = note({}, cluster(four))
    expect(rosterIn(JSON.parse(JSON.stringify(roster)))).deep.equal(roster)
  })
})
