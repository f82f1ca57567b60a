/** How members tell each other of times: what is left of a life, when it was written, and nothing that cannot be. */
import { expect } from 'chai'
import fc from 'fast-check'
import { decodeRequest as decodeAsSaid } from '../../../../node/cluster/wire/execute.ts'
import { CURRENT, FORMATS, FORMER } from '../../../../node/cluster/wire/format.ts'
import { ImpossibleError } from '../../../../node/cluster/wire/times.ts'
import type { Entry } from '../../../../node/entries/entry.ts'
import { Reactions } from '../../../../node/entries/reactions.ts'
import type { Register } from '../../../../node/entries/register.ts'
import { TICKS_PER_MS } from '../../../../node/entries/stamp.ts'
import { LIFETIME_MAX_MS } from '../../../../shared/command.ts'
import {
  decodeRequest,
  decodeResponse,
  decodeSlotRequest,
  encodeRequest,
  encodeResponse,
  encodeSlotRequest,
  NOW,
} from './frames.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Another member: its steady clock began somewhere else, and its wall clock is an hour behind. */
const THERE = { nowMs: 77, wallMs: NOW.wallMs - HOUR_MS }

const stamp = { time: NOW.wallMs * TICKS_PER_MS, origin: 'a-1' }
const value = { contentType: 'text/plain', body: 'jam' }
const register = (rest: Partial<Register> = {}): Register => ({
  kind: 'register',
  stamp,
  value,
  endsAtMs: NOW.nowMs + 30_000,
  ...rest,
})

/** What arrives there of an entry that is told here. */
function passedOn(entry: Entry, format: number, there = THERE): Entry | undefined {
  const message = { type: 'give', entries: [{ slot: 3, id: 'vsalt', entry }] } as const
  const frame = encodeSlotRequest({ format, epoch: 1, time: 1, from: 'a', message })
  const heard = decodeSlotRequest(frame, there).message
  return heard.type === 'give' ? heard.entries[0]?.entry : undefined
}

describe('what is left of a life', () => {
  it('is the same for another member, whatever its clocks say', () => {
    const clock = fc.nat(10 * DAY_MS)
    fc.assert(
      fc.property(clock, clock, fc.integer({ min: -DAY_MS, max: DAY_MS }), (hereMs, thereMs, ttlMs) => {
        const frame = encodeSlotRequest(
          {
            format: CURRENT,
            epoch: 1,
            time: 1,
            from: 'a',
            message: {
              type: 'give',
              entries: [{ slot: 3, id: 'vsalt', entry: register({ endsAtMs: hereMs + ttlMs }) }],
            },
          },
          { ...NOW, nowMs: hereMs },
        )
        const { message } = decodeSlotRequest(frame, { ...THERE, nowMs: thereMs })
        expect(message).to.have.nested.property('entries[0].entry.endsAtMs', thereMs + ttlMs)
      }),
    )
  })

  it('of a presence is the same too, and so is since when something is gone', () => {
    const presence = { reaction: 'fire', user: 'Sam', time: 1, endsAtMs: NOW.nowMs + 500, isGone: false }
    const left = { ...presence, user: 'Ann', endsAtMs: NOW.nowMs - 500, isGone: true }
    const told = passedOn(Reactions.ofAll([presence, left]), CURRENT)
    expect(told?.kind === 'reactions' && [...told].map(({ endsAtMs }) => endsAtMs)).to.deep.equal([577, -423])
    const { value: _, ...tombstone } = register({ endsAtMs: NOW.nowMs - 60_000 })
    expect(passedOn(tombstone, CURRENT)).to.include({ endsAtMs: 77 - 60_000 })
    const reset: Entry = { kind: 'counter', reset: { ...stamp, atMs: NOW.nowMs - 60_000 }, tallies: {} }
    expect(passedOn(reset, CURRENT)).to.have.nested.property('reset.atMs', 77 - 60_000)
  })

  it('is told by the wall clock in the former format, and what is gone counts from now on', () => {
    expect(passedOn(register(), FORMER)).to.include({ endsAtMs: 77 + HOUR_MS + 30_000 })
    const { value: _, ...tombstone } = register({ endsAtMs: NOW.nowMs - 60_000 })
    expect(passedOn(tombstone, FORMER)).to.include({ endsAtMs: 77 })
    const reset: Entry = { kind: 'counter', reset: { ...stamp, atMs: 5 }, tallies: {} }
    expect(passedOn(reset, FORMER)).to.have.nested.property('reset.atMs', 77)
  })

  it('of a response goes with how long it was to live, which the former format leaves to the stamp', () => {
    const response = register({ value: { ...value, headers: {}, lifeMs: 45_000 } })
    expect(passedOn(response, CURRENT)).to.have.nested.property('value.lifeMs', 45_000)
    expect(passedOn(response, FORMER)).to.have.nested.property('value.lifeMs', 30_000)
  })

  it('of more than a hundred years is as good as that to members of the former format, who know of no limit', () => {
    const told = passedOn(register({ endsAtMs: NOW.nowMs + 9 * LIFETIME_MAX_MS }), FORMER)
    expect(told).to.include({ endsAtMs: 77 + LIFETIME_MAX_MS })
    const command = { type: 'value.set', key: 'k', ...value, ttlMs: 1e300 } as const
    const commands = [{ command, requestId: 'r', traced: false, remainingMs: 5 }]
    const [set] = decodeRequest(encodeRequest({ format: FORMER, epoch: 1, time: 1, commands })).commands
    expect(set?.command).to.include({ ttlMs: LIFETIME_MAX_MS })
  })
})

