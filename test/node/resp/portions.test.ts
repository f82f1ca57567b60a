/** What names very many: how much of it goes at once, in which order, and what becomes of it where something fails. */
import { expect } from 'chai'
import { mapInPortions } from '../../../node/resp/portions.ts'

/** A call that notes what is done, and when others may be served. */
function portioned() {
  const done: (number | 'pass')[] = []
  const call = {
    deadlineAtMs: undefined as number | undefined,
    execution: { turns: { pass: async () => void done.push('pass') } },
  }
  return { done, call }
}
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

describe('what is done in portions', () => {
  it('is done at once where it is one of them', () => {
    const { done, call } = portioned()
    expect(mapInPortions(call, upTo(250), (item) => item * 2)).to.deep.equal(
      upTo(250).map((item) => item * 2),
    )
    expect(done).to.deep.equal([])
  })

  it('is done in its order, and others are served before each portion', async () => {
    const { done, call } = portioned()
    const double = async (item: number) => {
      done.push(item)
      return item * 2
    }
    const made = await mapInPortions(call, upTo(5), double, 2)
    expect(made).to.deep.equal([0, 2, 4, 6, 8])
    expect(done).to.deep.equal(['pass', 0, 1, 'pass', 2, 3, 'pass', 4])
  })

  it('waits for a portion before it begins the next, which has a deadline of its own', async () => {
    const { call } = portioned()
    const deadlines: (number | undefined)[] = []
    let underWay = 0
    await mapInPortions(
      call,
      upTo(6),
      async () => {
        deadlines.push(call.deadlineAtMs)
        call.deadlineAtMs ??= deadlines.length
        expect(++underWay).to.be.at.most(2)
        await Promise.resolve()
        underWay--
      },
      2,
    )
    expect(deadlines).to.deep.equal([undefined, 1, undefined, 3, undefined, 5])
  })

  it('goes no further after a portion in which something fails', async () => {
    const { done, call } = portioned()
    const failing = mapInPortions(
      call,
      upTo(6),
      (item) => {
        done.push(item)
        if (item === 2) throw new Error('not this one')
      },
      2,
    )
    expect(await Promise.resolve(failing).catch((error: Error) => error.message)).to.equal('not this one')
    expect(done).to.deep.equal(['pass', 0, 1, 'pass', 2, 3])
  })
})
