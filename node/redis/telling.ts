/** What is told of what was noted: of each thing what stands there by now, once. */
import type { FeedItem, Interest } from '../../shared/watching.ts'
import { covers, toldTo } from '../feed/feed.ts'
import { positionOf } from './feeds.ts'
import { type Entry, type Looking, type Mark, nameOfMark, toldOf } from './marks.ts'

/** What an answer carries, but for what was noted at one place. */
const BYTES_MAX = 2 ** 20
const LOOKED_AT_ONCE = 50

export interface TellingOptions extends Looking {
  /** Grows with every look: of two at the same thing the later one knows more. */
  look(): number
}

export interface Telling {
  readonly items: readonly FeedItem[]
  /** How many entries are told. */
  readonly upTo: number
}

interface Meant {
  readonly mark: Mark
  readonly at: number
  /** Which entry is told with it. */
  readonly entry: number | undefined
}

export async function tellingOf(
  entries: readonly Entry[],
  interests: readonly Interest[],
  options: TellingOptions,
): Promise<Telling> {
  const items: FeedItem[] = []
  let [bytes, group]: [number, Meant[]] = [0, []]
  for (const meant of meantIn(entries, interests)) {
    group.push(meant)
    if (group.length < LOOKED_AT_ONCE) continue
    const found = await lookAt(group, interests, options)
    items.push(...found)
    bytes += found.reduce((sum, { told }) => sum + ('body' in told ? told.body.length : 0), 0)
    group = []
    if (bytes >= BYTES_MAX && meant.entry !== undefined) return { items, upTo: meant.entry + 1 }
  }
  items.push(...(await lookAt(group, interests, options)))
  return { items, upTo: entries.length }
}

function meantIn(entries: readonly Entry[], interests: readonly Interest[]): Meant[] {
  const latest = latestOf(entries)
  return entries.flatMap(({ place, marks }, index) => {
    const position = positionOf(place)
    const meant = marks.flatMap((mark) => {
      const one = latest.get(nameOfMark(mark))
      return one?.last === mark && interests.some((interest) => covers(interest, mark.key)) ? [one.told] : []
    })
    return meant.map((mark, at) => {
      const isLast = at === meant.length - 1
      return { mark, at: isLast ? position : position - 1, entry: isLast ? index : undefined }
    })
  })
}

/** Of each thing what was noted last, and whether it has turned before that. */
function latestOf(entries: readonly Entry[]): Map<string, { readonly last: Mark; readonly told: Mark }> {
  const latest = new Map<string, { last: Mark; told: Mark }>()
  for (const { marks } of entries) {
    for (const mark of marks) {
      const name = nameOfMark(mark)
      const hasTurned = latest.get(name)?.told.hasTurned === true || mark.hasTurned === true
      latest.set(name, { last: mark, told: hasTurned ? { ...mark, hasTurned } : mark })
    }
  }
  return latest
}

async function lookAt(
  group: readonly Meant[],
  interests: readonly Interest[],
  options: TellingOptions,
): Promise<FeedItem[]> {
  const looks = group.map(async ({ mark, at }): Promise<FeedItem[]> => {
    const time = options.look()
    const told = await toldOf(mark, options)
    const isWanted = told !== undefined && interests.some((interest) => toldTo(interest, told) !== undefined)
    return isWanted ? [{ at, told, time }] : []
  })
  return (await Promise.all(looks)).flat()
}
