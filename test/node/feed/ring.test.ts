/** What is remembered of changes: of each thing the last, and from where on all is known. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Ring } from '../../../node/feed/ring.ts'

const about = (id: string) => ({ slot: 1, id, reason: 'deleted' }) as const
const steps = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 0, max: 12 }).map((key) => ({ type: 'note', key }) as const) },
    { weight: 1, arbitrary: fc.constant({ type: 'skip' } as const) },
    { weight: 1, arbitrary: fc.constant({ type: 'clear' } as const) },
  ),
  { maxLength: 200 },
)

describe('a ring of changes', () => {
  it('tells whoever goes on from a position that it knows of everything changed since then, once, in order', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 12 }), (all, marksMax) => {
        const ring = new Ring({ marksMax, bytesMax: Infinity })
        /** What was changed at each position; nothing known of what was skipped. */
        const changed: (string | undefined)[] = [undefined]
        for (const step of all) {
          if (step.type === 'clear') ring.clear()
          else if (step.type === 'skip') ring.skip()
          else ring.note(about(`v${step.key}`))
          if (step.type !== 'clear') changed.push(step.type === 'note' ? `v${step.key}` : undefined)
        }
        expect(ring.head).to.equal(changed.length - 1)
        for (let position = 0; position < changed.length; position++) {
          if (!ring.knows(position)) continue
          const since = changed.slice(position + 1)
          expect(since).to.not.include(undefined)
          const marks = [...ring.after(position)]
          expect(marks.map(({ id }) => id).sort()).to.deep.equal([...new Set(since)].sort())
          expect(marks.map(({ at }) => at)).to.deep.equal(
            [...new Set(since)].map((id) => changed.lastIndexOf(id)).sort((a, b) => a - b),
          )
        }
      }),
    )
  })

  it('knows of as many things as it may, and stays small where one thing changes all the time', () => {
    const ring = new Ring({ marksMax: 100, bytesMax: Infinity })
    for (let key = 0; key < 99; key++) ring.note(about(`v${key}`))
    for (let count = 0; count < 50_000; count++) ring.note(about('hot'))
    expect(ring.knows(0)).to.equal(true)
    expect([...ring.after(0)]).to.have.lengthOf(100)
    ring.note(about('one more'))
    expect(ring.knows(0)).to.equal(false)
    expect(ring.knows(1)).to.equal(true)
  })

  it('stays within its bytes', () => {
    const ring = new Ring({ marksMax: Infinity, bytesMax: 10_000 })
    for (let key = 0; key < 1000; key++) ring.note(about(`v${key}`))
    expect(ring.bytes).to.be.within(9000, 10_000)
    expect(ring.knows(ring.floor)).to.equal(true)
  })

  it('knows nothing of positions that are none of its own', () => {
    const ring = new Ring({ marksMax: 10, bytesMax: Infinity })
    expect(ring.knows(1)).to.equal(false)
    expect(ring.knows(0)).to.equal(true)
  })
})
