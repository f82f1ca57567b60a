/**
 * What lives that are over have counted goes into the tally of one that goes on: or every restart of a member would stay in
 * every counter that it touches.
 *
 * A fold says how much of which tally, or void, is in that of another origin. What is in several places counts once, so that
 * a copy which still has what was folded changes nothing. Once nobody has it any more, the fold can be forgotten.
 */
import { balanceOf, hasReached, latestOf, sumOf, type Tallies, type Tally } from './tally.ts'
import { isEffective, isVoid, originOfVoid } from './voids.ts'

const PREFIX = 'fold '

/** By this name a counter has what it began with, where that was a value, or a total that was set: nobody's, and for good. */
export const BASE = 'base'

export function isFold(name: string): boolean {
  return name.startsWith(PREFIX)
}

/** The origin whose tally has grown by it. */
export function goalOf(fold: string): string {
  return fold.slice(PREFIX.length, fold.indexOf(' ', PREFIX.length))
}

function partOf(fold: string): string {
  return fold.slice(fold.indexOf(' ', PREFIX.length) + 1)
}

export function hasFolds(tallies: Tallies): boolean {
  return Object.keys(tallies).some(isFold)
}

/** What folds say, by what they are about. Looked through once: to do so for each name would take the square of their number. */
export type Folds = ReadonlyMap<string, readonly Tally[]>

const NONE: Folds = new Map()

export function foldsOf(tallies: Tallies): Folds {
  if (!hasFolds(tallies)) return NONE
  const folds = new Map<string, Tally[]>()
  for (const [name, tally] of Object.entries(tallies)) {
    if (!isFold(name)) continue
    const known = folds.get(partOf(name))
    if (known === undefined) folds.set(partOf(name), [tally])
    else known.push(tally)
  }
  return folds
}

/** What is known of a tally or a void: by itself, and by folds. */
function knownOf(name: string, tallies: Tallies, folds: Folds): readonly Tally[] {
  const { [name]: itself } = tallies
  const folded = folds.get(name) ?? []
  return itself === undefined ? folded : [itself, ...folded]
}

/** Whether a void takes back what was counted. */
function counts(name: string, tallies: Tallies, folds: Folds): boolean {
  if (!isVoid(name)) return true
  const known = knownOf(originOfVoid(name), tallies, folds)
  return known.length > 0 && isEffective(name, latestOf(known))
}

/** All that was counted, each once. */
export function balanceOfAll(tallies: Tallies): bigint {
  let balance = 0n
  const folds = foldsOf(tallies)
  for (const [name, tally] of Object.entries(tallies))
    if (!isFold(name) && counts(name, tallies, folds)) balance += balanceOf(tally)
  for (const part of folds.keys()) {
    const known = knownOf(part, tallies, folds)
    balance -= balanceOf(sumOf(known)) - balanceOf(latestOf(known))
  }
  return balance
}

/** What becomes of the tally of an origin that takes in all that is over. */
export function foldInto(origin: string, tallies: Tallies, isOver: (origin: string) => boolean): Tallies {
  const known = foldsOf(tallies)
  const parts = Object.keys(tallies).filter((name) => {
    if (name === origin || name === BASE || isFold(name) || known.has(name)) return false
    return isOver(isVoid(name) ? originOfVoid(name) : name) && counts(name, tallies, known)
  })
  if (parts.length === 0) return {}
  const own = [origin, ...parts].flatMap((name) => tallies[name] ?? [])
  const folds = parts.map((name) => [`${PREFIX}${origin} ${name}`, tallies[name]] as const)
  return Object.fromEntries([[origin, sumOf(own)] as const, ...folds]) as Tallies
}

/** Without what is folded already. */
export function withoutFolded(tallies: Tallies): Tallies {
  const folds = foldsOf(tallies)
  if (folds.size === 0) return tallies
  return Object.fromEntries(Object.entries(tallies).filter(([name, tally]) => !isFolded(name, tally, folds)))
}

/** Whether all that a tally has counted is in a fold. */
export function isFolded(name: string, tally: Tally, folds: Folds): boolean {
  return folds.get(name)?.some((folded) => hasReached(folded, tally)) === true
}

/** Whether there are folds whose goal was folded in turn, with nothing left of what they are about: nobody needs these. */
export function hasFoldedOn(tallies: Tallies): boolean {
  const folds = foldsOf(tallies)
  if (folds.size === 0) return false
  const voided = voidedIn(tallies)
  return Object.keys(tallies).some(
    (name) => isFoldedOn(name, folds) && isAlone(name, { tallies, folds, voided }),
  )
}

/** Without those, and where all are due without any of which nothing else is left. */
export function withoutFolds(tallies: Tallies, { areAllDue }: { areAllDue: boolean }): Tallies {
  const folds = foldsOf(tallies)
  const known = { tallies, folds, voided: voidedIn(tallies) }
  const left = Object.entries(tallies).filter(
    ([name]) => !isFold(name) || !isAlone(name, known) || !(areAllDue || isFoldedOn(name, folds)),
  )
  return Object.fromEntries(left)
}

function isFoldedOn(name: string, folds: Folds): boolean {
  return isFold(name) && folds.has(goalOf(name))
}

/** The origins that voids are about. */
function voidedIn(tallies: Tallies): ReadonlySet<string> {
  return new Set(Object.keys(tallies).filter(isVoid).map(originOfVoid))
}

interface Known {
  readonly tallies: Tallies
  readonly folds: Folds
  readonly voided: ReadonlySet<string>
}

/** Whether what it is about is nowhere else, and nothing needs to find it there. */
function isAlone(fold: string, { tallies, folds, voided }: Known): boolean {
  const part = partOf(fold)
  return !voided.has(part) && knownOf(part, tallies, folds).length === 1
}
