/** The page as pure text, and the journal behind it. */
import { expect } from 'chai'
import { html } from '../../uplink/html.ts'
import { Journal } from '../../uplink/journal.ts'
import { type PageData, page } from '../../uplink/page.ts'
import { FakeClock } from '../support/clock.ts'

const empty: PageData = {
  epoch: 0,
  copies: 2,
  members: [],
  outsiders: [],
  happenings: [],
  leaseMs: 3000,
  trouble: undefined,
  nowMs: 0,
}
const member = { id: 'a', incarnation: 'a-1', url: 'http://a:4000', since: 1 }

describe('uplink: the page', () => {
  it('says that there is nobody, and nothing yet', () => {
    expect(page(empty)).include('Nobody is registered').and.include('Nothing yet')
    expect(page(empty)).not.include('cannot change')
  })

  it('says why the registry cannot change, as text', () => {
    expect(page({ ...empty, trouble: 'Redis: <b>gone</b>' })).include('Redis: &#60;b&#62;gone')
  })

  it('says for how long a member was quiet', () => {
    const shown = (renewedMsAgo: number | undefined) =>
      page({ ...empty, members: [{ member, renewedMsAgo, status: undefined }] })
    expect(shown(1200)).include('1.2 s ago').and.include('state alive')
    expect(shown(1600)).include('state quiet')
    expect(shown(180_000)).include('3 min ago')
    expect(shown(undefined)).include('not seen yet').and.include('state quiet')
  })

  it('says whom slots wait for, and what each member speaks where it tells', () => {
    const shown = {
      member: { ...member, since: 8, version: '0.2.0', formats: [4, 3] },
      renewedMsAgo: 0,
      status: undefined,
    }
    const last = { epoch: 7, copies: 2, members: ['a', 'b', 'c', 'd'] }
    const waiting = page({ ...empty, members: [shown], last, gone: ['c'] })
    expect(waiting).include('Slots wait for b, d.').and.include('in epoch 7')
    expect(waiting).include('version 0.2.0, formats 4 3')
    expect(page(empty)).not.include('Slots wait for')
    const untold = { ...shown, member }
    expect(page({ ...empty, members: [untold] })).not.include('version')
  })

  it('draws the slots of each against those of the fullest', () => {
    const status = (owned: number, replicated: number, arriving: number) => ({
      id: 'a',
      epoch: 1,
      slots: { owned, replicated, arriving },
      entries: { values: 0, responses: 0, counters: 0, limits: 0, contents: 0, records: 0, tombstones: 0 },
      bytes: 0,
      requests: 0,
      requestsPerSecond: undefined,
    })
    const members = [status(100, 60, 40), status(50, 0, 50)].map((each) => ({
      member,
      renewedMsAgo: 0,
      status: each,
    }))
    const bars = [
      ...page({ ...empty, members }).matchAll(/<rect class="(\w+)" x="([\d.]+)" width="([\d.]+)"/g),
    ]
    expect(bars.map(([, name, x, width]) => `${name} ${x} ${width}`)).deep.equal([
      'owned 0.00 50.00',
      'replicated 50.00 30.00',
      'arriving 80.00 20.00',
      'owned 0.00 25.00',
      'replicated 25.00 0.00',
      'arriving 25.00 25.00',
    ])
  })

  it('inserts text as text, and HTML as HTML', () => {
    expect(html`<p>${'<&>"\''}${html`<b>${1}</b>`}${[html`<i>`, html`</i>`]}${undefined}</p>`.text).equal(
      '<p>&#60;&#38;&#62;&#34;&#39;<b>1</b><i></i></p>',
    )
  })
})

describe('uplink: the journal', () => {
  it('keeps the last fifty, the newest first, with their time', async () => {
    const clock = new FakeClock()
    const journal = new Journal(clock)
    for (let epoch = 1; epoch <= 60; epoch++) {
      journal.note({ epoch, id: 'a', what: 'joined' })
      await clock.advance(1)
    }
    expect(journal.newestFirst.map(({ epoch }) => epoch)).deep.equal(
      Array.from({ length: 50 }, (_, index) => 60 - index),
    )
    const [newest] = journal.newestFirst
    expect(newest).deep.equal({ atMs: clock.wall() - 1, epoch: 60, id: 'a', what: 'joined' })
  })
})
