/** What is about very many, a part after the other: what the next part is, and until when it may be done. */
import { expect } from 'chai'
import { mayBeMany, writeInParts } from '../../../node/shard/in-parts.ts'
import type { KeyCommand, Reply } from '../../../shared/command.ts'

const owner = 'a'
const stamp = { time: 1, origin: 'a-1' }

/** A shard that gives these replies, one after the other. */
async function writing(command: KeyCommand, ...replies: readonly Reply[]) {
  const written: [command: KeyCommand, deadlineAtMs: number][] = []
  const left = [...replies]
  const shard = {
    async write(_slot: number, part: KeyCommand, deadlineAtMs: number): Promise<Reply> {
      written.push([part, deadlineAtMs])
      const reply = left.shift()
      if (reply === undefined) throw new Error('it is through')
      return reply
    },
  }
  let passes = 0
  const turns = { pass: async () => void passes++ }
  const reply = await writeInParts(command, { shard, turns, slot: 1, deadlineAtMs: 9 })
  expect(passes, 'others are served before each further part').to.equal(written.length - 1)
  return { reply, written }
}

describe('a write that may be about very many', () => {
  it('is one that may meet a set, or many responses', () => {
    expect(mayBeMany({ type: 'value.delete', key: 'k', isSole: true })).to.equal(true)
    expect(mayBeMany({ type: 'value.touch', key: 'k', isSole: true })).to.equal(true)
    expect(mayBeMany({ type: 'value.delete', key: 'k' })).to.equal(false)
    expect(mayBeMany({ type: 'counter.delete', key: 'k' })).to.equal(false)
  })

  it('is one write where it has no parts', async () => {
    const command = { type: 'value.delete', key: 'k', isSole: true } as const
    const { reply, written } = await writing(command, { type: 'missing', owner })
    expect([reply, written]).to.deep.equal([{ type: 'missing', owner }, [[command, 9]]])
  })

  it('deletes what is left of a set, whatever was asked of it first and however long that takes', async () => {
    const command = { type: 'value.delete', key: 'k', isSole: true, condition: { ifMatch: ['t'] } } as const
    const part = { type: 'deleted', owner, isPart: true } as const
    const { reply, written } = await writing(command, part, part, { type: 'missing', owner })
    const rest = { type: 'value.delete', key: 'k', isSole: true }
    expect(reply).to.deep.equal({ type: 'deleted', owner })
    expect(written).to.deep.equal([
      [command, 9],
      [rest, Infinity],
      [rest, Infinity],
    ])
  })

  it('goes on with the members of a set behind those whose end is set', async () => {
    const command = { type: 'value.touch', key: 'k', isSole: true, ttlMs: 5, only: ['endless'] } as const
    const stored = { type: 'stored', stamp, created: false, owner } as const
    const { reply, written } = await writing(
      command,
      { ...stored, upTo: 'm' },
      { ...stored, upTo: 's' },
      stored,
    )
    expect(reply).to.deep.equal(stored)
    expect(written.slice(1)).to.deep.equal([
      [{ type: 'value.touch', key: 'k', isSole: true, ttlMs: 5, after: 'm' }, Infinity],
      [{ type: 'value.touch', key: 'k', isSole: true, ttlMs: 5, after: 's' }, Infinity],
    ])
  })
})
