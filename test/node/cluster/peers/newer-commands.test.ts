/** What the version before does not know is not said to it: it would understand nothing of all that travels along. */
import { expect } from 'chai'
import type { Command } from '../../../../shared/command.ts'
import { introducing, Partner } from './partner.ts'

const NEWER: readonly Command[] = [
  { type: 'value.touch', key: 'k', ttlMs: 5 },
  { type: 'value.describe', key: 'k' },
  { type: 'value.set', key: 'k', contentType: 'a/b', body: 'x', keepsTtl: true },
  { type: 'keys.scan', slots: '', prefix: '', limit: 1 },
  { type: 'keys.forget', slots: '', prefix: '', upTo: 1 },
]

describe('a member that speaks the former format', () => {
  let partner: Partner
  beforeEach(() => {
    partner = new Partner()
  })

  const execute = (command: Command) =>
    partner.peer
      .execute(command, { deadlineAtMs: partner.clock.now() + 1000, requestId: 'r', traced: false })
      .then(
        ({ type }) => type,
        ({ code }) => code,
      )

  it('is not asked for what it does not know, and for all else that is asked at the same time', async () => {
    partner.meets = () => introducing([3])
    const asked = NEWER.flatMap((command) => [execute(command), partner.read()])
    const came = await Promise.all(asked)
    expect(came).to.deep.equal(NEWER.flatMap(() => ['NOT_READY', 'missing']))
    expect(partner.strangers).to.deep.equal([])
  })

  it('is another one than who speaks the current one, which is asked for everything', async () => {
    const came = await Promise.all(NEWER.map(execute))
    expect(came).to.deep.equal(NEWER.map(() => 'missing'))
  })
})
