/** Several keepers as one: all are told, any may refuse, and nothing is safe that one of them could not save. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Change } from '../../../node/entries/entry.ts'
import { joinKeepers, type Keeper } from '../../../node/shard/keeper.ts'
import type { KeyCommand } from '../../../shared/command.ts'
import { LarderError } from '../../../shared/errors.ts'
import { type Eventual, isLater } from '../../../shared/eventual.ts'
import { changeOf } from '../storage/fake-target.ts'

const COMMAND: KeyCommand = { type: 'value.get', key: 'k' }
const CHANGES = Array.from({ length: 5 }, (_, index) => changeOf(`k${index}`, 'x'))

/** How one keeper behaves: whether it refuses, what it cannot save, and when it knows. */
interface Manner {
  readonly refuses: boolean
  readonly unsaved: readonly number[]
  readonly isLater: boolean
}

const manners = fc.array(
  fc.record({
    refuses: fc.boolean(),
    unsaved: fc.uniqueArray(fc.nat({ max: CHANGES.length - 1 })),
    isLater: fc.boolean(),
  }),
  { maxLength: 4 },
)

class Recorder implements Keeper {
  readonly #name: number
  readonly #manner: Manner
  readonly #told: string[]

  constructor(name: number, manner: Manner, told: string[]) {
    this.#name = name
    this.#manner = manner
    this.#told = told
  }

  refusalOf(): LarderError | undefined {
    return this.#manner.refuses ? new LarderError('OVERLOADED', `${this.#name}`) : undefined
  }

  note({ id }: Change): void {
    this.#told.push(`${this.#name} ${id}`)
  }

  saved(changes: readonly Change[]): Eventual<ReadonlySet<Change>> {
    const unsaved = new Set(changes.filter((_, index) => this.#manner.unsaved.includes(index)))
    return this.#manner.isLater ? Promise.resolve(unsaved) : unsaved
  }
}

describe('several keepers as one', () => {
  const joined = (all: readonly Manner[]) => {
    const told: string[] = []
    return { told, keeper: joinKeepers(all.map((manner, name) => new Recorder(name, manner, told))) }
  }

  it('refuse as the first that does', () => {
    fc.assert(
      fc.property(manners, (all) => {
        const first = all.findIndex(({ refuses }) => refuses)
        const message = joined(all).keeper.refusalOf(COMMAND)?.message
        expect(message).to.equal(first === -1 ? undefined : `${first}`)
      }),
    )
  })

  it('are told of every change, in their order', () => {
    fc.assert(
      fc.property(manners, (all) => {
        const { told, keeper } = joined(all)
        for (const change of CHANGES) keeper.note(change)
        expect(told).to.deep.equal(CHANGES.flatMap(({ id }) => all.map((_, name) => `${name} ${id}`)))
      }),
    )
  })

  it('have not saved what one of them has not, and know it at once where all do', async () => {
    await fc.assert(
      fc.asyncProperty(manners, async (all) => {
        const unsaved = joined(all).keeper.saved(CHANGES)
        expect(isLater(unsaved)).to.equal(all.some(({ isLater }) => isLater))
        const expected = CHANGES.filter((_, index) => all.some(({ unsaved }) => unsaved.includes(index)))
        expect([...(await unsaved)]).to.have.members(expected)
      }),
    )
  })

  it('fail as one that fails, now or later, after all have been asked', async () => {
    const broken = new Error('no disk')
    for (const fail of [() => Promise.reject(broken), () => raise(broken)]) {
      let asked = 0
      const other = { ...silent, saved: () => Promise.resolve(new Set<Change>(CHANGES.slice(0, ++asked))) }
      const keeper = joinKeepers([{ ...silent, saved: fail }, other])
      const outcome = await Promise.try(() => keeper.saved(CHANGES)).then(
        () => undefined,
        (error) => error,
      )
      expect([outcome, asked]).to.deep.equal([broken, 1])
    }
  })

  it('are the one itself where there is one', () => {
    expect(joinKeepers([silent])).to.equal(silent)
  })
})

const silent: Keeper = { refusalOf: () => undefined, note() {}, saved: () => new Set() }

function raise(error: Error): never {
  throw error
}
