/** What a member refuses another one: between the two of them, and never what a client gets to see. */
import { expect } from 'chai'
import { answering, introducing, Partner } from './partner.ts'

describe('a member that refuses a whole call', () => {
  let partner: Partner
  beforeEach(() => {
    partner = new Partner()
  })

  const notUnderstood = [
    [400, 'BAD_REQUEST'],
    [404, 'NO_SUCH_PATH'],
    [405, 'METHOD_NOT_ALLOWED'],
    [409, 'NOT_UNDERSTOOD'],
    [415, 'UNSUPPORTED_MEDIA_TYPE'],
  ] as const
  for (const [status, code] of notUnderstood) {
    it(`with ${status} has not understood: it is named, and met anew`, async () => {
      partner.answers = () => answering(status, { code })
      expect(await partner.read()).to.equal('UNREACHABLE 503')
      expect(partner.strangers[0]).to.include({ peer: 'b', version: '9.0.0', reason: `it answers ${status}` })
      const { answers } = new Partner()
      partner.answers = answers
      partner.meets = () => introducing([3], '0.9.0')
      expect(await partner.read()).to.equal('missing')
      expect([partner.meetings, partner.heard]).to.deep.equal([2, [4, 3]])
      expect(partner.peer.contact.misunderstood).to.equal(undefined)
    })
  }

  it('as another life is meant has done nothing: uplink is told, and whoever is there is met anew', async () => {
    await partner.read()
    const { answers } = partner
    partner.answers = () => answering(421, { code: 'ANOTHER_LIFE' })
    expect([await partner.read(), partner.refused]).to.deep.equal(['REFUSED 503', ['b']])
    expect(partner.peer.contact.failure?.reason).to.match(/^Where b is to be, somebody answers/)
    partner.meets = () => answering(200, { id: 'b', incarnation: 'b-2', version: '9.0.0', formats: [4] })
    partner.answers = answers
    const heard = partner.heard.length
    expect(await partner.read()).to.equal('REFUSED 503')
    expect([partner.meetings, partner.heard.length, partner.strangers]).to.deep.equal([2, heard, []])
  })

  it('with what cannot be read is named too', async () => {
    partner.answers = () => answering(200, 'a frame of something else')
    expect(await partner.read()).to.equal('UNREACHABLE 503')
    expect(partner.strangers).to.have.lengthOf(1)
  })

  const passedOn = [
    [401, 'UNAUTHORIZED', 'UNREACHABLE 503'],
    [413, 'TOO_LARGE', 'TOO_LARGE 413'],
    [500, 'INTERNAL', 'UNREACHABLE 503'],
    [503, 'REFUSED', 'UNREACHABLE 503'],
    [503, 'NOT_READY', 'NOT_READY 503'],
    [503, 'OVERLOADED', 'OVERLOADED 503'],
  ] as const
  for (const [status, code, becomes] of passedOn) {
    it(`with ${code} is out of reach, or says what whoever asked is to know`, async () => {
      partner.answers = () => answering(status, { code })
      expect(await partner.read()).to.equal(becomes)
      expect(partner.strangers).to.deep.equal([])
      // It refuses no connection: nobody is to report that to uplink.
      expect(partner.refused).to.deep.equal([])
    })
  }

  it('does not where it tells what is wrong with a command: that is for the client', async () => {
    partner.result = { error: { code: 'NOT_JSON', detail: '' } }
    expect(await partner.read()).to.equal('NOT_JSON 409')
    expect(partner.strangers).to.deep.equal([])
  })
})

describe('a member that is met, or spoken to', () => {
  it('introduces itself, and names whoever has no format in common with it', () => {
    const partner = new Partner()
    const other = { id: 'z', incarnation: 'z-1', version: '9.0.0', formats: [9] }
    expect(partner.peers.metBy(other)).to.deep.include({ id: 'a', version: '1.2.3', formats: [4, 3] })
    partner.peers.metBy(other)
    expect(partner.strangers).to.have.lengthOf(1)
    expect(partner.strangers[0]).to.deep.include({ peer: 'z', version: '9.0.0', formats: [9] })
    partner.peers.metBy({ ...other, formats: [3] })
    expect(partner.strangers.map(({ msg }) => msg)).to.deep.equal([
      'a member is not understood: upgrade one of the two',
      'a member is understood again',
    ])
  })

  it('takes frames of its own formats only, and names who sends others', () => {
    const partner = new Partner()
    for (const format of [4, 3]) partner.peers.heard(format, 'z')
    expect(() => partner.peers.heard(2, 'z')).to.throw('of format 2: this member speaks 4, 3')
    expect(partner.strangers[0]).to.deep.include({ peer: 'z', version: 'unknown', formats: [2] })
  })

  it('remembers strangers up to a bound', () => {
    const partner = new Partner()
    const meet = (index: number, format: number) =>
      partner.peers.metBy({ id: `z${index}`, incarnation: `z${index}`, version: '9', formats: [format] })
    for (let index = 0; index < 150; index++) meet(index, 9)
    for (const index of [49, 50, 149]) meet(index, 3)
    const ended = partner.strangers.filter(({ msg }) => msg === 'a member is understood again')
    expect(ended.map(({ peer }) => peer)).to.deep.equal(['z50', 'z149'])
  })
})
