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

function foldsIn(tallies: Tallies): string[] {
  return Object.keys(tallies).filter(isFold)
}

export function hasFolds(tallies: Tallies): boolean {
  return Object.keys(tallies).some(isFold)
}

/** What is known of a tally or a void: by itself, and by folds. */
function knownOf(name: string, tallies: Tallies): Tally[] {
  const { [name]: itself } = tallies
  const folded = foldsIn(tallies).flatMap((fold) => (partOf(fold) === name ? (tallies[fold] ?? []) : []))
  return itself === undefined ? folded : [itself, ...folded]
}

/** Whether a void takes back what was counted. */
function counts(name: string, tallies: Tallies): boolean {
  if (!isVoid(name)) return true
  const known = knownOf(originOfVoid(name), tallies)
  return known.length > 0 && isEffective(name, latestOf(known))
}

/** All that was counted, each once. */
export function balanceOfAll(tallies: Tallies): bigint {
  let balance = 0n
  const folded = new Set<string>()
  for (const [name, tally] of Object.entries(tallies)) {
    if (isFold(name)) folded.add(partOf(name))
    else if (counts(name, tallies)) balance += balanceOf(tally)
  }
  for (const part of folded) {
    const known = knownOf(part, tallies)
    balance -= balanceOf(sumOf(known)) - balanceOf(latestOf(known))
  }
  return balance
}

/** What becomes of the tally of an origin that takes in all that is over. */
export function foldInto(origin: string, tallies: Tallies, isOver: (origin: string) => boolean): Tallies {
  const parts = Object.keys(tallies).filter((name) => {
    if (name === origin || isFold(name)) return false
    if (!isOver(isVoid(name) ? originOfVoid(name) : name)) return false
    return counts(name, tallies) && knownOf(name, tallies).length === 1
  })
  if (parts.length === 0) return {}
  const own = [origin, ...parts].flatMap((name) => tallies[name] ?? [])
  const folds = parts.map((name) => [`${PREFIX}${origin} ${name}`, tallies[name]] as const)
  return Object.fromEntries([[origin, sumOf(own)] as const, ...folds]) as Tallies
}

/** Without what is folded already. */
export function withoutFolded(tallies: Tallies): Tallies {
  if (!hasFolds(tallies)) return tallies
  const left = Object.entries(tallies).filter(([name, tally]) => !isFolded(name, tally, tallies))
  return Object.fromEntries(left)
}

/** Whether all that a tally has counted is in a fold. */
export function isFolded(name: string, tally: Tally, tallies: Tallies): boolean {
  return foldsIn(tallies).some((fold) => {
    const { [fold]: folded } = tallies
    return partOf(fold) === name && folded !== undefined && hasReached(folded, tally)
  })
}

/** Whether there are folds whose goal was folded in turn, with nothing left of what they are about: nobody needs these. */
export function hasFoldedOn(tallies: Tallies): boolean {
  return foldsIn(tallies).some((fold) => isFoldedOn(fold, tallies) && isAlone(fold, tallies))
}

/** Without those, and where all are due without any of which nothing else is left. */
export function withoutFolds(tallies: Tallies, { areAllDue }: { areAllDue: boolean }): Tallies {
  const left = Object.entries(tallies).filter(([name]) => {
    return !isFold(name) || !isAlone(name, tallies) || !(areAllDue || isFoldedOn(name, tallies))
  })
  return Object.fromEntries(left)
}

function isFoldedOn(fold: string, tallies: Tallies): boolean {
  return foldsIn(tallies).some((other) => partOf(other) === goalOf(fold))
}

/** Whether what it is about is nowhere else, and nothing needs to find it there. */
function isAlone(fold: string, tallies: Tallies): boolean {
  const part = partOf(fold)
  const hasVoid = Object.keys(tallies).some((name) => isVoid(name) && originOfVoid(name) === part)
  return !hasVoid && knownOf(part, tallies).length === 1
}
