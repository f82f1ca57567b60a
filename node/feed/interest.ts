/** Whether somebody wants to know of something. */
import { type Interest, isGone, type Told, WATCHED } from '../../shared/watching.ts'

export const ALL: Interest = { prefix: '', kinds: WATCHED }

/** Whether it may be about what is under this key. */
export function covers({ prefix, key }: Interest, name: string): boolean {
  return key === undefined ? name.startsWith(prefix) : name === key && name.startsWith(prefix)
}

/**
 * What is told to whoever has this interest; `undefined` for nothing. Under a key there is a value or a counter, and of what is
 * gone nobody may know any more whether it was the other before, as neither a merged entry nor the next owner of its slot has to:
 * who asks for one of the two is told that there is none, also where it has become the other.
 */
export function toldTo(interest: Interest, told: Told): Told | undefined {
  if (!covers(interest, told.key)) return undefined
  const { kinds } = interest
  if (kinds.includes(told.kind)) return told
  if (told.kind === 'reaction' || !(isGone(told) || told.hasTurned)) return undefined
  const kind = told.kind === 'value' ? 'counter' : 'value'
  const reason = isGone(told) ? told.reason : 'deleted'
  return kinds.includes(kind) ? { kind, key: told.key, reason } : undefined
}

/** Whether all that is told for the second is told for one of the first. */
export function isCovered(interests: readonly Interest[], { prefix, key, kinds }: Interest): boolean {
  return interests.some((wide) => {
    const isWithin = wide.key === undefined ? (key ?? prefix).startsWith(wide.prefix) : wide.key === key
    return isWithin && kinds.every((kind) => wide.kinds.includes(kind))
  })
}

/** The same interests have the same name. */
export function nameOfInterest({ prefix, key, kinds }: Interest): string {
  return JSON.stringify([prefix, key ?? null, WATCHED.filter((kind) => kinds.includes(kind))])
}