describe('a frame', () => {
  it('tells what time it is where it comes from, in the current format', () => {
    const said = (format: number) =>
      decodeAsSaid(encodeRequest({ format, epoch: 1, time: 1, commands: [] }, THERE), NOW).wallMs
    expect([said(CURRENT), said(FORMER)]).to.deep.equal([THERE.wallMs, undefined])
  })

  const member = { id: 'b', url: 'http://b', incarnation: 'b-1' }
  const view = (epoch: number, since = 1) => ({ epoch, copies: 1, members: [{ ...member, since }] })
  for (const format of FORMATS) {
    const said = { format, epoch: 1, time: 1 }
    const beyond = (NOW.wallMs + DAY_MS) * TICKS_PER_MS + 1024
    const far = { time: beyond, origin: 'a' }
    const given = (entry: Entry) => () =>
      decodeSlotRequest(
        encodeSlotRequest({
          ...said,
          from: 'a',
          message: {
            type: 'give',
            entries: [
              { slot: 3, id: 'x', entry: register() },
              { slot: 3, id: 'x', entry },
            ],
          },
        }),
      )
    const asked = (preamble: object) => () =>
      decodeRequest(encodeRequest({ ...said, ...preamble, commands: [] }))
    const presence = { reaction: 'fire', user: 'Sam', time: 1e300, endsAtMs: Infinity, isGone: false }
    const cases: Record<string, () => unknown> = {
      'a stamp of more than a day beyond now': given(register({ stamp: far })),
      'a stamp of the year 1e300': given(register({ stamp: { ...far, time: 1e300 } })),
      'a stamp before all time': given(register({ stamp: { ...far, time: -1 } })),
      'a delete of a counter then': given({ kind: 'counter', reset: { ...far, atMs: 0 }, tallies: {} }),
      'a presence then': given(Reactions.of(presence)),
      'a value stored then': () =>
        decodeResponse(
          encodeResponse({
            ...said,
            results: [{ reply: { type: 'stored', owner: 'a', stamp: far, created: true } }],
          }),
        ),
      'a clock of stamps then': asked({ time: beyond }),
      'an epoch that nobody can have reached': asked({ epoch: 2 ** 51 + 1 }),
      'an epoch below none': asked({ epoch: -1 }),
      'a view of such an epoch': asked({ view: view(2 ** 53 - 1) }),
      'a member since such an epoch': asked({ view: view(7, 2 ** 53 - 1) }),
    }
    for (const [what, decode] of Object.entries(cases)) {
      it(`of format ${format} that speaks of ${what} is refused as a whole`, () => {
        expect(decode).to.throw(ImpossibleError)
      })
    }
  }

  it('that speaks of a life of more than a hundred years, or of none, is refused', () => {
    for (const endsAtMs of [1.1 * LIFETIME_MAX_MS + NOW.nowMs, -1.1 * LIFETIME_MAX_MS])
      expect(() => passedOn(register({ endsAtMs }), CURRENT)).to.throw(ImpossibleError)
    for (const ttlMs of [-1, 1e300]) {
      const command = { type: 'reaction.add', key: 'k', user: 'Sam', reaction: 'fire', ttlMs } as const
      const commands = [{ command, requestId: 'r', traced: false, remainingMs: 5 }]
      const frame = encodeRequest({ format: CURRENT, epoch: 1, time: 1, commands })
      expect(() => decodeRequest(frame)).to.throw(ImpossibleError)
    }
  })
})
