/**
 * The keys of all members, a page at a time, and the end of many of them.
 *
 * Every slot is asked of the member that owns it by the view that is in force, and whoever is asked says how far it has come.
 * So nothing has to be remembered between two pages, and a slot that moves meanwhile is asked of its next owner from the
 * same place on.
 */
import type { CommandOf, Reply } from '../../shared/command.ts'
import { mapAll } from '../../shared/eventual.ts'
import type { KeyPlace, ListedKey } from '../../shared/many-keys.ts'
import type { ExecuteOptions } from '../engine.ts'
import { KeyClearing } from './key-clearing.ts'
import { type KeysElsewhere, type Part, partsOf } from './key-parts.ts'
import type { PlacedView } from './members/members.ts'

/** A page that is not full by then is told as it is. */
const PAGE_MS = 200
/** What a member is asked for beyond its part: keys are not spread quite evenly. */
const MORE_PART = 1.1
const MORE_KEYS = 8

interface Asked {
  readonly prefix: string
  readonly wanted: number
  readonly after: KeyPlace | undefined
  readonly hasSets: true | undefined
}

type Keys = Extract<Reply, { type: 'keys' }>

export class KeyListing {
  readonly #options: KeysElsewhere
  #parts: { readonly placed: PlacedView; readonly all: readonly Part[] } | undefined

  constructor(options: KeysElsewhere) {
    this.#options = options
  }

  /** @throws LarderError where there is nothing to be told, as the member that would have to tell it does not. */
  async page(
    placed: PlacedView,
    { prefix, limit, after, hasSets }: CommandOf<'keys.list'>,
    options: ExecuteOptions,
  ): Promise<Keys> {
    const { clock, self: owner } = this.#options
    const endsAtMs = clock.now() + PAGE_MS
    const page: Keys & { keys: ListedKey[]; next?: KeyPlace } = { type: 'keys', keys: [], time: 0, owner }
    if (after !== undefined) page.next = after
    do {
      const wanted = limit - page.keys.length
      try {
        const { keys, next } = await this.#round(
          placed,
          { prefix, wanted, after: page.next, hasSets },
          options,
        )
        page.keys.push(...keys)
        if (next === undefined) return { type: 'keys', keys: page.keys, time: 0, owner }
        page.next = next
      } catch (error) {
        if (page.keys.length === 0) throw error
        return page
      }
    } while (page.keys.length < limit && clock.now() < endsAtMs)
    return page
  }

  /** All are asked at once, each for its part; what is told goes as far as the one that has come least far. */
  async #round(
    placed: PlacedView,
    { prefix, wanted, after, hasSets }: Asked,
    options: ExecuteOptions,
  ): Promise<{ keys: readonly ListedKey[]; next?: KeyPlace }> {
    const parts = this.#partsOf(placed)
    const share = parts.length === 1 ? wanted : Math.ceil((wanted / parts.length) * MORE_PART) + MORE_KEYS
    const limit = Math.min(wanted, share)
    const replies = await mapAll(parts, ({ member, slots }) => {
      const more = { ...(after && { after }), ...(hasSets && { hasSets }) }
      const scan = { type: 'keys.scan', slots, prefix, limit, ...more } as const
      return this.#options.engineOf(member).execute(scan, options)
    })
    const told = replies.filter((reply) => reply.type === 'keys')
    const next = told.map(({ next }) => next).reduce(earlier, undefined)
    const keys = told
      .flatMap(({ keys }) => keys)
      .filter(({ place }) => next === undefined || comparePlaces(place, next) <= 0)
      .sort((a, b) => comparePlaces(a.place, b.place))
    if (keys.length <= wanted) return { keys, ...(next && { next }) }
    const cut = keys.slice(0, wanted)
    const last = cut[wanted - 1]?.place ?? next
    return { keys: cut, ...(last && { next: last }) }
  }

  /** Of all slots: nobody looks at those before the place where it is to begin. */
  #partsOf(placed: PlacedView): readonly Part[] {
    if (this.#parts?.placed !== placed) this.#parts = { placed, all: partsOf(placed, () => true) }
    return this.#parts.all
  }

  /** Goes on until all is gone, whoever owns it by then. @throws LarderError that says how much is gone by then. */
  async clear(command: CommandOf<'keys.clear'>, options: ExecuteOptions): Promise<Reply> {
    const clearing = new KeyClearing(command, this.#options, options)
    return { type: 'cleared', count: await clearing.run(), owner: this.#options.self }
  }
}

/** Without a tie it is the place behind all that are there. */
function comparePlaces(a: KeyPlace, b: KeyPlace): number {
  if (a.slot !== b.slot) return a.slot - b.slot
  if (a.at !== b.at) return a.at - b.at
  if (a.tie === b.tie) return 0
  if (a.tie === undefined || b.tie === undefined) return a.tie === undefined ? 1 : -1
  return a.tie < b.tie ? -1 : 1
}

/** `undefined` is the end. */
function earlier(a: KeyPlace | undefined, b: KeyPlace | undefined): KeyPlace | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return comparePlaces(a, b) <= 0 ? a : b
}
