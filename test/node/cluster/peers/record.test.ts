/** What is known of another member, as it is shown. */
import { expect } from 'chai'
import { failed, heard, misheard, newContact } from '../../../../node/cluster/peers/contact.ts'
import { recordOf, recordsOf } from '../../../../node/cluster/peers/record.ts'
import { PeerRecord } from '../../../../shared/view.ts'
import { memberOf } from '../../../support/views.ts'

/** Its wall clock is at 1970 and a minute. */
const clock = { now: () => 5000, wall: () => 60_000 }
const member = memberOf('b')

describe('the record of another member', () => {
  it('says that nothing is known yet', () => {
    expect(recordOf({ member, contact: newContact() }, clock)).to.deep.equal({
      id: 'b',
      incarnation: 'b-1',
      reachable: false,
      understood: true,
      reason: 'it has not been spoken to yet',
    })
  })

  it('says since when it answers, what it speaks and how its clock is, by the wall clock here', () => {
    const contact = { ...newContact(), met: { version: '9.0.0', formats: [4, 3] }, aheadMs: 2500.4 }
    heard(contact, 1000)
    heard(contact, 4000)
    const record = recordOf({ member, contact }, clock)
    expect(PeerRecord.parse(record)).to.deep.equal({
      id: 'b',
      incarnation: 'b-1',
      reachable: true,
      since: '1970-01-01T00:00:56.000Z',
      last_seen: '1970-01-01T00:00:59.000Z',
      understood: true,
      version: '9.0.0',
      formats: [4, 3],
      clock_ahead_seconds: 2.5,
      reason: 'it answers, and its clock is out of step',
    })
  })

  it('says since when it does not, and why', () => {
    const contact = newContact()
    heard(contact, 1000)
    failed(contact, 3000, 'no answer within 750 ms')
    expect(recordOf({ member, contact }, clock)).to.include({
      reachable: false,
      since: '1970-01-01T00:00:58.000Z',
      last_seen: '1970-01-01T00:00:56.000Z',
      reason: 'no answer within 750 ms',
    })
  })

  it('says what is not understood', () => {
    const contact = newContact()
    misheard(contact, 1000, 'it answers 404')
    const { reachable, understood, reason } = recordOf({ member, contact }, clock)
    expect([reachable, understood, reason]).to.deep.equal([
      true,
      false,
      'it is not understood: it answers 404',
    ])
  })

  it('comes first where there is something to say', () => {
    const [well, ill] = [newContact(), newContact()]
    heard(well, 0)
    failed(ill, 0, 'why')
    const known = [
      { member: memberOf('b'), contact: well },
      { member: memberOf('c'), contact: ill },
      { member: memberOf('d'), contact: well },
    ]
    expect(recordsOf(known, clock).map(({ id }) => id)).to.deep.equal(['c', 'b', 'd'])
  })
})
